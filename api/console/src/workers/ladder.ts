import type { DeviceView } from '../../../../operator/domain/views/types.ts';

/** The rungs that a device climbs before it earns, the first one first. */
export const rungNames = [
  'Identified',
  'Verified',
  'Staked',
  'Healthy',
  'Offered',
  'Leased',
] as const;
export type RungName = (typeof rungNames)[number];

export type Rung = Readonly<{
  name: RungName;
  /**
   * `done`: climbed. `failed`: not climbed, and it is here that something has to be done first.
   * `waiting`: not climbed, but not the first such rung. `open`: nothing is wrong, it waits for a renter.
   * `advised`: it can be rented without, though rewards may need it. `notNeeded`: nobody asks for it.
   * `unknown`: nobody has looked yet.
   */
  state: 'done' | 'failed' | 'waiting' | 'open' | 'advised' | 'notNeeded' | 'unknown';
  reason: string;
  message: string;
  /** Since when it is so; undefined while nobody has looked. */
  since: string | undefined;
}>;

type LadderDevice = Pick<DeviceView, 'conditions' | 'blockedBy' | 'lease'>;

/** All rungs of a device, with the first one that fails told apart from those that depend on it. */
export function ladderOf(device: LadderDevice): readonly Rung[] {
  const at =
    device.blockedBy === undefined ? rungNames.length : rungNames.indexOf(device.blockedBy);
  return rungNames.map((name, place) => {
    const condition = device.conditions.find(({ type }) => type === name);
    if (condition === undefined) {
      return {
        name,
        state: unseen(name, device, place - at),
        reason: '',
        message: '',
        since: undefined,
      };
    }
    const { reason, message, lastTransitionTime: since } = condition;
    return { name, state: stateOf(name, condition, place - at), reason, message, since };
  });
}

/** How far it is, for a bar: climbed rungs of those that are asked for. */
export function progressOf(ladder: readonly Rung[]): Readonly<{ done: number; of: number }> {
  const asked = ladder.filter(({ state }) => state !== 'notNeeded');
  return { done: asked.filter(({ state }) => state === 'done').length, of: asked.length };
}

/** The rung where something has to be done; undefined when the device can be rented, or is. */
export const failingRung = (ladder: readonly Rung[]): Rung | undefined =>
  ladder.find(({ state }) => state === 'failed');

function stateOf(
  name: RungName,
  { status, reason }: Readonly<{ status: string; reason: string }>,
  beyond: number,
): Rung['state'] {
  if (reason === 'StakingDisabled') return 'notNeeded';
  if (status === 'True') return 'done';
  if (beyond === 0) return 'failed';
  if (name === 'Leased') return beyond > 0 ? 'waiting' : 'open';
  // A device without a stake is rented where none is required.
  if (beyond < 0) return status === 'Unknown' ? 'unknown' : 'advised';
  return 'waiting';
}

/** A hub writes no condition of what it does not watch. */
function unseen(name: RungName, device: LadderDevice, beyond: number): Rung['state'] {
  if (beyond === 0) return 'failed';
  if (beyond > 0) return 'waiting';
  if (name === 'Leased') return device.lease === undefined ? 'open' : 'done';
  return name === 'Staked' ? 'notNeeded' : 'unknown';
}
