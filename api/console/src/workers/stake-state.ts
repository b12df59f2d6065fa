import type { DeviceView } from '../../../../operator/domain/views/types.ts';
import { compareDecimals, isZero, subtractDecimals } from '../id/decimal.ts';

/** What can be done about the stake of a device now, and what it comes to. */
export type StakeState = Readonly<{
  kind: 'Unknown' | 'None' | 'TooSmall' | 'Enough' | 'CoolingDown' | 'Withdrawable';
  /** What is still missing of what the device needs; "0" when nothing is. */
  missing: string;
  may: Readonly<{ stake: boolean; unstake: boolean; withdraw: boolean }>;
}>;

const nothing = { stake: false, unstake: false, withdraw: false };

export function stakeState(stake: DeviceView['stake'], nowMs: number): StakeState {
  if (stake === undefined) return { kind: 'Unknown', missing: '0', may: nothing };
  const { amount, required, escrowed, unlockTime } = stake;
  const empty = isZero(amount) && isZero(escrowed);
  // What was withdrawn cools down no more.
  if (unlockTime !== undefined && !empty) {
    const unlocked = nowMs >= Date.parse(unlockTime);
    const may = { ...nothing, withdraw: unlocked && !isZero(amount) };
    return { kind: unlocked ? 'Withdrawable' : 'CoolingDown', missing: '0', may };
  }
  const enough = compareDecimals(amount, required) >= 0;
  const missing = enough ? '0' : subtractDecimals(required, amount);
  return {
    kind: enough ? 'Enough' : empty ? 'None' : 'TooSmall',
    missing,
    may: { stake: !enough, unstake: !isZero(amount), withdraw: false },
  };
}

/** Of the program: how long a stake that was asked back stays. */
const cooldownMs = 14 * 86_400_000;

/** How much of the cooldown is over, from 0 to 1; undefined when `unlockTime` is no instant. */
export function cooldownDone(unlockTime: string, nowMs: number): number | undefined {
  const endMs = Date.parse(unlockTime);
  if (Number.isNaN(endMs)) return undefined;
  return Math.min(1, Math.max(0, 1 - (endMs - nowMs) / cooldownMs));
}
