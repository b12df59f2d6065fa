import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { readdirSync } from 'node:fs';
import { ensure } from '../images/cached.ts';
import { rayImage } from '../images/recipes.ts';
import { startRealNode } from '../node/real-node.ts';
import { assetPaths, binaryPath } from './cache.ts';
import type { ComponentSpec } from './components.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { baseControllers, nodeControllers, volumeControllers } from './control-plane-specs.ts';
import { expectSuccess, KubeApi, type Manifest } from './kube-api.ts';
import type { MemberProfile } from './member-profiles.ts';
import { memberNodes } from './nodes.ts';
import { checkoutDirectory } from './paths.ts';
import { reservePorts } from './ports.ts';
import { type Progress, silentProgress } from './progress.ts';
import type { ToolName } from './tools.ts';

const READY_WITHIN_MS = 120_000;
const POLL_MS = 100;
const LEASE_SECONDS = 40;
/** Kubernetes' own default; a node is lost when its lease is over for a while. */
const MONITOR_GRACE_SECONDS = 50;
const READY_MS_PER_NODE = 250;
const CREATES_IN_FLIGHT = 8;
const PAGE = 500;
const RAY_RECONCILES = 10;
const RAY_QPS = 500;

/** What a member needs besides the tools of its control plane. */
export const memberTools: readonly ToolName[] = ['kube-scheduler', 'kwok'];

export type MemberOptions = {
  readonly profile: MemberProfile;
  readonly directory: string;
  /** Default true: the KubeRay operator runs. The CRDs are there either way. */
  readonly kubeRay?: boolean;
  /** Default true: NVIDIA's device plugin is applied; its pods are simulated like all others. */
  readonly devicePlugin?: boolean;
  /**
   * Default 40, as kubelets do it. A node writes its lease four times in that time, so hundreds of
   * nodes keep a core busy; a bench may take longer leases, and lost nodes are noticed later.
   */
  readonly nodeLeaseSeconds?: number;
  /** More kube-apiserver flags. */
  readonly apiServerArgs?: readonly string[];
  /** Archives of images for the real node, if the profile has one. Default: Ray's. */
  readonly nodeArchives?: readonly string[];
  /** Default: none is shown. */
  readonly progress?: Progress;
};

/**
 * Starts a member: a control plane with scheduler, simulated nodes that are Ready and hold leases,
 * KubeRay's CRDs Established and its operator running.
 */
export async function startMember(options: MemberOptions): Promise<ControlPlane> {
  const { profile, directory, kubeRay = true, devicePlugin = true } = options;
  const leaseSeconds = options.nodeLeaseSeconds ?? LEASE_SECONDS;
  const graceSeconds = Math.max(MONITOR_GRACE_SECONDS, leaseSeconds + 10);
  const plane = await startControlPlane({
    ...{ name: profile.name, directory, realNode: profile.realNode !== undefined },
    scheduler: true,
    apiServerArgs: options.apiServerArgs ?? [],
    controllerManager: {
      controllers: [
        ...baseControllers,
        ...nodeControllers,
        ...(profile.realNode === undefined ? [] : volumeControllers),
      ],
      args: [`--node-monitor-grace-period=${graceSeconds}s`],
    },
  });
  const api = new KubeApi(plane.adminKubeconfigPath);
  const [kwokPort, probePort, metricsPort] = (await reservePorts(3, directory)) as [
    number,
    number,
    number,
  ];
  const simulated = memberNodes(profile, Math.floor(Date.now() / 1000));
  try {
    await Promise.all([
      ...(simulated.length === 0
        ? []
        : [plane.components.launch([kwokSpec(plane, kwokPort, leaseSeconds)])]),
      createNodes(api, simulated),
      api.applyFiles([...vendorFiles('kuberay'), otherRayKinds]),
    ]);
    // On a real node its pods would run, and find no GPU.
    const isSimulated = profile.realNode === undefined;
    if (devicePlugin && isSimulated) {
      await api.applyFiles(vendorFiles('nvidia').filter(isDevicePlugin));
    }
    if (kubeRay) await plane.components.launch([kubeRaySpec(plane, probePort, metricsPort)]);
    await startRealNodeOf(options, plane);
    await waitForNodes(api, profile);
  } catch (error) {
    await Promise.all(plane.processes.map(({ name }) => plane.stopComponent(name)));
    throw error;
  } finally {
    await api.close();
  }
  return plane;
}

async function startRealNodeOf(
  { profile, nodeArchives, progress = silentProgress }: MemberOptions,
  plane: ControlPlane,
): Promise<void> {
  const { realNode, location } = profile;
  if (realNode === undefined) return;
  const { name, gpus } = realNode;
  const labels = {
    'node.kubernetes.io/instance-type': gpus.machine,
    'topology.kubernetes.io/region': location.region,
    'topology.kubernetes.io/zone': `${location.region}-a`,
  };
  const archives = nodeArchives ?? [await ensure(rayImage, progress)];
  await startRealNode({ plane, name, gpus, labels, archives, progress });
}

/** Creates Nodes as kubelets do, with their status. Existing ones are left as they are. */
export async function createNodes(api: KubeApi, nodes: readonly Manifest[]): Promise<void> {
  const waiting = [...nodes];
  const worker = async (): Promise<void> => {
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      const response = await api.send('POST', '/api/v1/nodes', node);
      if (response.status !== 409) expectSuccess(response, `create Node ${node.metadata.name}`);
    }
  };
  await Promise.all(Array.from({ length: CREATES_IN_FLIGHT }, worker));
}

/** The vendored YAML files of one project, under crds/vendor. */
export function vendorFiles(project: 'kuberay' | 'nvidia'): string[] {
  const folder = join(checkoutDirectory, 'crds/vendor', project);
  return readdirSync(folder)
    .toSorted()
    .map((file) => join(folder, file));
}

const otherRayKinds = join(import.meta.dirname, 'manifests/ray-kinds-without-schema.yaml');

function isDevicePlugin(file: string): boolean {
  return file.endsWith('nvidia-device-plugin.yaml');
}

function kwokSpec(plane: ControlPlane, port: number, leaseSeconds: number): ComponentSpec {
  const kubeconfig = plane.issueKubeconfig({
    commonName: 'kwok',
    organizations: ['system:masters'],
  });
  return {
    name: 'kwok',
    command: binaryPath('kwok'),
    args: [
      `--kubeconfig=${kubeconfig}`,
      ...assetPaths('kwok').map((path) => `--config=${path}`),
      // Not a real node, whose pods run.
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      '--manage-all-nodes=false',
      `--node-lease-duration-seconds=${leaseSeconds}`,
      // The default range has 254 addresses, and a bench runs thousands of pods.
      '--cidr=10.128.0.0/9',
      '--node-ip=10.127.255.254',
      `--server-address=127.0.0.1:${port}`,
    ],
    ready: { url: `http://127.0.0.1:${port}/readyz` },
    readyWithinMs: READY_WITHIN_MS,
  };
}

function kubeRaySpec(plane: ControlPlane, probePort: number, metricsPort: number): ComponentSpec {
  const kubeconfig = plane.issueKubeconfig({
    commonName: 'kuberay-operator',
    organizations: ['system:masters'],
  });
  return {
    name: 'kuberay-operator',
    command: binaryPath('kuberay-operator'),
    args: [
      `--kubeconfig=${kubeconfig}`,
      '--enable-leader-election=false',
      `--metrics-addr=127.0.0.1:${metricsPort}`,
      `--health-probe-bind-address=127.0.0.1:${probePort}`,
      `--reconcile-concurrency=${RAY_RECONCILES}`,
      `--qps=${RAY_QPS}`,
      `--burst=${2 * RAY_QPS}`,
    ],
    ready: { url: `http://127.0.0.1:${probePort}/readyz` },
    readyWithinMs: READY_WITHIN_MS,
  };
}

async function waitForNodes(api: KubeApi, profile: MemberProfile): Promise<void> {
  const others = profile.cpuNodes + (profile.realNode === undefined ? 0 : 1);
  const expected = profile.gpuPools.reduce((sum, { nodes }) => sum + nodes, others);
  const withinMs = READY_WITHIN_MS + expected * READY_MS_PER_NODE;
  const deadline = performance.now() + withinMs;
  for (;;) {
    const ready = await countReadyNodes(api);
    if (ready >= expected) return;
    if (performance.now() > deadline) {
      const { name } = profile;
      throw new Error(`${name}: ${ready} of ${expected} nodes are Ready after ${withinMs} ms`);
    }
    await delay(POLL_MS);
  }
}

type NodeStatus = { status?: { conditions?: readonly { type: string; status: string }[] } };

async function countReadyNodes(api: KubeApi): Promise<number> {
  let [ready, next] = [0, ''];
  do {
    const page = (await api.get(`/api/v1/nodes?limit=${PAGE}&continue=${next}`)) as {
      metadata: { continue?: string };
      items: readonly NodeStatus[];
    };
    ready += page.items.filter(isReady).length;
    next = encodeURIComponent(page.metadata.continue ?? '');
  } while (next !== '');
  return ready;
}

function isReady({ status }: NodeStatus): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
}
