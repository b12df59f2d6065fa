import type { IOCluster } from '../../crds/schema/index.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import type { World } from '../federation/world.ts';
import { RAY_IMAGE, RAY_VERSION } from '../images/recipes.ts';
import { realMember } from '../federation/member-profiles.ts';
import { followUntilReady } from '../demo/timeline.ts';
import type { Say } from '../demo/stages.ts';

const GONE_WITHIN_MS = 120_000;

export type ClusterRequest = {
  readonly name: string;
  readonly namespace: string;
  readonly account: string;
  /** Workers of one GPU each. */
  readonly workers: number;
  /** Default: Ray's. */
  readonly image?: string;
  /** Of each worker; default: a quarter of a core, since the node has few. */
  readonly cpu?: string;
  /** With it, Ray's autoscaler chooses between `workers` and so many. */
  readonly upTo?: number;
  readonly idleSeconds?: number;
};

/** An IOCluster that fits on the real node, and on no other member. */
export function clusterManifest(request: ClusterRequest) {
  const { name, namespace, account, workers, image = RAY_IMAGE, cpu = '250m', upTo } = request;
  const bounds = upTo === undefined ? {} : { minReplicas: workers, maxReplicas: upTo };
  const autoscaling = { enabled: true, idleTimeoutSeconds: request.idleSeconds ?? 60 };
  return {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOCluster',
    metadata: { name, namespace },
    spec: {
      accountRef: { name: account },
      ray: { version: RAY_VERSION, image },
      // Beside the autoscaler less is left on a node with two cores.
      head: { cpu: upTo === undefined ? '1200m' : '600m', memory: '2Gi' },
      placement: { members: [realMember.name] },
      ...(upTo === undefined ? {} : { autoscaling }),
      workerGroups: [{ name: 'gpu', replicas: workers, ...bounds, cpu, memory: '1536Mi' }],
    },
  };
}

/** Applies an IOCluster and returns how long each step took until it was Ready. */
export async function readyCluster(
  world: World,
  request: ClusterRequest,
  say: Say,
): Promise<readonly string[]> {
  const started = performance.now();
  await applyCluster(world, request);
  const elapsed = (): number => performance.now() - started;
  const milestones = await followUntilReady(world.hub, request, elapsed, say);
  return milestones.map(
    ({ type, afterMs, message }) => `${at(afterMs)}  ${type.padEnd(12)} ${message}`,
  );
}

export async function applyCluster(world: World, request: ClusterRequest): Promise<void> {
  await world.mustKubectl(['apply', '-f', '-'], JSON.stringify(clusterManifest(request)));
}

/** The IOCluster; throws when there is none. */
export async function foundCluster(
  world: World,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<IOCluster> {
  const cluster = await world.cluster(namespace, name);
  if (cluster === undefined) throw new Error(`there is no IOCluster ${namespace}/${name}`);
  return cluster;
}

/** Deletes an IOCluster and returns when nothing of it runs on its member any more. */
export async function deleteCluster(
  world: World,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const { id } = (await foundCluster(world, { namespace, name })).status?.lease ?? {};
  await world.mustKubectl(['delete', 'iocluster', name, '-n', namespace, '--timeout=100s']);
  if (id === undefined) return;
  await eventually(
    async () => {
      const pods = await world.pods(id);
      if (pods.length > 0) throw new Error(`${pods.length} pods of ${id} are still there`);
    },
    { withinMs: GONE_WITHIN_MS, everyMs: 200 },
  );
}

export const at = (ms: number): string => `+${(ms / 1000).toFixed(1)} s`.padStart(8);
