import type { AccountKey } from '../ledger/types.ts';
import type { CountedClass } from './classify.ts';
import { flag, ineligibilities, multiplierOf } from './eligibility.ts';
import type { ClassifiedMember, DeviceClass, RewardedClass, RewardRules } from './types.ts';

const wholeInBasisPoints = 10_000n;
const wholeInPercent = 100;

/** How an emission is shared. */
export type Sharing = Readonly<{
  classes: readonly RewardedClass[];
  /** What no device was entitled to, and what is left when shares are rounded down. */
  undistributed: bigint;
  devices: number;
  eligible: number;
}>;

/**
 * What a device of a class counts: multiplier in thousandths * minutes it was up in the window *
 * (100, or more when it is leased). 0 for one that is not eligible.
 */
export function scoreOf(device: DeviceClass, rules: RewardRules): bigint {
  if (ineligibilities(device, rules).length > 0) return 0n;
  const leased = (device.flags & flag.leased) !== 0;
  const percent = wholeInPercent + (leased ? rules.leasedBonusPercent : 0);
  return BigInt(multiplierOf(device, rules)) * BigInt(device.upMinutes) * BigInt(percent);
}

/**
 * Shares an emission: each pool gets its basis points, each device of the pool its score's part of
 * that, both rounded down. A pool without an eligible device leaves its part undistributed.
 */
export function share(
  emitted: bigint,
  counted: readonly CountedClass[],
  rules: RewardRules,
): Sharing {
  const scored = counted.map((each) => ({ each, score: scoreOf(each, rules) }));
  const scores = new Map<string, bigint>();
  for (const { each, score } of scored) {
    const pool = poolOf(each, rules);
    if (pool === undefined) continue;
    scores.set(pool, (scores.get(pool) ?? 0n) + score * BigInt(each.devices));
  }
  const parts = new Map(
    rules.pools.map(({ name, basisPoints }) => [
      name,
      (emitted * BigInt(basisPoints)) / wholeInBasisPoints,
    ]),
  );
  const classes = scored.map(({ each, score }): RewardedClass => {
    const pool = poolOf(each, rules) ?? '';
    const all = scores.get(pool) ?? 0n;
    const amount = score === 0n ? 0n : ((parts.get(pool) ?? 0n) * score) / all;
    const { model, sevenths, upMinutes, flags, devices } = each;
    const multiplierMilli = multiplierOf(each, rules);
    return { model, sevenths, upMinutes, flags, multiplierMilli, devices, score, amount };
  });
  return { classes, ...totals(emitted, classes) };
}

function totals(emitted: bigint, classes: readonly RewardedClass[]) {
  let undistributed = emitted;
  let devices = 0;
  let eligible = 0;
  for (const each of classes) {
    undistributed -= each.amount * BigInt(each.devices);
    devices += each.devices;
    if (each.score > 0n) eligible += each.devices;
  }
  return { undistributed, devices, eligible };
}

function poolOf({ model }: DeviceClass, rules: RewardRules): string | undefined {
  return Object.hasOwn(rules.multipliers.models, model)
    ? rules.multipliers.models[model]?.pool
    : undefined;
}

/** What each member's devices get together. */
export function amountOf(
  { classes: numbers }: Pick<ClassifiedMember, 'classes'>,
  classes: readonly Pick<RewardedClass, 'amount'>[],
): bigint {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  let amount = 0n;
  for (const [number, count] of counts) amount += (classes[number]?.amount ?? 0n) * BigInt(count);
  return amount;
}

/** What each supplier gets; none that gets nothing. */
export function supplierAmounts(
  members: readonly Readonly<{ supplier: AccountKey; amount: bigint }>[],
): ReadonlyMap<AccountKey, bigint> {
  const amounts = new Map<AccountKey, bigint>();
  for (const { supplier, amount } of members) {
    if (amount > 0n) amounts.set(supplier, (amounts.get(supplier) ?? 0n) + amount);
  }
  return amounts;
}
