import { compareText, lowerBound } from '../order.ts';
import { flavorOf } from './flavor.ts';
import { FlavorPool } from './flavor-pool.ts';
import { deviceKey, productOf } from './types.ts';
import type {
  DeviceKey,
  Flavor,
  FreeDevice,
  InventoryDevice,
  InventoryMember,
  MemberView,
  Offer,
  ProductCounts,
} from './types.ts';

type Entry = {
  device: InventoryDevice;
  handle: FreeDevice;
  held: boolean;
  /** Where the device is counted as rentable; undefined while it is not. */
  pool: FlavorPool | undefined;
};

type MutableCounts = { -readonly [Key in keyof ProductCounts]: ProductCounts[Key] };

/** A member's devices by flavor and product. The inventory alone writes to it. */
export class MemberPool implements MemberView {
  facts: InventoryMember;
  /** False while only devices of the member are known. */
  known = false;
  readonly flavors: FlavorPool[] = [];
  readonly #entries = new Map<DeviceKey, Entry>();
  readonly #products = new Map<string, MutableCounts>();
  #offers = new Map<string, Offer>();

  constructor(name: string) {
    this.facts = unknownMember(name);
  }

  get size(): number {
    return this.#entries.size;
  }

  device(key: DeviceKey): InventoryDevice | undefined {
    return this.#entries.get(key)?.device;
  }

  offerOf(key: DeviceKey): Offer | undefined {
    const device = this.#entries.get(key)?.device;
    return device === undefined ? undefined : this.#price(device);
  }

  /** Is the device in the free list of a flavor? */
  isFree(key: DeviceKey): boolean {
    const entry = this.#entries.get(key);
    return entry?.pool !== undefined && !entry.held;
  }

  products(): readonly ProductCounts[] {
    return [...this.#products.values()].toSorted((left, right) =>
      compareText(left.product, right.product),
    );
  }

  product(name: string): ProductCounts | undefined {
    return this.#products.get(name);
  }

  /** Takes the member's facts, or forgets them; a changed offer moves the devices it prices. */
  setFacts(facts: InventoryMember | undefined): void {
    this.known = facts !== undefined;
    this.facts = facts ?? unknownMember(this.facts.name);
    const before = this.#offers;
    this.#offers = new Map(this.facts.offers.map((offer) => [offer.model, offer]));
    for (const entry of this.#entries.values()) {
      const product = productOf(entry.device.model, entry.device.migProfile);
      if (sameOffer(before.get(product), this.#offers.get(product))) continue;
      this.#uncount(entry);
      this.#count(entry);
    }
  }

  set(device: InventoryDevice, held: boolean): void {
    const key = deviceKey(device.member, device.name);
    this.delete(key);
    const handle = { key, name: device.name, index: device.index };
    const entry: Entry = { device, handle, held, pool: undefined };
    this.#entries.set(key, entry);
    this.#count(entry);
  }

  delete(key: DeviceKey): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#uncount(entry);
    this.#entries.delete(key);
  }

  setHeld(key: DeviceKey, held: boolean): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.held === held) return;
    this.#addToProduct(entry, -1);
    entry.held = held;
    entry.pool?.setHeld(entry.handle, entry.device.node, held);
    this.#addToProduct(entry, 1);
  }

  #count(entry: Entry): void {
    const { device } = entry;
    const offer = this.#price(device);
    if (isRentable(device) && offer !== undefined) {
      entry.pool = this.#pool(flavorOf(device, offer));
      entry.pool.add(entry.handle, device, entry.held);
    }
    this.#addToProduct(entry, 1);
  }

  #price(device: InventoryDevice): Offer | undefined {
    return device.offer ?? this.#offers.get(productOf(device.model, device.migProfile));
  }

  #uncount(entry: Entry): void {
    this.#addToProduct(entry, -1);
    if (entry.pool === undefined) return;
    entry.pool.remove(entry.handle, entry.device.node, entry.held);
    if (entry.pool.total === 0) {
      this.flavors.splice(this.flavors.indexOf(entry.pool), 1);
    }
    entry.pool = undefined;
  }

  #pool(flavor: Flavor): FlavorPool {
    const at = lowerBound(this.flavors, { flavor }, comparePools);
    const found = this.flavors[at];
    if (found?.flavor.key === flavor.key) return found;
    const pool = new FlavorPool(flavor);
    this.flavors.splice(at, 0, pool);
    return pool;
  }

  #addToProduct(entry: Entry, sign: 1 | -1): void {
    const { model, migProfile, verified } = entry.device;
    const product = productOf(model, migProfile);
    let counts = this.#products.get(product);
    if (counts === undefined) {
      counts = { product, model, devices: 0, verified: 0, leased: 0, free: 0 };
      if (migProfile !== undefined) counts.migProfile = migProfile;
      this.#products.set(product, counts);
    }
    counts.devices += sign;
    if (verified) counts.verified += sign;
    if (entry.held) counts.leased += sign;
    if (entry.pool !== undefined && !entry.held) counts.free += sign;
    if (entry.device.broken === true) {
      counts.broken = (counts.broken ?? 0) + sign;
      if (counts.broken === 0) delete counts.broken;
    }
    if (counts.devices === 0) this.#products.delete(product);
  }
}

function isRentable(device: InventoryDevice): boolean {
  return device.model !== '' && device.verified && device.healthy && device.allocatable;
}

function comparePools(
  left: Readonly<{ flavor: Readonly<{ key: string }> }>,
  right: Readonly<{ flavor: Readonly<{ key: string }> }>,
): number {
  return compareText(left.flavor.key, right.flavor.key);
}

function sameOffer(left: Offer | undefined, right: Offer | undefined): boolean {
  return (
    left?.onDemandMicroUsdPerHour === right?.onDemandMicroUsdPerHour &&
    left?.spotMicroUsdPerHour === right?.spotMicroUsdPerHour
  );
}

function unknownMember(name: string): InventoryMember {
  return { name, schedulable: false, country: '', certifications: [], offers: [] };
}
