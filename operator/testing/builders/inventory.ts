import { deviceKey } from '../../domain/inventory/types.ts';
import type { DeviceKey, InventoryDevice, InventoryMember } from '../../domain/inventory/types.ts';
import { Inventory } from '../../domain/inventory/inventory.ts';

/** A rentable H100 on member `fra-1`, node `gpu-0`, at 2.50 $/h; say only what matters. */
export function buildDevice(facts: Partial<InventoryDevice> = {}): InventoryDevice {
  const node = facts.node ?? 'gpu-0';
  const index = facts.index ?? 0;
  return {
    member: 'fra-1',
    name: `${node}-gpu-${index}`,
    node,
    index,
    model: 'H100-80GB-HBM3',
    memoryMiB: 81_559,
    resourceName: 'nvidia.com/gpu',
    nvlink: true,
    nvlinkDomain: node,
    confidential: false,
    offer: { onDemandMicroUsdPerHour: 2_500_000n, spotMicroUsdPerHour: 1_000_000n },
    verified: true,
    healthy: true,
    allocatable: true,
    ...facts,
  };
}

/** A schedulable member in Germany without offers of its own. */
export function buildMember(facts: Partial<InventoryMember> = {}): InventoryMember {
  return {
    name: 'fra-1',
    schedulable: true,
    country: 'DE',
    certifications: [],
    offers: [],
    ...facts,
  };
}

export type NodePlan = Readonly<{
  node?: string;
  devices: number;
  facts?: Partial<InventoryDevice>;
}>;

/** An inventory of members with nodes full of devices that `buildDevice` describes. */
export function buildInventory(
  members: readonly Readonly<{ member: InventoryMember; nodes: readonly NodePlan[] }>[],
): Inventory {
  const inventory = new Inventory();
  for (const { member, nodes } of members) {
    inventory.upsertMember(member);
    nodes.forEach((plan, position) => {
      const node = plan.node ?? `${member.name}-node-${position}`;
      for (let index = 0; index < plan.devices; index += 1) {
        inventory.upsertDevice(buildDevice({ ...plan.facts, member: member.name, node, index }));
      }
    });
  }
  return inventory;
}

/** Keys of devices 0..count-1 of a node. */
export function deviceKeys(member: string, node: string, count: number): DeviceKey[] {
  return Array.from({ length: count }, (_, index) => deviceKey(member, `${node}-gpu-${index}`));
}
