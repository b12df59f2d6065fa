import type { IOPlacement } from '../../../crds/schema/index.ts';
import { deviceKey } from '../inventory/types.ts';
import type { InventoryView, MemberView } from '../inventory/types.ts';
import { assign } from './assign.ts';
import { devicesWanted } from './demand.ts';
import { candidateOf, firstViolation, growthFilters } from './filters.ts';
import { freeDevices, room, shortage } from './fit.ts';
import { refuse, refuseQuota } from './refusal.ts';
import type {
  GroupRequest,
  MemberRefusal,
  PlacedDevice,
  PlacedGroup,
  PlacedWorker,
  PlacementRequest,
  Refusal,
  RescaleResult,
} from './types.ts';
import type { Zone } from './zones.ts';

/** What a running lease has: the part of an IOPlacement that rescaling reads. */
export type RunningLease = Pick<
  IOPlacement['spec'],
  'member' | 'workerGroups' | 'priceMicroUsdPerHour'
>;

/** How the workers of one group change. */
type GroupChange = Readonly<{
  group: GroupRequest;
  resourceName: string | undefined;
  kept: readonly PlacedWorker[];
  released: readonly PlacedWorker[];
  missing: number;
}>;

/**
 * Fits a running lease to changed numbers of workers. Workers that stay keep their devices; the
 * last ones of a group go first; new ones come from the same member and the same model, under the
 * request's budget. All changes happen or none does: on a refusal the lease keeps running as it is.
 *
 * The price stays agreed: devices that stay cost their share of it, new ones what they cost now.
 */
export function rescale(
  request: PlacementRequest,
  lease: RunningLease,
  inventory: InventoryView,
): RescaleResult {
  const average = averagePrice(lease);
  const changes = request.groups.map((group) => changeOf(group, lease, average));
  const dropped = lease.workerGroups.filter(
    ({ name }) => !request.groups.some((group) => group.name === name),
  );
  const released = [
    ...changes.flatMap((change) => change.released),
    ...dropped.flatMap((group) => workersOf(group, lease.member, average)),
  ].flatMap((worker) => worker.devices);
  const growth = changes.some(({ missing, group }) => missing * group.devicesPerWorker > 0);
  if (!growth && released.length === 0) return { kind: 'Unchanged' };
  const grown = growth ? grow(request, changes, lease, inventory) : [];
  if ('kind' in grown) return grown;
  const added = grown.flatMap((group) => group.workers.flatMap((worker) => worker.devices));
  return rescaled(changes, grown, added, released, lease);
}

function rescaled(
  changes: readonly GroupChange[],
  grown: readonly PlacedGroup[],
  added: readonly PlacedDevice[],
  released: readonly PlacedDevice[],
  lease: RunningLease,
): RescaleResult {
  const groups = changes.map((change) => mergeGroup(change, grown));
  const devices = groups.reduce((sum, group) => sum + devicesIn(group.workers), 0);
  const before = devices - added.length + released.length;
  const kept = before - released.length;
  const agreed = BigInt(lease.priceMicroUsdPerHour);
  const keptPrice = before === 0 ? 0n : (agreed * BigInt(kept)) / BigInt(before);
  const addedPrice = added.reduce((sum, device) => sum + device.priceMicroUsdPerHour, 0n);
  const priceMicroUsdPerHour = keptPrice + addedPrice;
  const { member } = lease;
  return {
    kind: 'Rescaled',
    placement: { kind: 'Placement', member, groups, devices, priceMicroUsdPerHour },
    added,
    released,
  };
}

function changeOf(group: GroupRequest, lease: RunningLease, average: bigint): GroupChange {
  const running = lease.workerGroups.find(({ name }) => name === group.name);
  const workers = running === undefined ? [] : workersOf(running, lease.member, average);
  return {
    group,
    resourceName: running?.resourceName,
    kept: workers.slice(0, group.workers),
    released: workers.slice(group.workers),
    missing: Math.max(0, group.workers - workers.length),
  };
}

type RunningGroup = RunningLease['workerGroups'][number];

/** Workers by their devices: as many of a node's as make whole workers, nodes as they come. */
export function workersOf(
  group: RunningGroup,
  member: string,
  price: bigint,
): readonly PlacedWorker[] {
  const size = group.devicesPerWorker;
  if (size === 0) return [];
  const byNode = new Map<string, PlacedDevice[]>();
  for (const { name, node } of group.devices) {
    const devices = byNode.get(node) ?? [];
    devices.push({ key: deviceKey(member, name), name, node, priceMicroUsdPerHour: price });
    byNode.set(node, devices);
  }
  return [...byNode].flatMap(([node, devices]) =>
    Array.from({ length: Math.floor(devices.length / size) }, (_, at) => ({
      node,
      devices: devices.slice(at * size, (at + 1) * size),
    })),
  );
}

/** Room for the missing workers on the lease's own member. */
function grow(
  request: PlacementRequest,
  changes: readonly GroupChange[],
  lease: RunningLease,
  inventory: InventoryView,
): readonly PlacedGroup[] | Refusal {
  return growOn(
    request,
    changes.map((change) => ({
      ...change,
      group: { ...change.group, ...sameModel(change, inventory) },
    })),
    lease.member,
    inventory,
  );
}

type Growth = Pick<GroupChange, 'group' | 'kept' | 'missing'>;

/** Room on a member for the workers that groups miss, together with those they keep. */
export function growOn(
  request: PlacementRequest,
  changes: readonly Growth[],
  name: string,
  inventory: InventoryView,
): readonly PlacedGroup[] | Refusal {
  const more: PlacementRequest = {
    ...request,
    groups: changes
      .filter(({ missing }) => missing > 0)
      .map(({ group, missing }) => ({ ...group, workers: missing })),
  };
  const remaining = request.quotaRemainingDevices;
  if (remaining !== undefined && devicesWanted(more) > remaining) {
    return refuseQuota(more, remaining);
  }
  const member = inventory.member(name);
  if (member === undefined) {
    const refusal: MemberRefusal = {
      member: name,
      reason: 'MemberNotSchedulable',
      detail: 'is not known to the hub',
      devices: 0,
    };
    return refuse(more, [refusal]);
  }
  const candidate = candidateOf(member, more, zoneOf(request, changes, member, inventory));
  const violation = firstViolation(candidate, growthFilters);
  const plan = violation === undefined ? room(candidate, 'free') : undefined;
  if (plan !== undefined) return assign(plan);
  const why = violation ?? shortage(candidate);
  return refuse(more, [{ ...why, member: name, devices: freeDevices(candidate) }]);
}

/** A group stays with the model that it has. */
function sameModel(
  { kept }: GroupChange,
  inventory: InventoryView,
): Partial<Pick<GroupRequest, 'models'>> {
  const model = kept.flatMap((worker) => worker.devices.map(({ key }) => inventory.device(key)))[0]
    ?.model;
  return model === undefined || model === '' ? {} : { models: [model] };
}

/** Where more devices have to be to be together with those that stay; undefined: anywhere. */
function zoneOf(
  request: PlacementRequest,
  changes: readonly Growth[],
  member: MemberView,
  inventory: InventoryView,
): Zone | undefined {
  const kept = changes.flatMap((change) => change.kept.flatMap((worker) => worker.devices));
  const [first] = kept;
  if (first === undefined || request.topology === 'Any') return undefined;
  if (request.topology === 'SameNode') return { nodes: new Set([first.node]) };
  const domain = inventory.device(first.key)?.nvlinkDomain;
  const nodes = new Set<string>();
  for (const pool of member.flavors) {
    for (const node of pool.nodes.values()) {
      if (domain !== undefined && node.nvlinkDomain === domain) nodes.add(node.node);
    }
  }
  return { nodes };
}

function mergeGroup(change: GroupChange, grown: readonly PlacedGroup[]): PlacedGroup {
  const { name, devicesPerWorker } = change.group;
  const more = grown.find((group) => group.name === name);
  const resourceName = change.resourceName ?? more?.resourceName;
  return {
    name,
    devicesPerWorker,
    ...(more?.model === undefined ? {} : { model: more.model }),
    ...(resourceName === undefined ? {} : { resourceName }),
    workers: [...change.kept, ...(more?.workers ?? [])],
  };
}

function averagePrice(lease: RunningLease): bigint {
  const devices = lease.workerGroups.reduce((sum, group) => sum + group.devices.length, 0);
  return devices === 0 ? 0n : BigInt(lease.priceMicroUsdPerHour) / BigInt(devices);
}

function devicesIn(workers: readonly PlacedWorker[]): number {
  return workers.reduce((sum, worker) => sum + worker.devices.length, 0);
}
