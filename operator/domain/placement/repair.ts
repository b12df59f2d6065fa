import { deviceKey } from '../inventory/types.ts';
import type { InventoryView, MemberView } from '../inventory/types.ts';
import { matchesHardware } from './demand.ts';
import { growOn, type RunningLease, workersOf } from './rescale.ts';
import type {
  GroupRequest,
  PlacedDevice,
  PlacedWorker,
  PlacementRequest,
  Refusal,
} from './types.ts';

type RunningGroup = RunningLease['workerGroups'][number];
type LeasedDevice = RunningGroup['devices'][number];

/** A lease without its broken devices. */
export type Repaired = Readonly<{
  kind: 'Repaired';
  /** The devices of each group as they should be; groups that keep theirs are not named. */
  groups: ReadonlyMap<string, readonly LeasedDevice[]>;
  /** What joins, at the price that was agreed for what it stands in for. */
  added: readonly PlacedDevice[];
  /** What the lease gives back: the broken devices, and those of workers that moved. */
  released: readonly string[];
}>;

/** Unchanged: none of the lease's devices is broken. */
export type RepairResult = Repaired | Readonly<{ kind: 'Unchanged' }> | Refusal;

/**
 * Replaces the broken devices of a running lease by others of its member: first by free ones on the same
 * node, so that a worker keeps the rest of what it has; when a worker's node has none, the worker moves
 * to devices of the same model elsewhere on the member. Other workers keep what they have, and the
 * lease keeps its price. All workers that need it are repaired or none is.
 */
export function repair(
  request: PlacementRequest,
  lease: RunningLease,
  broken: ReadonlySet<string>,
  inventory: InventoryView,
): RepairResult {
  const hit = lease.workerGroups.filter(({ devices }) =>
    devices.some(({ name }) => broken.has(name)),
  );
  if (hit.length === 0) return { kind: 'Unchanged' };
  const member = inventory.member(lease.member);
  const onSpot =
    member === undefined ? undefined : inPlace(request, lease, { hit, broken, member, inventory });
  return onSpot ?? moved(request, lease, broken, inventory);
}

type Damage = Readonly<{
  hit: readonly RunningGroup[];
  broken: ReadonlySet<string>;
  member: MemberView;
  inventory: InventoryView;
}>;

/** Each broken device by a free one of its node; undefined when not all have one. */
function inPlace(
  request: PlacementRequest,
  lease: RunningLease,
  { hit, broken, member, inventory }: Damage,
): Repaired | undefined {
  if (!member.facts.schedulable) return undefined;
  const groups = new Map<string, readonly LeasedDevice[]>();
  const added: PlacedDevice[] = [];
  const released: string[] = [];
  const taken = new Set<string>();
  for (const running of hit) {
    const wanted = request.groups.find(({ name }) => name === running.name);
    if (wanted === undefined) return undefined;
    const spares = sparesOf(request, modelled(wanted, running, lease.member, inventory), member);
    const devices: LeasedDevice[] = [];
    for (const device of running.devices) {
      if (!broken.has(device.name)) {
        devices.push(device);
        continue;
      }
      const spare = spares(running, device.node).find(({ name }) => !taken.has(name));
      if (spare === undefined) return undefined;
      taken.add(spare.name);
      released.push(device.name);
      devices.push({ name: spare.name, node: device.node });
      const priceMicroUsdPerHour = agreedPrice(lease, device.name, inventory);
      added.push({ ...spare, node: device.node, priceMicroUsdPerHour });
    }
    groups.set(running.name, devices);
  }
  return { kind: 'Repaired', groups, added, released };
}

type Spare = Readonly<{ key: string; name: string }>;

/** Free devices of a node that do for a group, cheap to find: a node has few. */
function sparesOf(
  { confidential, capacity }: PlacementRequest,
  group: GroupRequest,
  member: MemberView,
): (running: RunningGroup, node: string) => readonly Spare[] {
  const pools = member.flavors.filter(
    ({ flavor }) =>
      matchesHardware(flavor, group) &&
      (!confidential || flavor.confidential) &&
      (capacity === 'OnDemand' || flavor.spotMicroUsdPerHour !== undefined),
  );
  return ({ resourceName }, node) =>
    pools
      .filter(({ flavor }) => flavor.resourceName === resourceName)
      .flatMap((pool) => pool.nodes.get(node)?.free ?? [])
      .toSorted((a, b) => a.index - b.index)
      .map(({ key, name }) => ({ key, name }));
}

/** A group stays with the model that it has, also where that is of its broken devices only. */
function modelled(
  group: GroupRequest,
  { devices }: RunningGroup,
  member: string,
  inventory: InventoryView,
): GroupRequest {
  const models = devices.flatMap(
    ({ name }) => inventory.device(deviceKey(member, name))?.model || [],
  );
  const [model] = models;
  return model === undefined ? group : { ...group, models: [model] };
}

/** Workers with a broken device go elsewhere on the member, whole. */
function moved(
  request: PlacementRequest,
  lease: RunningLease,
  broken: ReadonlySet<string>,
  inventory: InventoryView,
): Repaired | Refusal {
  const changes = request.groups.flatMap((group) => {
    const running = lease.workerGroups.find(({ name }) => name === group.name);
    if (running === undefined || running.devicesPerWorker === 0) return [];
    const workers = workersOf(running, lease.member, 0n);
    const kept = workers.filter((worker) => !isHit(worker, broken));
    const lost = workers.filter((worker) => isHit(worker, broken));
    const wanted = modelled(group, running, lease.member, inventory);
    return [{ group: wanted, kept, lost, missing: lost.length, running }];
  });
  // What was agreed is paid for the new ones too, so today's prices are no reason against any.
  const { maxPriceMicroUsdPerGpuHour: _, quotaRemainingDevices: __, ...rest } = request;
  const grown = growOn(rest, changes, lease.member, inventory);
  if ('kind' in grown) return grown;
  const groups = new Map<string, readonly LeasedDevice[]>();
  const added: PlacedDevice[] = [];
  for (const { group, kept, lost } of changes) {
    const found = grown.find(({ name }) => name === group.name);
    if (lost.length === 0 || found === undefined) continue;
    const left = lost.flatMap(({ devices }) => devices);
    const joined = found.workers.flatMap(({ devices }) => devices);
    added.push(
      ...joined.map((device, at) => ({
        ...device,
        priceMicroUsdPerHour: agreedPrice(lease, left[at]?.name ?? '', inventory),
      })),
    );
    const all = [...kept.flatMap(({ devices }) => devices), ...joined];
    groups.set(
      group.name,
      all.map(({ name, node }) => ({ name, node })),
    );
  }
  const released = changes.flatMap(({ lost }) =>
    lost.flatMap(({ devices }) => devices.map(({ name }) => name)),
  );
  return { kind: 'Repaired', groups, added, released };
}

const isHit = ({ devices }: PlacedWorker, broken: ReadonlySet<string>): boolean =>
  devices.some(({ name }) => broken.has(name));

/**
 * What of the lease's price was agreed for a device. A placement has the sum only: it is shared out by
 * what the devices are offered for now, evenly where that is not known of all.
 */
function agreedPrice(lease: RunningLease, name: string, inventory: InventoryView): bigint {
  const names = lease.workerGroups.flatMap(({ devices }) => devices.map((each) => each.name));
  const total = BigInt(lease.priceMicroUsdPerHour);
  if (names.length === 0) return 0n;
  const offers = names.map(
    (each) => inventory.offerOf(deviceKey(lease.member, each))?.onDemandMicroUsdPerHour,
  );
  const known = offers.filter((offer) => offer !== undefined);
  const sum = known.reduce((all, offer) => all + offer, 0n);
  const own = offers[names.indexOf(name)];
  if (known.length < names.length || sum === 0n || own === undefined) {
    return total / BigInt(names.length);
  }
  return (total * own) / sum;
}
