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
  const { member, node, known, table, hash } = observed;
  const inventory =
    node === undefined
      ? { kind: 'Devices' as const, devices: [], problems: [] }
      : devicesOfNode(node, { member: member.metadata.name, table, sha256Hex: hash });
  if (inventory.kind === 'Refused') return { apply: [], remove: [], problems: inventory.problems };
  const wanted = inventory.devices.map((device) => priced(device, member, table));
  const names = new Set(wanted.map(({ name }) => name));
  const vanished = known.filter(({ metadata }) => !names.has(metadata.name));
  const changed = wanted.filter((device) => {
    const before = known.find(({ metadata }) => metadata.name === device.name);
    return before === undefined || !sameFacts(before.spec, device.spec);
  });
  return {
    apply: [...changed, ...vanished.filter(isLeased).flatMap(unusable)],
    remove: vanished.filter((device) => !isLeased(device)),
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
