import { compareText, insertSorted, removeSorted } from '../order.ts';
import type {
  DeviceKey,
  Flavor,
  FlavorPoolView,
  FreeDevice,
  InventoryDevice,
  NodePoolView,
} from './types.ts';

/** A flavor's rentable devices on one node. */
class NodePool implements NodePoolView {
  readonly node: string;
  readonly free: FreeDevice[] = [];
  readonly #domains = new Map<DeviceKey, string | undefined>();
  #domain: string | undefined;

  constructor(node: string) {
    this.node = node;
  }

  get total(): number {
    return this.#domains.size;
  }

  get nvlinkDomain(): string | undefined {
    return this.#domain;
  }

  add(key: DeviceKey, domain: string | undefined): void {
    this.#domains.set(key, domain);
    this.#domain = this.#commonDomain();
  }

  remove(key: DeviceKey): void {
    this.#domains.delete(key);
    this.#domain = this.#commonDomain();
  }

  /** Devices of one node that name different domains cannot be promised NVLink. */
  #commonDomain(): string | undefined {
    const [first, ...others] = this.#domains.values();
    return others.every((domain) => domain === first) ? first : undefined;
  }
}

/** A flavor's rentable devices on one member, by node and by how many are free there. */
export class FlavorPool implements FlavorPoolView {
  readonly flavor: Flavor;
  readonly nodes = new Map<string, NodePool>();
  readonly nodesByFree: string[][] = [];
  total = 0;
  free = 0;

  constructor(flavor: Flavor) {
    this.flavor = flavor;
  }

  /** Counts a rentable device; `held` ones are not free. `handle` is the same at every call. */
  add(handle: FreeDevice, device: InventoryDevice, held: boolean): void {
    let pool = this.nodes.get(device.node);
    if (pool === undefined) {
      pool = new NodePool(device.node);
      this.nodes.set(device.node, pool);
      this.#bucket(0, device.node);
    }
    pool.add(handle.key, device.nvlinkDomain);
    this.total += 1;
    if (!held) this.setHeld(handle, device.node, false);
  }

  /** Forgets a device that `add` counted; `held` is what it was last. */
  remove(handle: FreeDevice, node: string, held: boolean): void {
    const pool = this.nodes.get(node);
    if (pool === undefined) return;
    if (!held) this.setHeld(handle, node, true);
    pool.remove(handle.key);
    this.total -= 1;
    if (pool.total > 0) return;
    this.nodes.delete(node);
    this.#unbucket(0, node);
  }

  /** Moves a counted device between free and held. */
  setHeld(handle: FreeDevice, node: string, held: boolean): void {
    const pool = this.nodes.get(node);
    if (pool === undefined) return;
    const before = pool.free.length;
    if (held) removeSorted(pool.free, handle, compareDevices);
    else insertSorted(pool.free, handle, compareDevices);
    const after = pool.free.length;
    if (after === before) return;
    this.#unbucket(before, node);
    this.#bucket(after, node);
    this.free += after - before;
  }

  #bucket(free: number, node: string): void {
    while (this.nodesByFree.length <= free) this.nodesByFree.push([]);
    insertSorted(this.nodesByFree[free] as string[], node, compareText);
  }

  #unbucket(free: number, node: string): void {
    const bucket = this.nodesByFree[free];
    if (bucket !== undefined) removeSorted(bucket, node, compareText);
    while (this.nodesByFree.length > 0 && this.nodesByFree.at(-1)?.length === 0) {
      this.nodesByFree.pop();
    }
  }
}

/** By index, then name. */
export function compareDevices(left: FreeDevice, right: FreeDevice): number {
  return left.index - right.index || compareText(left.name, right.name);
}
