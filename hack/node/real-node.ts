import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { binaryPath } from '../federation/cache.ts';
import type { ComponentSpec } from '../federation/components.ts';
import type { ControlPlane } from '../federation/control-plane.ts';
import { type GpuKind, gpuLabels, gpuResources } from '../federation/gpu-labels.ts';
import { expectSuccess, KubeApi } from '../federation/kube-api.ts';
import { writePrivate } from '../federation/pki.ts';
import { BOX } from '../federation/process.ts';
import type { Progress } from '../federation/progress.ts';
import { ensureTools } from '../federation/toolchain.ts';
import { realNodeTools } from '../federation/tools.ts';
import { ensure } from '../images/cached.ts';
import { nodeRoot, pauseImage } from '../images/recipes.ts';
import { makeCgroups } from './cgroups.ts';
import {
  cniConfig,
  containerdConfig,
  CONTAINERD_SOCKET,
  corefile,
  KUBELET_HEALTH_PORT,
  kubeletConfig,
  kubeProxyConfig,
  type NodeIdentity,
} from './configuration.ts';

const READY_WITHIN_MS = 180_000;
const NODE_READY_WITHIN_MS = 60_000;
const POLL_MS = 100;
const COMPONENT = 'node';

export type RealNodeOptions = {
  /** Started with `realNode: true`. */
  readonly plane: ControlPlane;
  readonly name: string;
  /** More labels of the Node. */
  readonly labels?: Readonly<Record<string, string>>;
  /** GPUs that the Node says it has, though there are none. */
  readonly gpus?: GpuKind;
  /** Image archives; what pods name and no registry has. */
  readonly archives: readonly string[];
  readonly progress: Progress;
};

/** Builds and makes what every real node needs and the cache lacks. */
export async function prepareRealNode(
  progress: Progress,
): Promise<{ readonly root: string; readonly pause: string }> {
  await ensureTools(realNodeTools, progress);
  const root = await ensure(nodeRoot, progress);
  return { root, pause: await ensure(pauseImage(), progress) };
}

/**
 * Starts a node that runs its pods: kubelet, containerd, kube-proxy and CoreDNS on a root filesystem and
 * in namespaces of their own. Returns when the Node is Ready and says that it has its GPUs. All of it
 * ends with the control plane's directory: see `removeCluster`.
 */
export async function startRealNode(asked: RealNodeOptions): Promise<void> {
  const { plane, progress } = asked;
  const { network } = plane;
  if (network === undefined) throw new Error(`${plane.name} was started without a network`);
  const options: Run = { ...asked, network };
  const { root, pause } = await prepareRealNode(progress);
  const archives = [pause, ...asked.archives];
  const directory = join(plane.directory, BOX);
  writeConfiguration(options, directory);
  const id = createHash('sha256').update(plane.directory).digest('hex').slice(0, 12);
  const cgroups = makeCgroups(join(plane.directory, `${COMPONENT}.cgroups`), `io-operator-${id}`);
  const spec = boxSpec(options, { directory, root, archives });
  const specPath = join(plane.directory, `${COMPONENT}.json`);
  writePrivate(specPath, JSON.stringify({ ...spec, cgroups }, null, 2));
  await plane.components.launch([boxComponent(options, specPath)]);
  await decorate(options);
}

type Run = RealNodeOptions & NodeIdentity;

function boxComponent({ network }: Run, specPath: string): ComponentSpec {
  return {
    name: COMPONENT,
    command: binaryPath('box'),
    args: ['run', specPath],
    ready: { url: `http://${network.nodeAddress}:${KUBELET_HEALTH_PORT}/healthz` },
    readyWithinMs: READY_WITHIN_MS,
  };
}

/** What the daemons read, as files below `etc` of the box's directory. */
function writeConfiguration(options: Run, directory: string): void {
  const { plane, name, network } = options;
  const write = (path: string, text: string): void => {
    const file = join(directory, 'etc', path);
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    writePrivate(file, text);
  };
  for (const folder of ['etc', 'containerd', 'kubelet', 'logs', 'pods']) {
    mkdirSync(join(directory, folder), { recursive: true, mode: 0o755 });
  }
  const kubeconfig = (commonName: string, organizations: readonly string[]): string => {
    const text = readFileSync(plane.issueKubeconfig({ commonName, organizations }), 'utf8');
    // The box has a loopback of its own.
    return text.replaceAll('https://127.0.0.1:', `https://${network.hostAddress}:`);
  };
  write('containerd/config.toml', containerdConfig);
  write('cni/net.d/10-pods.conflist', cniConfig(network));
  write('kubernetes/ca.crt', plane.caPem);
  write('kubernetes/kubelet.yaml', kubeletConfig(options));
  write('kubernetes/kubelet.kubeconfig', kubeconfig(`system:node:${name}`, ['system:nodes']));
  write('kubernetes/kube-proxy-config.yaml', kubeProxyConfig(options));
  write('kubernetes/kube-proxy.yaml', kubeconfig('system:kube-proxy', []));
  write('kubernetes/Corefile', corefile(options));
  write('kubernetes/coredns.yaml', kubeconfig('coredns', ['system:masters']));
}

type Made = {
  readonly directory: string;
  readonly root: string;
  readonly archives: readonly string[];
};

/** As hack/tools/box takes it, but for the cgroups. */
function boxSpec(options: Run, { directory, root, archives }: Made): object {
  const { name, network, plane } = options;
  const own = (from: string, to: string) => ({ from: join(directory, from), to });
  const tool = (program: 'kubelet' | 'kube-proxy' | 'coredns') => ({
    ...{ from: binaryPath(program), to: `/usr/local/bin/${program}`, readOnly: true },
  });
  const { podRange, serviceRange, device, hostAddress, nodeAddress, prefixBits } = network;
  return {
    ...{ root, directory, hostname: name },
    network: {
      ...{ device, hostAddress, nodeAddress, prefixBits },
      routes: [podRange, serviceRange],
      forward: [Number(new URL(plane.server).port)],
    },
    mounts: [
      own('containerd', '/var/lib/containerd'),
      own('kubelet', '/var/lib/kubelet'),
      own('logs', '/var/log/box'),
      own('pods', '/var/log/pods'),
      own('etc/containerd', '/etc/containerd'),
      own('etc/cni', '/etc/cni'),
      own('etc/kubernetes', '/etc/kubernetes'),
      ...archives.map((from, index) => ({ from, to: `/images/${index}.tar`, readOnly: true })),
      ...[tool('kubelet'), tool('kube-proxy'), tool('coredns')],
    ],
    programs: programs(options, archives.length),
  };
}

function programs({ name, network }: Run, archives: number): readonly object[] {
  const after = CONTAINERD_SOCKET;
  const ctr = ['ctr', '--namespace=k8s.io', 'image', 'import'];
  return [
    { name: 'containerd', command: ['containerd'] },
    ...Array.from({ length: archives }, (_, index) => ({
      ...{ name: `image-${index}`, isStep: true, after },
      command: [...ctr, `/images/${index}.tar`],
    })),
    {
      name: 'kubelet',
      command: [
        'kubelet',
        '--config=/etc/kubernetes/kubelet.yaml',
        '--kubeconfig=/etc/kubernetes/kubelet.kubeconfig',
        `--hostname-override=${name}`,
        `--node-ip=${network.nodeAddress}`,
        '--root-dir=/var/lib/kubelet',
      ],
    },
    {
      name: 'kube-proxy',
      command: ['kube-proxy', '--config=/etc/kubernetes/kube-proxy-config.yaml'],
    },
    { name: 'coredns', command: ['coredns', '-conf=/etc/kubernetes/Corefile', '-quiet'] },
  ];
}

/** The way from pods to the API server, and what NVIDIA's software would write on the Node. */
async function decorate(options: Run): Promise<void> {
  const { plane, name, gpus, labels = {} } = options;
  const api = new KubeApi(plane.adminKubeconfigPath);
  try {
    await api.apply(apiServerEndpoint(options));
    const path = `/api/v1/nodes/${name}`;
    await until(api, path, `Node ${name} did not become Ready`, isReady);
    const timestamp = Math.floor(Date.now() / 1000);
    const own = { ...labels, ...(gpus === undefined ? {} : gpuLabels(gpus, { timestamp })) };
    await patch(api, path, { metadata: { labels: own } });
    if (gpus === undefined) return;
    const capacity = gpuResources(gpus);
    await patch(api, `${path}/status`, { status: { capacity } });
    await until(api, path, `Node ${name} does not offer its GPUs`, ({ status }) =>
      Object.entries(capacity).every(([key, count]) => status?.allocatable?.[key] === count),
    );
  } finally {
    await api.close();
  }
}

type NodeObject = {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly allocatable?: Readonly<Record<string, string>>;
  };
};

const isReady = ({ status }: NodeObject): boolean =>
  (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');

async function until(
  api: KubeApi,
  path: string,
  what: string,
  holds: (node: NodeObject) => boolean,
): Promise<void> {
  const deadline = performance.now() + NODE_READY_WITHIN_MS;
  for (;;) {
    const node = (await api.get(path)) as NodeObject | undefined;
    if (node !== undefined && holds(node)) return;
    if (performance.now() > deadline) {
      const conditions = JSON.stringify(node?.status?.conditions ?? []);
      throw new Error(`${what} within ${NODE_READY_WITHIN_MS} ms: ${conditions}`);
    }
    await delay(POLL_MS);
  }
}

async function patch(api: KubeApi, path: string, body: object): Promise<void> {
  const type = 'application/strategic-merge-patch+json';
  expectSuccess(await api.send('PATCH', path, body, type), `patch ${path}`);
}

/** Behind the service `kubernetes`, which the API server itself cannot fill in: it is on loopback. */
function apiServerEndpoint({ plane, network }: Run) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [network.hostAddress], conditions: { ready: true } }],
    ports: [{ name: 'https', protocol: 'TCP', port: Number(new URL(plane.server).port) }],
  };
}
