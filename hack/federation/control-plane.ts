import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeCgroups } from '../node/cgroups.ts';
import { type NodeNetwork, reserveNetwork } from '../node/network.ts';
import { Components, type RunningComponent } from './components.ts';
import {
  apiServerSpec,
  baseControllers,
  type Blueprint,
  type ControllerManagerOptions,
  controllerManagerSpec,
  etcdSpec,
  schedulerSpec,
} from './control-plane-specs.ts';
import { KubeApi } from './kube-api.ts';
import { ClusterPki, type KubeconfigRequest, writePrivate } from './pki.ts';
import { releasePorts, reservePorts } from './ports.ts';
import { findRecords, stopProcess } from './process.ts';

const NAMESPACE_WITHIN_MS = 30_000;
const POLL_MS = 50;
const STATE_FILE = 'control-plane.json';

export type ControlPlaneOptions = {
  /** The cluster's name: context of its kubeconfigs, subject of its CA. */
  readonly name: string;
  /** An absolute path of its own; what an earlier, crashed start left there is removed. */
  readonly directory: string;
  /** Default true: the base set. `false` starts none; an object says which, and adds flags. */
  readonly controllerManager?: boolean | ControllerManagerOptions;
  /** Default false: a cluster without nodes needs none. */
  readonly scheduler?: boolean;
  /** More kube-apiserver flags, such as `--feature-gates=…`. */
  readonly apiServerArgs?: readonly string[];
  /** Default false: a network for a real node is reserved, see hack/node. */
  readonly realNode?: boolean;
  /** More addresses for which the API server's certificate is good. */
  readonly serverHosts?: readonly string[];
};

type State = {
  readonly name: string;
  readonly server: string;
  readonly network?: NodeNetwork | undefined;
};

/**
 * A running Kubernetes control plane on loopback with a CA of its own. It outlives the process that
 * started it; `attachControlPlane` finds it again.
 */
export class ControlPlane {
  readonly name: string;
  readonly directory: string;
  readonly server: string;
  readonly components: Components;
  readonly adminKubeconfigPath: string;
  /** Over which a real node and the API server reach one another; undefined: there is no such node. */
  readonly network: NodeNetwork | undefined;
  readonly #pki: ClusterPki;

  constructor(directory: string, state: State, pki: ClusterPki) {
    this.name = state.name;
    this.directory = directory;
    this.server = state.server;
    this.network = state.network;
    this.components = new Components(directory);
    this.adminKubeconfigPath = join(directory, 'kubeconfigs', 'admin.yaml');
    this.#pki = pki;
  }

  /** The certificate of the cluster's CA. */
  get caPem(): string {
    return this.#pki.caPem;
  }

  /** The cluster's processes that run now. */
  get processes(): readonly RunningComponent[] {
    return this.components.running();
  }

  /**
   * Writes a kubeconfig with a new client certificate for a user and its groups, valid for a year,
   * and returns its path.
   */
  issueKubeconfig(request: KubeconfigRequest): string {
    const file = `${request.commonName.replaceAll(/[^A-Za-z0-9.-]/g, '_')}.yaml`;
    const path = join(this.directory, 'kubeconfigs', file);
    mkdirSync(join(path, '..'), { recursive: true });
    writePrivate(path, this.#pki.kubeconfig(this.name, this.server, request));
    return path;
  }

  /** Stops a component in order; its port stays reserved. */
  async stopComponent(name: string): Promise<void> {
    await this.components.stop(name);
  }

  /** Ends a component as a crash would. */
  async killComponent(name: string): Promise<void> {
    await this.components.kill(name);
  }

  /** Starts a stopped or killed component on the same port; returns when it is ready. */
  async startComponent(name: string): Promise<void> {
    await this.components.start(name);
  }

  /** Ends all processes and removes the directory. */
  async stop(): Promise<void> {
    await removeCluster(this.directory);
  }
}

/**
 * Starts etcd, kube-apiserver and, as asked, kube-controller-manager and kube-scheduler, and
 * returns when all are ready. The binaries must be built (`ensureTools`). When a component does not
 * become ready, everything is stopped again and the error holds the end of its log; the logs stay.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { name, directory } = options;
  await removeCluster(directory);
  mkdirSync(join(directory, 'kubeconfigs'), { recursive: true, mode: 0o700 });
  const blueprint = await createBlueprint(options);
  const server = `https://127.0.0.1:${blueprint.ports.apiServer}`;
  const state: State = { name, server, network: blueprint.network };
  writeFileSync(join(directory, STATE_FILE), JSON.stringify(state));
  const plane = new ControlPlane(directory, state, blueprint.pki);
  writePrivate(
    plane.adminKubeconfigPath,
    blueprint.pki.kubeconfig(name, server, {
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
    }),
  );
  try {
    await startAll(plane, blueprint, options);
  } catch (error) {
    await stopProcesses(directory);
    throw error;
  }
  return plane;
}

/** The control plane that was started in `directory`, by this process or another. */
export function attachControlPlane(directory: string): ControlPlane {
  const state = JSON.parse(readFileSync(join(directory, STATE_FILE), 'utf8')) as State;
  return new ControlPlane(directory, state, new ClusterPki(join(directory, 'pki'), state.name));
}

/**
 * Ends every process that was started in a directory or below it, gives its ports back and removes
 * it. Works on whatever a crash left, and on nothing at all.
 */
export async function removeCluster(directory: string): Promise<void> {
  await stopProcesses(directory);
  await removeCgroups(directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  releasePorts(directory);
}

async function stopProcesses(directory: string): Promise<void> {
  // What depends on the API server goes first, or it fills the log with errors and waits.
  const last = ['kube-apiserver.process', 'etcd.process'];
  const records = findRecords(directory);
  const ends = (record: string, name: string): boolean => record.endsWith(`/${name}`);
  const clients = records.filter((record) => !last.some((name) => ends(record, name)));
  await Promise.all(clients.map((record) => stopProcess(record)));
  for (const name of last) {
    const some = records.filter((record) => ends(record, name));
    await Promise.all(some.map((record) => stopProcess(record)));
  }
}

async function createBlueprint(options: ControlPlaneOptions): Promise<Blueprint> {
  const { name, directory, realNode = false, serverHosts = [] } = options;
  const network = realNode ? reserveNetwork(directory) : undefined;
  const [etcd, etcdPeer, etcdHealth, apiServer, controllerManager, scheduler] = (await reservePorts(
    6,
    directory,
  )) as [number, number, number, number, number, number];
  return {
    name,
    directory,
    network,
    pki: new ClusterPki(join(directory, 'pki'), name, [
      ...(network === undefined ? [] : [network.apiAddress, network.hostAddress]),
      ...serverHosts,
    ]),
    etcdPki: new ClusterPki(join(directory, 'pki', 'etcd'), `${name} etcd`),
    ports: { etcd, etcdPeer, etcdHealth, apiServer, controllerManager, scheduler },
  };
}

async function startAll(
  plane: ControlPlane,
  blueprint: Blueprint,
  options: ControlPlaneOptions,
): Promise<void> {
  const { components } = plane;
  await components.launch([etcdSpec(blueprint)]);
  await components.launch([apiServerSpec(blueprint, options.apiServerArgs ?? [])]);
  const { controllerManager = true, scheduler = false } = options;
  const manager =
    typeof controllerManager === 'object' ? controllerManager : { controllers: baseControllers };
  await components.launch([
    ...(controllerManager === false ? [] : [controllerManagerSpec(blueprint, manager)]),
    ...(scheduler ? [schedulerSpec(blueprint)] : []),
  ]);
  await waitForDefaultNamespace(plane.adminKubeconfigPath);
}

/** The API server is ready a moment before it has made its first namespaces. */
async function waitForDefaultNamespace(kubeconfigPath: string): Promise<void> {
  const api = new KubeApi(kubeconfigPath);
  const deadline = performance.now() + NAMESPACE_WITHIN_MS;
  try {
    while ((await api.get('/api/v1/namespaces/default')) === undefined) {
      if (performance.now() > deadline) throw new Error('namespace default did not appear');
      await delay(POLL_MS);
    }
  } finally {
    await api.close();
  }
}
