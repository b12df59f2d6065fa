import { createHash } from 'node:crypto';
import { gpuLabels, gpuResources } from './gpu-labels.ts';
import type { Manifest } from './kube-api.ts';
import type { GpuPool, MemberProfile } from './member-profiles.ts';

const GPU_NODE = { cpu: '224', memory: '2Ti', pods: '110', 'ephemeral-storage': '15Ti' };
/** A simulated node carries as many Ray heads as a bench asks for. */
const CPU_NODE = { cpu: '100k', memory: '400Ti', pods: '20k', 'ephemeral-storage': '1Pi' };

/** The Node objects of a member, GPU nodes first. `timestamp` is Unix seconds. */
export function memberNodes(profile: MemberProfile, timestamp: number): Manifest[] {
  const gpuNodes = profile.gpuPools.flatMap((pool) =>
    numbers(pool.nodes).map((number) => gpuNode(profile, pool, number, timestamp)),
  );
  const cpuNodes = numbers(profile.cpuNodes).map((number) =>
    node(profile, { name: `cpu-${number}`, machine: 'cpu', labels: {}, resources: CPU_NODE }),
  );
  return [...gpuNodes, ...cpuNodes];
}

function gpuNode(
  profile: MemberProfile,
  pool: GpuPool,
  number: number,
  timestamp: number,
): Manifest {
  const perDomain = pool.nodesPerNvlinkDomain;
  const facts =
    perDomain === undefined
      ? { timestamp }
      : { timestamp, clique: `${fabricUuid(profile, pool)}.${Math.ceil(number / perDomain)}` };
  return node(profile, {
    name: `${pool.name}-${number}`,
    machine: pool.machine,
    labels: gpuLabels(pool, facts),
    resources: { ...GPU_NODE, ...gpuResources(pool) },
    taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }],
  });
}

type NodeParts = {
  readonly name: string;
  readonly machine: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly resources: Readonly<Record<string, string>>;
  readonly taints?: readonly object[];
};

function node(profile: MemberProfile, parts: NodeParts): Manifest {
  const { region } = profile.location;
  const metadata = {
    name: parts.name,
    annotations: { 'kwok.x-k8s.io/node': 'fake' },
    labels: {
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/hostname': parts.name,
      'node.kubernetes.io/instance-type': parts.machine,
      'topology.kubernetes.io/region': region,
      'topology.kubernetes.io/zone': `${region}-a`,
      ...parts.labels,
    },
  };
  const { resources } = parts;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata,
    spec: { taints: parts.taints ?? [] },
    status: { capacity: resources, allocatable: resources },
  };
}

/** A stable uuid of a pool's NVLink fabric. */
function fabricUuid({ name }: MemberProfile, pool: GpuPool): string {
  const hash = createHash('sha256').update(`${name}/${pool.name}`).digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    hash.slice(12, 16),
    hash.slice(16, 20),
    hash.slice(20, 32),
  ].join('-');
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
