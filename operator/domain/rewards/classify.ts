import { compareText } from '../order.ts';
import { flagsOf, seventhsOf } from './eligibility.ts';
import type { ClassifiedMember, DeviceClass, DeviceFacts, RewardRules } from './types.ts';

/** A class and how many devices are in it. */
export type CountedClass = DeviceClass & Readonly<{ devices: number }>;

/** All devices by class: what they are rewarded by, in an order that does not depend on theirs. */
export type Classified = Readonly<{
  classes: readonly CountedClass[];
  /** Ascending by member and supplier. */
  members: readonly ClassifiedMember[];
}>;

/**
 * Puts devices that nothing tells apart into one class. A device that is named twice is a mistake.
 * @param upMinutesOf minutes of the window in which a device was up
 */
export function classify(
  facts: readonly DeviceFacts[],
  upMinutesOf: (device: DeviceFacts) => number,
  rules: RewardRules,
): Classified {
  const index = new ClassIndex();
  const members = groupsOf(facts).map((devices) => {
    const numbers = Uint32Array.from(devices, (device) => {
      const upMinutes = upMinutesOf(device);
      return index.add({
        model: device.model ?? '',
        sevenths: seventhsOf(device.migProfile),
        upMinutes,
        flags: flagsOf(device, upMinutes, rules),
      });
    });
    const { member = '', supplier = '' } = devices[0] ?? {};
    return { member, supplier, devices: devices.map(({ name }) => name), classes: numbers };
  });
  const { classes, renumbered } = index.sorted();
  for (const member of members) {
    member.classes.forEach((number, at) => {
      member.classes[at] = renumbered[number] ?? 0;
    });
  }
  return { classes, members };
}

/** Devices of one member and supplier each, all in order. */
function groupsOf(facts: readonly DeviceFacts[]): readonly (readonly DeviceFacts[])[] {
  const groups = new Map<string, DeviceFacts[]>();
  for (const device of facts) {
    // A member's name is a DNS label, so the space ends it.
    const key = `${device.member} ${device.supplier ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [device]);
    else group.push(device);
  }
  const seen = new Set<string>();
  let member: string | undefined;
  return [...groups]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, devices]) => {
      if (devices[0]?.member !== member) seen.clear();
      member = devices[0]?.member;
      for (const { name } of devices) {
        if (seen.has(name)) throw new Error(`device ${name} of member ${member} is named twice`);
        seen.add(name);
      }
      return devices.toSorted((a, b) => compareText(a.name, b.name));
    });
}

class ClassIndex {
  readonly #numbers = new Map<string, number>();
  readonly #classes: (DeviceClass & { devices: number })[] = [];

  /** The number of a class, in the order of arrival. */
  add(device: DeviceClass): number {
    const key = `${device.sevenths} ${device.upMinutes} ${device.flags} ${device.model}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#classes.length;
      this.#numbers.set(key, number);
      this.#classes.push({ ...device, devices: 0 });
    }
    (this.#classes[number] as { devices: number }).devices += 1;
    return number;
  }

  /** The classes in their own order, and the new number of each old one. */
  sorted(): { classes: readonly CountedClass[]; renumbered: Uint32Array } {
    const order = this.#classes
      .map((device, number) => ({ device, number }))
      .toSorted((a, b) => compareClasses(a.device, b.device));
    const renumbered = new Uint32Array(order.length);
    order.forEach(({ number }, at) => {
      renumbered[number] = at;
    });
    return { classes: order.map(({ device }) => device), renumbered };
  }
}

/** By model, size, uptime and flags. */
function compareClasses(a: DeviceClass, b: DeviceClass): number {
  return (
    compareText(a.model, b.model) ||
    a.sevenths - b.sevenths ||
    a.upMinutes - b.upMinutes ||
    a.flags - b.flags
  );
}
