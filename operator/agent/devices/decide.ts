import type { IODevice, IOMember } from '../../../crds/schema/index.ts';
import { type DeviceFacts, devicesOfNode } from '../../domain/devices/from-node.ts';
import {
  type DeviceSlice,
  devicesOfSlices,
  type SliceInventory,
} from '../../domain/devices/from-resource-slice.ts';
import type { DeviceHealth } from '../../domain/devices/health.ts';
import type { ModelTable } from '../../domain/devices/model-table.ts';
import type { InventoryProblem, NodeFacts } from '../../domain/devices/node-facts.ts';
import { parseProduct } from '../../domain/devices/product-label.ts';
import { productOf } from '../../domain/inventory/types.ts';
import type { Hash } from '../../domain/lease.ts';
import { sameFacts } from '../../domain/same-facts.ts';

/** One Node of the member, and what the hub knows of its devices. */
export type Observed = Readonly<{
  member: IOMember;
  /** Absent: there is no such Node any more. */
  node: NodeFacts | undefined;
  /** ResourceSlices of the node; undefined: its labels tell of its devices. */
  slices?: readonly DeviceSlice[] | undefined;
  /** IODevices of a node of this name. */
  known: readonly IODevice[];
  /** Ids of its whole GPUs by their number, as far as they are known. */
  uuids: ReadonlyMap<number, string>;
  /** What is known of the health of a device; undefined: nothing was ever wrong. */
  health: (device: IODevice) => DeviceHealth | undefined;
  /** Wall time in RFC 3339. */
  now: string;
  table: ModelTable;
  hash: Hash;
}>;

/** IODevices to apply and to delete so that the hub knows what the node has. */
export type Decision = Readonly<{
  apply: readonly DeviceFacts[];
  remove: readonly IODevice[];
  problems: readonly InventoryProblem[];
}>;

export function decide(seen: Observed): Decision {
  const { inventory, uuids } = inventoryOf(seen);
  const observed = { ...seen, uuids };
  const { member, node, known, table } = observed;
  if (inventory.kind === 'Refused') return { apply: [], remove: [], problems: inventory.problems };
  const before = new Map(known.map((device) => [device.metadata.name, device]));
  const claimed = new Set(known.flatMap(({ spec }) => spec.uuid ?? []));
  const free = new Map([...uuids].filter(([, uuid]) => !claimed.has(uuid)));
  const healthy = inventory.devices.map((device) =>
    withHealth(
      identified(priced(device, member, table), before.get(device.name), free),
      healthOf(before.get(device.name), observed),
    ),
  );
  const wanted = brokenFirst(healthy);
  const names = new Set(wanted.map(({ name }) => name));
  const vanished = known.filter(({ metadata }) => !names.has(metadata.name));
  const exchanged = known.filter(
    (device) =>
      names.has(device.metadata.name) && !isLeased(device) && isAnother(device, node, uuids),
  );
  const changed = wanted.filter(({ name, spec }) => {
    const of = before.get(name);
    return of === undefined || (!exchanged.includes(of) && !sameFacts(of.spec, spec));
  });
  return {
    apply: [
      ...changed,
      ...vanished.filter(isLeased).flatMap((device) => unusable(device, observed.now)),
    ],
    // What was exchanged is made anew once it is gone: the id of a device does not change.
    remove: [...vanished.filter((device) => !isLeased(device)), ...exchanged],
    problems: inventory.problems,
  };
}

function inventoryOf({ member, node, slices, uuids, table, hash }: Observed): SliceInventory {
  if (node === undefined) {
    return { inventory: { kind: 'Devices', devices: [], problems: [] }, uuids };
  }
  const options = { member: member.metadata.name, table, sha256Hex: hash };
  if (slices !== undefined) return devicesOfSlices(node, slices, options);
  return { inventory: devicesOfNode(node, options), uuids };
}

/** The member's price for the product goes with the device: that is what it is rented for. */
function priced(device: DeviceFacts, member: IOMember, table: ModelTable): DeviceFacts {
  const { spec } = device;
  const parsed = parseProduct(spec.product);
  const model = table.find(parsed.model)?.name ?? '';
  const product = productOf(model, spec.migProfile);
  const found = member.spec.offers.find((candidate) => candidate.model === product);
  if (found === undefined) return device;
  const { model: _, ...offer } = found;
  return { ...device, spec: { ...spec, offer } };
}

/** A device keeps the id that it has; one without takes that of the GPU with its number, if it is free. */
function identified(
  device: DeviceFacts,
  before: IODevice | undefined,
  free: ReadonlyMap<number, string>,
): DeviceFacts {
  const { spec } = device;
  const uuid = before?.spec.uuid ?? (spec.kind === 'GPU' ? free.get(spec.index) : undefined);
  return uuid === undefined ? device : { ...device, spec: { ...spec, uuid } };
}

/** Whether another GPU is in its place now; in another machine every GPU is another. */
function isAnother(
  { spec }: IODevice,
  node: NodeFacts | undefined,
  uuids: ReadonlyMap<number, string>,
): boolean {
  if (node === undefined || spec.uuid === undefined || spec.kind !== 'GPU') return false;
  const uuid = uuids.get(spec.index);
  return spec.node.uid !== node.uid || (uuid !== undefined && uuid !== spec.uuid);
}

function withHealth(device: DeviceFacts, health: DeviceHealth | undefined): DeviceFacts {
  return health === undefined ? device : { ...device, spec: { ...device.spec, health } };
}

/** In another machine, or with another id, it is another GPU: what was wrong with the old one is over. */
function healthOf(
  device: IODevice | undefined,
  { node, uuids, health }: Observed,
): DeviceHealth | undefined {
  if (device === undefined || isAnother(device, node, uuids)) return undefined;
  const known = health(device);
  return known !== undefined && isVanished(known) ? undefined : known;
}

/**
 * The device plugin says how many devices of a node can be used, not which: those that are known to be
 * broken are the first of those that cannot.
 */
function brokenFirst(devices: readonly DeviceFacts[]): readonly DeviceFacts[] {
  const groups = Map.groupBy(devices, ({ spec }) => spec.resourceName);
  return devices.map((device) => {
    const group = groups.get(device.spec.resourceName) ?? [];
    const missing = group.filter(({ spec }) => !spec.allocatable).length;
    const broken = group.filter(({ spec }) => spec.health?.state === 'Broken');
    if (missing === 0 || broken.length === 0 || missing === group.length) return device;
    const others = group.filter(({ spec }) => spec.health?.state !== 'Broken');
    // The last ones, as long as nobody knows better.
    const order = [...broken, ...others.toReversed()];
    const allocatable = order.indexOf(device) >= missing;
    return { ...device, spec: { ...device.spec, allocatable } };
  });
}

const isLeased = ({ status }: IODevice): boolean => status?.lease !== undefined;

/** A device that is gone while it is leased stays, so that its lease can see what became of it. */
function unusable({ metadata, spec }: IODevice, since: string): readonly DeviceFacts[] {
  if (spec.health !== undefined && isVanished(spec.health)) return [];
  const node = { ...spec.node, ready: false };
  const message = `Node ${spec.node.name} does not have the device any more.`;
  const health: DeviceHealth = { state: 'Broken', reason: 'DeviceMissing', message, since };
  return [{ name: metadata.name, spec: { ...spec, allocatable: false, node, health } }];
}

/** It is no longer among what its node has; a GPU that the driver lost tells of the boot then. */
const isVanished = ({ reason, boot }: DeviceHealth): boolean =>
  reason === 'DeviceMissing' && boot === undefined;
