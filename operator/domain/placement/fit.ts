import type { FlavorPoolView } from '../inventory/types.ts';
import { devicesWanted } from './demand.ts';
import type { GroupPools } from './demand.ts';
import { describeDevices } from './describe.ts';
import type { Candidate, Violation } from './filters.ts';
import { pack } from './pack.ts';
import type { PackPlan } from './pack.ts';
import type { PlacementRequest } from './types.ts';
import type { Counting } from './zones.ts';

/** Room for the whole cluster among free devices, or among all as if nobody held any. */
export function room(candidate: Candidate, counting: Counting): PackPlan | undefined {
  const { request, pools, zone } = candidate;
  const supplies = pools.map((pool) => ({ group: pool.group, pools: pool.affordable }));
  return pack(supplies, {
    capacity: request.capacity,
    topology: request.topology,
    counting,
    ...(zone === undefined ? {} : { zone }),
  });
}

/** What a member lacks that passed the filters and has no room among its free devices. */
export function shortage(candidate: Candidate): Violation {
  const { request, pools } = candidate;
  const wanted = devicesWanted(request);
  const own = poolsOf(pools);
  const total = sum(own, 'total');
  const groups = pools.map((pool) => pool.group);
  if (total < wanted) {
    const detail = `has only ${total} of ${describeDevices(wanted, groups)}`;
    return { reason: 'TooFewDevices', detail, figure: String(total) };
  }
  const free = sum(own, 'free');
  if (room(candidate, 'total') === undefined) {
    const detail = `has ${describeDevices(total, groups)}, but not together ${together(request)}`;
    return { reason: 'NotTogether', detail, figure: String(total) };
  }
  const detail =
    free < wanted
      ? `has ${free} of ${describeDevices(wanted, groups)} free`
      : `has ${describeDevices(free, groups)} free, but not together ${together(request)}`;
  return { reason: 'NoCapacity', detail, figure: String(free) };
}

/** Free devices of the wanted hardware, whatever else speaks against the member. */
export function freeDevices(candidate: Candidate): number {
  return sum([...new Set(candidate.pools.flatMap((pool) => [...pool.hardware]))], 'free');
}

function together(request: PlacementRequest): string {
  if (request.topology === 'SameNode') return 'on one node';
  if (request.topology === 'SameNvlinkDomain') return 'in one NVLink domain';
  const sizes = request.groups.map((group) => group.devicesPerWorker);
  return `with ${Math.max(...sizes)} of a worker on one node`;
}

function poolsOf(pools: readonly GroupPools[]): readonly FlavorPoolView[] {
  return [...new Set(pools.flatMap((pool) => [...pool.affordable]))];
}

function sum(pools: readonly FlavorPoolView[], counting: 'free' | 'total'): number {
  return pools.reduce((count, pool) => count + pool[counting], 0);
}
