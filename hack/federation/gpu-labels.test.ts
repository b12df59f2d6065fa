import { describe, expect, test } from '@jest/globals';
import { type GpuKind, gpuLabels, gpuResources } from './gpu-labels.ts';
import { defaultMembers, gpuKinds } from './member-profiles.ts';
import { memberNodes } from './nodes.ts';

const kind: GpuKind = { ...gpuKinds.hopper, gpusPerNode: 8 };
const facts = { timestamp: 1_795_411_960 };

/** Every label that GPU feature discovery writes on a node with whole GPUs, in its own words. */
const complete = [
  'nvidia.com/gpu.product',
  'nvidia.com/gpu.count',
  'nvidia.com/gpu.memory',
  'nvidia.com/gpu.family',
  'nvidia.com/gpu.compute.major',
  'nvidia.com/gpu.compute.minor',
  'nvidia.com/gpu.machine',
  'nvidia.com/gpu.replicas',
  'nvidia.com/gpu.sharing-strategy',
  'nvidia.com/gpu.mode',
  'nvidia.com/gpu.present',
  'nvidia.com/cuda.driver-version.major',
  'nvidia.com/cuda.driver-version.minor',
  'nvidia.com/cuda.driver-version.revision',
  'nvidia.com/cuda.driver-version.full',
  'nvidia.com/cuda.runtime-version.major',
  'nvidia.com/cuda.runtime-version.minor',
  'nvidia.com/cuda.runtime-version.full',
  'nvidia.com/cuda.driver.major',
  'nvidia.com/cuda.driver.minor',
  'nvidia.com/cuda.driver.rev',
  'nvidia.com/cuda.runtime.major',
  'nvidia.com/cuda.runtime.minor',
  'nvidia.com/mig.strategy',
  'nvidia.com/mig.capable',
  'nvidia.com/mps.capable',
  'nvidia.com/vgpu.present',
  'nvidia.com/gfd.timestamp',
  'feature.node.kubernetes.io/pci-10de.present',
];

describe('the labels of a GPU node', () => {
  test('are complete and nothing else for whole GPUs', () => {
    expect(Object.keys(gpuLabels(kind, facts)).toSorted()).toEqual(complete.toSorted());
  });

  test('split versions as feature discovery does', () => {
    expect(gpuLabels(kind, facts)).toMatchObject({
      'nvidia.com/cuda.driver-version.full': '570.148.08',
      'nvidia.com/cuda.driver-version.revision': '08',
      'nvidia.com/cuda.runtime-version.full': '12.8',
      'nvidia.com/gpu.compute.major': '9',
      'nvidia.com/gpu.compute.minor': '0',
    });
  });

  test('of a time-sliced GPU say SHARED, and the node offers every slice', () => {
    const shared: GpuKind = { ...kind, sharing: { strategy: 'time-slicing', replicas: 4 } };
    expect(gpuLabels(shared, facts)).toMatchObject({
      'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3-SHARED',
      'nvidia.com/gpu.count': '8',
      'nvidia.com/gpu.replicas': '4',
      'nvidia.com/gpu.sharing-strategy': 'time-slicing',
    });
    expect(gpuResources(shared)).toEqual({ 'nvidia.com/gpu': '32' });
  });

  const mig = { profile: '1g.10gb', slicesPerGpu: 7, memoryMiB: 9_984, multiprocessors: 16 };

  test('of mixed MIG name the profile in the key, and whole GPUs have 0 replicas', () => {
    const mixed: GpuKind = { ...kind, mig: { ...mig, strategy: 'mixed' } };
    expect(gpuLabels(mixed, facts)).toMatchObject({
      'nvidia.com/mig.strategy': 'mixed',
      'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3',
      'nvidia.com/gpu.replicas': '0',
      'nvidia.com/mig-1g.10gb.product': 'NVIDIA-H100-80GB-HBM3-MIG-1g.10gb',
      'nvidia.com/mig-1g.10gb.count': '56',
      'nvidia.com/mig-1g.10gb.memory': '9984',
    });
    expect(gpuResources(mixed)).toEqual({ 'nvidia.com/gpu': '0', 'nvidia.com/mig-1g.10gb': '56' });
  });

  test('of single MIG name the profile in the product', () => {
    const single: GpuKind = { ...kind, mig: { ...mig, strategy: 'single' } };
    expect(gpuLabels(single, facts)).toMatchObject({
      'nvidia.com/mig.strategy': 'single',
      'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3-MIG-1g.10gb',
      'nvidia.com/gpu.count': '56',
      'nvidia.com/gpu.memory': '9984',
      'nvidia.com/gpu.replicas': '1',
      'nvidia.com/gpu.family': 'hopper',
    });
    expect(gpuResources(single)).toEqual({ 'nvidia.com/gpu': '56' });
  });
});

describe('the default members', () => {
  const nodes = defaultMembers.flatMap((profile) => memberNodes(profile, facts.timestamp));

  test('are three, in different countries, with different models and prices', () => {
    expect(new Set(defaultMembers.map(({ location }) => location.country)).size).toBe(3);
    const prices = defaultMembers.flatMap(({ offers }) =>
      offers.map(({ model, onDemandMicroUsdPerHour }) => `${model} ${onDemandMicroUsdPerHour}`),
    );
    expect(new Set(prices).size).toBe(prices.length);
    expect(defaultMembers.every(({ name }) => /^[a-z0-9-]{1,53}$/.test(name))).toBe(true);
  });

  test('have labels that the API server accepts', () => {
    const labels = nodes.flatMap((node) =>
      Object.values((node.metadata as { labels?: Record<string, string> }).labels ?? {}),
    );
    expect(
      labels.filter(
        (value) => !/^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(value),
      ),
    ).toEqual([]);
  });

  test('taint every node with GPUs and no other', () => {
    const tainted = nodes.filter(
      (node) => ((node['spec'] as { taints: readonly object[] }).taints ?? []).length > 0,
    );
    expect(tainted.map((node) => node.metadata.name)).toEqual(
      nodes.map((node) => node.metadata.name).filter((name) => !name.startsWith('cpu-')),
    );
  });

  test('put as many nodes into an NVLink domain as the pool says', () => {
    const cliques = memberNodes(defaultMembers[0] as never, 0).map(
      (node) =>
        (node.metadata as { labels?: Record<string, string> }).labels?.['nvidia.com/gpu.clique'],
    );
    expect(cliques.map((clique) => clique?.split('.')[1])).toEqual(['1', '1', '2', '2', undefined]);
    expect(new Set(cliques).size).toBe(3);
  });
});
