import { compareText, insertSorted } from '../order.ts';
import type { FlavorPoolView, FreeDevice } from '../inventory/types.ts';
import type { GroupPlan, PackPlan } from './pack.ts';
import type { PlacedDevice, PlacedGroup, PlacedWorker } from './types.ts';
import type { Zone } from './zones.ts';

/**
 * Gives every worker of a plan its devices: on the tightest node that fits, of equal ones on the
 * first by name, and there the devices with the lowest index. The plan says that there is room.
 */
export function assign(plan: PackPlan): readonly PlacedGroup[] {
  const shelves = new Map<FlavorPoolView, Shelf>();
  const placed = new Map<GroupPlan, PlacedGroup>();
  const bySize = plan.groups.toSorted(
    (left, right) =>
      right.group.devicesPerWorker - left.group.devicesPerWorker ||
      compareText(left.group.name, right.group.name),
  );
  for (const groupPlan of bySize) {
    const workers: PlacedWorker[] = [];
    for (const { from, workers: count } of groupPlan.shares) {
      const shelf = shelves.get(from.pool) ?? new Shelf(from.pool, plan.zone);
      shelves.set(from.pool, shelf);
      for (let taken = 0; taken < count; taken += 1) {
        workers.push(shelf.take(groupPlan.group.devicesPerWorker, from.price));
      }
    }
    const { group, model, resourceName } = groupPlan;
    const { name, devicesPerWorker } = group;
    placed.set(groupPlan, { name, devicesPerWorker, model, resourceName, workers });
  }
  return plan.groups.flatMap((groupPlan) => placed.get(groupPlan) ?? []);
}

/** A pool's free devices while they are being handed out. */
class Shelf {
  readonly #pool: FlavorPoolView;
  /** `[n]`: names of nodes with n devices left, ascending; lists are copied before a change. */
  readonly #nodesByFree: string[][];
  readonly #taken = new Map<string, number>();

  constructor(pool: FlavorPoolView, zone: Zone) {
    const { nodes } = zone;
    this.#pool = pool;
    this.#nodesByFree = pool.nodesByFree.map((names) =>
      nodes === undefined ? [...names] : names.filter((name) => nodes.has(name)),
    );
  }

  take(size: number, price: bigint): PlacedWorker {
    for (let free = size; free < this.#nodesByFree.length; free += 1) {
      const node = this.#nodesByFree[free]?.shift();
      if (node === undefined) continue;
      insertSorted(this.#nodesByFree[free - size] as string[], node, compareText);
      const from = this.#taken.get(node) ?? 0;
      this.#taken.set(node, from + size);
      const devices = this.#pool.nodes.get(node)?.free.slice(from, from + size) ?? [];
      return { node, devices: devices.map((device) => this.#placed(device, node, price)) };
    }
    throw new Error(
      `no node of flavor ${this.#pool.flavor.key} has ${size} free devices left: ` +
        'the plan was made for another state of the inventory',
    );
  }

  #placed(device: FreeDevice, node: string, price: bigint): PlacedDevice {
    return { key: device.key, name: device.name, node, priceMicroUsdPerHour: price };
  }
}
