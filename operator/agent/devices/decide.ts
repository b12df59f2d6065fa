import type { IODevice, IOMember } from '../../../crds/schema/index.ts';
import { type DeviceFacts, devicesOfNode } from '../../domain/devices/from-node.ts';
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
  /** IODevices of a node of this name. */
  known: readonly IODevice[];
  /** Ids of its whole GPUs by their number, as far as they are known. */
  uuids: ReadonlyMap<number, string>;
  table: ModelTable;
  hash: Hash;
}>;

/** IODevices to apply and to delete so that the hub knows what the node has. */
export type Decision = Readonly<{
  apply: readonly DeviceFacts[];
  remove: readonly IODevice[];
  problems: readonly InventoryProblem[];
}>;

export function decide(observed: Observed): Decision {
  const { member, node, known, uuids, table, hash } = observed;
  const inventory =
    node === undefined
      ? { kind: 'Devices' as const, devices: [], problems: [] }
      : devicesOfNode(node, { member: member.metadata.name, table, sha256Hex: hash });
  if (inventory.kind === 'Refused') return { apply: [], remove: [], problems: inventory.problems };
  const before = new Map(known.map((device) => [device.metadata.name, device]));
  const claimed = new Set(known.flatMap(({ spec }) => spec.uuid ?? []));
  const free = new Map([...uuids].filter(([, uuid]) => !claimed.has(uuid)));
  const wanted = inventory.devices.map((device) =>
    identified(priced(device, member, table), before.get(device.name), free),
  );
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
    apply: [...changed, ...vanished.filter(isLeased).flatMap(unusable)],
    // What was exchanged is made anew once it is gone: the id of a device does not change.
    remove: [...vanished.filter((device) => !isLeased(device)), ...exchanged],
    problems: inventory.problems,
  };
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

const isLeased = ({ status }: IODevice): boolean => status?.lease !== undefined;

/** A device that is gone while it is leased stays, so that its lease can see what became of it. */
function unusable({ metadata, spec }: IODevice): readonly DeviceFacts[] {
  if (!spec.node.ready && !spec.allocatable) return [];
  return [
    {
      name: metadata.name,
      spec: { ...spec, allocatable: false, node: { ...spec.node, ready: false } },
    },
  ];
}
