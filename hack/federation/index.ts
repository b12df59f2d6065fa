import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import {
  attachControlPlane,
  type ControlPlane,
  type ControlPlaneOptions,
  removeCluster,
  startControlPlane,
} from './control-plane.ts';
import { startRealNode } from '../node/real-node.ts';
import { baseControllers, nodeControllers } from './control-plane-specs.ts';
import { withLock } from './lock.ts';
import { memberTools, startMember } from './member.ts';
import { defaultMembers, type MemberProfile } from './member-profiles.ts';
import { cacheRoot } from './paths.ts';
import { writePrivate } from './pki.ts';
import { createProgress, type Progress } from './progress.ts';
import { isFresh } from './run-directory.ts';
import { ensureTools } from './toolchain.ts';
import { controlPlaneTools, type ToolName } from './tools.ts';
import { UserError } from './user-error.ts';

const STATE_FILE = 'federation.json';
const HUB = 'hub';
const TYPICAL_HUB_SECONDS = 6;
const TYPICAL_MEMBER_SECONDS = 13;
/** More at once only makes each of them slower on two cores. */
const STARTS_AT_ONCE = 2;

export type FederationOptions = {
  /** Default: three data centres in different countries. */
  readonly members?: readonly MemberProfile[];
  /** An absolute path of its own, see `runDirectoryOf` and `ownedRunDirectory`. */
  readonly runDirectory: string;
  /** Default true: KubeRay runs on every member. */
  readonly kubeRay?: boolean;
  /** Default true: NVIDIA's device plugin is applied on every member. */
  readonly devicePlugin?: boolean;
  /** Default 40: the duration of node leases, see `MemberOptions`. */
  readonly nodeLeaseSeconds?: number;
  /** More kube-apiserver flags, for hub and members. */
  readonly apiServerArgs?: readonly string[];
  /** Archives of images for real nodes of members. Default: Ray's. */
  readonly nodeArchives?: readonly string[];
  /** With it the hub has a real node too, for what is installed there by its chart. */
  readonly hubNode?: { readonly name: string; readonly archives: readonly string[] };
  /** Default: on stderr. */
  readonly progress?: Progress;
};

/** A member cluster and what it was made from. */
export type FederationMember = {
  readonly profile: MemberProfile;
  readonly controlPlane: ControlPlane;
};

/** A running hub with its members. */
export type Federation = {
  readonly hub: ControlPlane;
  readonly members: readonly FederationMember[];
  readonly runDirectory: string;
  /** The file that `attachFederation` reads; its presence says that everything was ready. */
  readonly stateFile: string;
  /** One kubeconfig with a context for the hub and each member, current: hub. */
  readonly kubeconfigPath: string;
  /** The member of that name; throws when there is none. */
  member(name: string): FederationMember;
  /** Ends all processes and removes the run directory. */
  stop(): Promise<void>;
};

type State = { readonly members: readonly { profile: MemberProfile; directory: string }[] };

/**
 * Starts a hub and its members, and returns when all components are ready, all nodes are Ready and
 * KubeRay runs. Builds what the cache lacks. What an earlier start left in the run directory,
 * finished or not, is removed first. When something fails, all is stopped again.
 */
export async function startFederation(options: FederationOptions): Promise<Federation> {
  const { runDirectory, members = defaultMembers, kubeRay = true } = options;
  const progress = options.progress ?? createProgress();
  await ensureTools(federationTools(kubeRay), progress);
  return withLock(
    lockOf(runDirectory),
    async () => {
      await cleanUp(runDirectory, progress);
      mkdirSync(runDirectory, { recursive: true, mode: 0o700 });
      try {
        await startClusters({ ...options, members, progress });
      } catch (error) {
        await removeCluster(runDirectory);
        throw error;
      }
      return attachFederation(runDirectory);
    },
    ({ pid }) => progress.note(`process ${pid} starts or stops the same clusters, waiting for it`),
  );
}

/** The federation that was started in a run directory, by this process or another. */
export function attachFederation(runDirectory: string): Federation {
  const stateFile = join(runDirectory, STATE_FILE);
  if (!existsSync(stateFile)) {
    throw new UserError(
      `no clusters run from ${runDirectory}: start them with make up or make demo.`,
    );
  }
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as State;
  const members = state.members.map(({ profile, directory }) => ({
    profile,
    controlPlane: attachControlPlane(directory),
  }));
  return {
    hub: attachControlPlane(join(runDirectory, HUB)),
    members,
    runDirectory,
    stateFile,
    kubeconfigPath: join(runDirectory, 'kubeconfig.yaml'),
    member(name) {
      const member = members.find(({ profile }) => profile.name === name);
      if (member !== undefined) return member;
      throw new Error(`no member ${name}, only ${members.map((m) => m.profile.name).join(', ')}`);
    },
    stop: () => stopFederation(runDirectory),
  };
}

/**
 * Ends whatever was started from a run directory and removes it, with the ports it had reserved;
 * after a crash half-way too, and it is no error when there is nothing. Other programs that were
 * started with `startProcess` and a record in the run directory are ended as well, first.
 */
export async function stopFederation(runDirectory: string): Promise<void> {
  await withLock(lockOf(runDirectory), () => removeCluster(runDirectory));
  removeIfEmpty(dirname(runDirectory));
}

/** The tools that a federation needs; for building them before a timed start. */
export function federationTools(kubeRay = true): readonly ToolName[] {
  return [
    ...controlPlaneTools,
    ...memberTools,
    'kubectl',
    'helm',
    ...(kubeRay ? (['kuberay-operator'] as const) : []),
  ];
}

async function cleanUp(runDirectory: string, progress: Progress): Promise<void> {
  if (isFresh(runDirectory)) return;
  progress.note(`removing what an earlier start of ${basename(runDirectory)} left`);
  await removeCluster(runDirectory);
}

async function startClusters(
  options: FederationOptions & { members: readonly MemberProfile[]; progress: Progress },
): Promise<void> {
  const { runDirectory, members, progress } = options;
  progress.plan([
    { id: `start ${HUB}`, typicalSeconds: TYPICAL_HUB_SECONDS },
    ...members.map(({ name }) => ({ id: `start ${name}`, typicalSeconds: TYPICAL_MEMBER_SECONDS })),
  ]);
  const directories = members.map(({ name }) => join(runDirectory, 'members', name));
  const hubOptions = {
    name: HUB,
    directory: join(runDirectory, HUB),
    apiServerArgs: options.apiServerArgs ?? [],
  };
  const starts = [
    () => progress.during(`start ${HUB}`, () => startHub(options, hubOptions, progress)),
    ...members.map((profile, index) => () => {
      const directory = directories[index] ?? '';
      return progress.during(`start ${profile.name}`, () =>
        startMember({ ...options, profile, directory }),
      );
    }),
  ];
  const planes = await inParallel(starts, STARTS_AT_ONCE);
  writeKubeconfig(join(runDirectory, 'kubeconfig.yaml'), planes);
  const state: State = {
    members: members.map((profile, index) => ({ profile, directory: directories[index] ?? '' })),
  };
  writeFileSync(join(runDirectory, STATE_FILE), JSON.stringify(state, null, 2));
}

async function startHub(
  { hubNode }: FederationOptions,
  options: ControlPlaneOptions,
  progress: Progress,
): Promise<ControlPlane> {
  if (hubNode === undefined) return startControlPlane(options);
  const controllers = [...baseControllers, ...nodeControllers];
  const plane = await startControlPlane({
    ...{ ...options, realNode: true, scheduler: true, controllerManager: { controllers } },
  });
  await startRealNode({ plane, ...hubNode, progress });
  return plane;
}

/** Runs the starts, some at once. The first failure is thrown when nothing is under way any more. */
async function inParallel<T>(starts: readonly (() => Promise<T>)[], atOnce: number): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  let failure: unknown;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < starts.length && failure === undefined; index = next++) {
      try {
        results[index] = await (starts[index] as () => Promise<T>)();
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failure !== undefined) throw failure;
  return results;
}

type Named = { name: string };
type Kubeconfig = {
  clusters: [Named];
  users: [Named];
  contexts: [{ name: string; context: object }];
};

function writeKubeconfig(path: string, planes: readonly ControlPlane[]): void {
  const parts = planes.map(({ name, adminKubeconfigPath }) => {
    const part = parse(readFileSync(adminKubeconfigPath, 'utf8')) as Kubeconfig;
    const user = { ...part.users[0], name };
    return {
      cluster: part.clusters[0],
      user,
      context: { name, context: { cluster: name, user: name } },
    };
  });
  const merged = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': HUB,
    clusters: parts.map(({ cluster }) => cluster),
    users: parts.map(({ user }) => user),
    contexts: parts.map(({ context }) => context),
  };
  writePrivate(path, stringify(merged));
}

/** Outside the run directory, which comes and goes. */
function lockOf(runDirectory: string): string {
  const hash = createHash('sha256').update(runDirectory).digest('hex').slice(0, 16);
  return join(cacheRoot(), 'locks', `${hash}.lock`);
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Other federations of this checkout run, or nothing was ever started.
  }
}
