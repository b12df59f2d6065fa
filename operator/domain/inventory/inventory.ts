import { compareText, lowerBound } from '../order.ts';
import { sameFacts } from '../same-facts.ts';
import { HoldBook } from './hold-book.ts';
import { MemberPool } from './member-pool.ts';
import { deviceKey } from './types.ts';
import type {
  DeviceKey,
  HoldResult,
  InventoryDevice,
  InventoryMember,
  InventoryView,
  MemberView,
  Offer,
} from './types.ts';

/**
 * All devices of all members, indexed for placement: by member, flavor and node, and by how many
 * are free. Every operation costs what it changes, not what there is. It reads no clock and does
 * no I/O: the same operations in the same order give the same index, and any order that ends in
 * the same facts gives the same free devices.
 */
export class Inventory implements InventoryView {
  readonly #pools = new Map<string, MemberPool>();
  readonly #members: MemberPool[] = [];
  readonly #holds: HoldBook;
  #version = 0;
  #openings = 0;

  constructor() {
    this.#holds = new HoldBook((key, held) => {
      this.#pools.get(memberOf(key))?.setHeld(key, held);
      this.#version += 1;
      if (!held) this.#openings += 1;
    });
  }

  get version(): number {
    return this.#version;
  }

  get openings(): number {
    return this.#openings;
  }

  get members(): readonly MemberView[] {
    return this.#members;
  }

  member(name: string): MemberView | undefined {
    const pool = this.#pools.get(name);
    return pool?.known === true ? pool : undefined;
  }

  device(key: DeviceKey): InventoryDevice | undefined {
    return this.#pools.get(memberOf(key))?.device(key);
  }

  offerOf(key: DeviceKey): Offer | undefined {
    return this.#pools.get(memberOf(key))?.offerOf(key);
  }

  /** Adds or replaces a member; the same facts again change nothing. */
  upsertMember(member: InventoryMember): void {
    const pool = this.#pool(member.name);
    if (pool.known && sameFacts(pool.facts, member)) return;
    if (!pool.known) this.#members.splice(this.#position(member.name), 0, pool);
    pool.setFacts(member);
    this.#version += 1;
    this.#openings += 1;
  }

  /** Forgets a member. Its devices stay known, for a member that comes back. */
  removeMember(name: string): void {
    const pool = this.#pools.get(name);
    if (pool?.known !== true) return;
    this.#members.splice(this.#position(name), 1);
    pool.setFacts(undefined);
    if (pool.size === 0) this.#pools.delete(name);
    this.#version += 1;
  }

  /** Adds or replaces a device; the same facts again change nothing. */
  upsertDevice(device: InventoryDevice): void {
    const key = deviceKey(device.member, device.name);
    const pool = this.#pool(device.member);
    const before = pool.device(key);
    if (before !== undefined && sameFacts(before, device)) return;
    pool.set(device, this.#holds.holderOf(key) !== undefined);
    this.#version += 1;
    if (pool.isFree(key)) this.#openings += 1;
  }

  removeDevice(key: DeviceKey): void {
    const pool = this.#pools.get(memberOf(key));
    if (pool?.device(key) === undefined) return;
    pool.delete(key);
    if (pool.size === 0 && !pool.known) this.#pools.delete(memberOf(key));
    this.#version += 1;
  }

  /** See HoldBook.assume: before the write; all or none. */
  assume(lease: string, devices: Iterable<DeviceKey>): HoldResult {
    return this.#holds.assume(lease, devices);
  }

  /** See HoldBook.withdraw: the write failed. */
  withdraw(lease: string): void {
    this.#holds.withdraw(lease);
  }

  /** See HoldBook.observe: what the placement really has, from the API server. */
  observe(lease: string, devices: Iterable<DeviceKey>, generation: number): HoldResult {
    return this.#holds.observe(lease, devices, generation);
  }

  /** The placement is gone. */
  release(lease: string): void {
    this.#holds.release(lease);
  }

  holderOf(device: DeviceKey): string | undefined {
    return this.#holds.holderOf(device);
  }

  /** Devices of a lease, ascending; empty for a lease that holds nothing. */
  devicesOf(lease: string): readonly DeviceKey[] {
    return this.#holds.devicesOf(lease);
  }

  get leases(): Iterable<string> {
    return this.#holds.leases;
  }

  /** Devices that more than one placement claims. */
  contested(): ReturnType<HoldBook['contested']> {
    return this.#holds.contested();
  }

  #pool(name: string): MemberPool {
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = new MemberPool(name);
      this.#pools.set(name, pool);
    }
    return pool;
  }

  #position(name: string): number {
    return lowerBound<Readonly<{ facts: Readonly<{ name: string }> }>>(
      this.#members,
      { facts: { name } },
      (left, right) => compareText(left.facts.name, right.facts.name),
    );
  }
}

function memberOf(key: DeviceKey): string {
  return key.slice(0, key.indexOf('/'));
}
