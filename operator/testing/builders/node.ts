import type { NodeFacts } from '../../domain/devices/node-facts.ts';

/** Labels and capacity of a node with 8 H100 as GPU feature discovery and device plugin make them. */
export function buildNode(
  labels: Readonly<Record<string, string | undefined>> = {},
  facts: Partial<NodeFacts> = {},
): NodeFacts {
  const all: Record<string, string | undefined> = {
    'nvidia.com/gpu.present': 'true',
    'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3',
    'nvidia.com/gpu.count': '8',
    'nvidia.com/gpu.memory': '81559',
    'nvidia.com/gpu.family': 'hopper',
    'nvidia.com/gpu.compute.major': '9',
    'nvidia.com/gpu.compute.minor': '0',
    'nvidia.com/gpu.replicas': '1',
    'nvidia.com/gpu.sharing-strategy': 'none',
    'nvidia.com/cuda.driver-version.full': '580.82.07',
    'nvidia.com/cuda.runtime-version.full': '13.0',
    'nvidia.com/mig.capable': 'true',
    'nvidia.com/mig.strategy': 'none',
    ...labels,
  };
  const present = Object.entries(all).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const capacity = facts.capacity ?? { 'nvidia.com/gpu': '8' };
  return {
    name: 'gpu-0',
    uid: 'uid-0',
    ready: true,
    schedulable: true,
    labels: Object.fromEntries(present),
    capacity,
    allocatable: capacity,
    ...facts,
  };
}

/** Labels of MIG slices under `nvidia.com/<resource>`: `mig-1g.10gb` (mixed) or `gpu` (single). */
export function migLabels(
  resource: string,
  profile: string,
  count: number,
  memoryMiB: number,
): Readonly<Record<string, string>> {
  const prefix = `nvidia.com/${resource}`;
  return {
    [`${prefix}.product`]: `NVIDIA-H100-80GB-HBM3-MIG-${profile}`,
    [`${prefix}.count`]: String(count),
    [`${prefix}.memory`]: String(memoryMiB),
    [`${prefix}.replicas`]: '1',
    [`${prefix}.sharing-strategy`]: 'none',
  };
}
