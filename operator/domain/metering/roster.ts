import type { Hash } from '../lease.ts';
import { compareText } from '../order.ts';
import { maxRosterDevices } from './types.ts';

/** The devices of a member in the order in which their bits stand in a heartbeat. */
export type Roster = Readonly<{ names: readonly string[]; hash: string }>;

/** At most `maxRosterDevices`, the first of them by name. */
export function rosterOf(devices: readonly string[], hash: Hash): Roster {
  const names = devices.toSorted(compareText).slice(0, maxRosterDevices);
  return { names, hash: hash(names.map((name) => `${name.length}:${name}`).join('')) };
}

/** A bit for each device, from the lowest of byte 0 on; 1 is up. */
export function upBits({ names }: Roster, isUp: (device: string) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(names.length / 8));
  names.forEach((name, index) => {
    if (isUp(name)) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bits;
}
