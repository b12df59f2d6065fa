import type { GroupRequest, PlacementRequest } from '../../domain/placement/types.ts';

/** One worker with one GPU of any model; say only what matters. */
export function buildGroup(wish: Partial<GroupRequest> = {}): GroupRequest {
  return {
    name: 'workers',
    workers: 1,
    devicesPerWorker: 1,
    models: [],
    minMemoryMiB: 0,
    nvlink: false,
    ...wish,
  };
}

/** One group of `buildGroup`, anywhere, on demand, as cheap as possible. */
export function buildRequest(wish: Partial<PlacementRequest> = {}): PlacementRequest {
  return {
    groups: [buildGroup()],
    capacity: 'OnDemand',
    confidential: false,
    topology: 'Any',
    strategy: 'Cheapest',
    countries: [],
    regions: [],
    certifications: [],
    members: [],
    excludedMembers: [],
    ...wish,
  };
}
