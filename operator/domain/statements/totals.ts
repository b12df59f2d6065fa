import type { Asset } from '../ledger/types.ts';
import { compareText } from '../order.ts';
import { toMicroUsd } from '../pricing/assets.ts';
import type { RewardLine, Statement, UsageLine } from './types.ts';

/** Lines that differ by epoch only, added up. */
export type UsageTotal = Readonly<{
  cluster: string;
  member: string;
  model: string;
  asset: Asset;
  ratePerHour: bigint | undefined;
  seconds: bigint;
  usage: bigint;
  renterFee: bigint;
  supplierFee: bigint;
  rounding: bigint;
  total: bigint;
}>;

/** Lines by cluster, model, price and asset; corrections are in it. */
export function usageTotals(lines: readonly UsageLine[]): readonly UsageTotal[] {
  const totals = new Map<string, UsageTotal>();
  for (const { cluster, member, model, asset, ratePerHour, seconds, charge } of lines) {
    const key = [cluster, member, model, ratePerHour ?? '', asset].join(' ');
    const { usage, renterFee, supplierFee, rounding, total } = totals.get(key) ?? nothing;
    totals.set(key, {
      cluster,
      member,
      model,
      asset,
      ratePerHour,
      seconds: (totals.get(key)?.seconds ?? 0n) + seconds,
      usage: usage + charge.usage,
      renterFee: renterFee + charge.renterFee,
      supplierFee: supplierFee + charge.supplierFee,
      rounding: rounding + charge.rounding,
      total: total + charge.total,
    });
  }
  return [...totals].toSorted(([a], [b]) => compareText(a, b)).map(([, total]) => total);
}

const nothing = { usage: 0n, renterFee: 0n, supplierFee: 0n, rounding: 0n, total: 0n };

/** What all lines come to in each asset: what the renter pays, and what the supplier keeps. */
export function sumsByAsset(
  lines: readonly UsageLine[],
): readonly Readonly<{ asset: Asset; paid: bigint; earned: bigint; seconds: bigint }>[] {
  const assets = [...new Set(lines.map(({ asset }) => asset))].toSorted(compareText);
  return assets.map((asset) => {
    let [paid, earned, seconds] = [0n, 0n, 0n];
    for (const line of lines) {
      if (line.asset !== asset) continue;
      paid += line.charge.total;
      earned += line.charge.usage - line.charge.supplierFee;
      seconds += line.seconds;
    }
    return { asset, paid, earned, seconds };
  });
}

/** What a reward was worth in micro-USD when it was received; undefined without a price. */
export function fairValue({ amount, ioPrice }: RewardLine): bigint | undefined {
  return toMicroUsd(amount, 'IO', ioPrice);
}

/** Rewards and their value; `unpriced` is what of them had no price. */
export function rewardTotals({ rewards }: Pick<Statement, 'rewards'>) {
  let [amount, microUsd, unpriced] = [0n, 0n, 0n];
  for (const reward of rewards) {
    const value = fairValue(reward);
    amount += reward.amount;
    if (value === undefined) unpriced += reward.amount;
    else microUsd += value;
  }
  return { amount, microUsd, unpriced };
}
