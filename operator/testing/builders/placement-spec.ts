import type { IOPlacementSpec } from '../../../crds/schema/index.ts';

type Group = IOPlacementSpec['workerGroups'][number];

/** Two workers of four GPUs each, one on node `a`, one on node `b`; say only what matters. */
export function buildPlacementGroup(facts: Partial<Group> = {}): Group {
  const devices = ['a', 'b'].flatMap((node) =>
    [0, 1, 2, 3].map((index) => ({ name: `${node}-gpu-${index}`, node })),
  );
  return {
    name: 'workers',
    replicas: 2,
    minReplicas: 2,
    maxReplicas: 2,
    devicesPerWorker: 4,
    resourceName: 'nvidia.com/gpu',
    cpu: '32',
    memory: '256Gi',
    devices,
    ...facts,
  };
}

/** The spec of an IOPlacement with one group of `buildPlacementGroup`. */
export function buildPlacementSpec(facts: Partial<IOPlacementSpec> = {}): IOPlacementSpec {
  return {
    leaseId: 'lease-0123456789abcdef',
    leaseGeneration: 1,
    tenant: 'fedcba9876543210',
    member: 'fra-1',
    priceMicroUsdPerHour: 20_000_000,
    ray: { version: '2.52.1', image: 'docker.io/rayproject/ray:2.52.1-py312-gpu' },
    head: { cpu: '2', memory: '8Gi' },
    workerGroups: [buildPlacementGroup()],
    ...facts,
  };
}
