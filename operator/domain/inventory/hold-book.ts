import { compareText } from '../order.ts';
import type { DeviceKey, HoldConflict, HoldResult } from './types.ts';

type LeaseHold = {
  /** Wanted by a write that is under way; gone once an observation covers it. */
  assumed: ReadonlySet<DeviceKey> | undefined;
  observed: ReadonlySet<DeviceKey>;
  /** Generation of the placement that was observed last; 0 before the first. */
  generation: number;
};

/** What the caller does for a device that became held or free. */
export type HeldChange = (device: DeviceKey, held: boolean) => void;

const nothing: ReadonlySet<DeviceKey> = new Set();

/**
 * Which lease holds which devices. A lease holds what was observed in its placement together with
 * what is assumed of a write under way: a device is free only when nobody may be using it.
 */
export class HoldBook {
  readonly #leases = new Map<string, LeaseHold>();
  /** The first lease of a device has it; others wait behind (only observations can put them there). */
  readonly #holders = new Map<DeviceKey, string[]>();
  readonly #onChange: HeldChange;

  constructor(onChange: HeldChange) {
    this.#onChange = onChange;
  }

  /** The lease that has the device. */
  holderOf(device: DeviceKey): string | undefined {
    return this.#holders.get(device)?.[0];
  }

  /** Devices of a lease, ascending. */
  devicesOf(lease: string): readonly DeviceKey[] {
    const hold = this.#leases.get(lease);
    return hold === undefined ? [] : [...union(hold)].toSorted(compareText);
  }

  get leases(): Iterable<string> {
    return this.#leases.keys();
  }

  /** Devices that more than one lease has by observation: someone must resolve these. */
  contested(): readonly Readonly<{ device: DeviceKey; leases: readonly string[] }>[] {
    const found: Readonly<{ device: DeviceKey; leases: readonly string[] }>[] = [];
    for (const [device, leases] of this.#holders) {
      if (leases.length > 1) found.push({ device, leases: [...leases] });
    }
    return found.toSorted((left, right) => compareText(left.device, right.device));
  }

  /**
   * Holds `devices` for a write that is about to be made; replaces the lease's earlier assumption.
   * Takes all of them or, when another lease has one, none.
   */
  assume(lease: string, devices: Iterable<DeviceKey>): HoldResult {
    const wanted = new Set(devices);
    const conflicts = this.#conflicts(lease, wanted);
    if (conflicts.length > 0) return { kind: 'Conflict', conflicts };
    const before = this.#leases.get(lease);
    const observed = before?.observed ?? nothing;
    this.#replace(lease, { assumed: wanted, observed, generation: before?.generation ?? 0 });
    return { kind: 'Held' };
  }

  /** The write did not happen: the lease falls back to what was observed of it. */
  withdraw(lease: string): void {
    const hold = this.#leases.get(lease);
    if (hold?.assumed === undefined) return;
    this.#replace(lease, { ...hold, assumed: undefined });
  }

  /**
   * The placement of `lease` has `devices` at `generation` (metadata.generation, from an informer
   * or from the answer to a write). Older news than already known changes nothing. An assumption
   * that the observation covers is confirmed by it.
   */
  observe(lease: string, devices: Iterable<DeviceKey>, generation: number): HoldResult {
    const before = this.#leases.get(lease);
    const known = before?.generation ?? 0;
    if (generation < known) return { kind: 'Held' };
    const observed = new Set(devices);
    const conflicts = this.#conflicts(lease, observed);
    const assumed = before?.assumed;
    const open = assumed !== undefined && !covers(observed, assumed) ? assumed : undefined;
    this.#replace(lease, { assumed: open, observed, generation });
    return conflicts.length > 0 ? { kind: 'Conflict', conflicts } : { kind: 'Held' };
  }

  /** The lease is over; everything it held is free or goes to who waits behind. */
  release(lease: string): void {
    if (!this.#leases.has(lease)) return;
    this.#replace(lease, { assumed: undefined, observed: nothing, generation: 0 });
    this.#leases.delete(lease);
  }

  #conflicts(lease: string, devices: ReadonlySet<DeviceKey>): HoldConflict[] {
    const conflicts: HoldConflict[] = [];
    for (const device of devices) {
      const other = this.#holders.get(device)?.find((holder) => holder !== lease);
      if (other !== undefined) conflicts.push({ device, lease: other });
    }
    return conflicts.toSorted((left, right) => compareText(left.device, right.device));
  }

  #replace(lease: string, hold: LeaseHold): void {
    const before = this.#leases.get(lease);
    const had = before === undefined ? nothing : union(before);
    const has = union(hold);
    if (has.size === 0 && hold.generation === 0) this.#leases.delete(lease);
    else this.#leases.set(lease, hold);
    for (const device of had) if (!has.has(device)) this.#leave(lease, device);
    for (const device of has) if (!had.has(device)) this.#join(lease, device);
  }

  #join(lease: string, device: DeviceKey): void {
    const holders = this.#holders.get(device);
    if (holders !== undefined) {
      holders.push(lease);
      return;
    }
    this.#holders.set(device, [lease]);
    this.#onChange(device, true);
  }

  #leave(lease: string, device: DeviceKey): void {
    const holders = this.#holders.get(device);
    if (holders === undefined) return;
    const left = holders.filter((holder) => holder !== lease);
    if (left.length > 0) {
      this.#holders.set(device, left);
      return;
    }
    this.#holders.delete(device);
    this.#onChange(device, false);
  }
}

function union(hold: LeaseHold): ReadonlySet<DeviceKey> {
  return hold.assumed === undefined ? hold.observed : new Set([...hold.observed, ...hold.assumed]);
}

function covers(whole: ReadonlySet<DeviceKey>, part: ReadonlySet<DeviceKey>): boolean {
  for (const device of part) if (!whole.has(device)) return false;
  return true;
}
