import type { Asset } from '../ledger/types.ts';
import { compareText } from '../order.ts';
import type { UsageLine } from './types.ts';

/** What an IOCluster used of one model in one epoch; corrections of earlier epochs are in it. */
export type ClusterUsageItem = Readonly<{
  epoch: number;
  startSeconds: number;
  deviceSeconds: bigint;
  model: string;
  /** What the renter paid, with fees. */
  amount: bigint;
  asset: Asset;
}>;

/** What an IOCluster used lately, and what all of its leases cost so far. */
export type ClusterUsage = Readonly<{
  /** Newest first. */
  items: readonly ClusterUsageItem[];
  total: readonly Readonly<{ asset: Asset; amount: bigint }>[];
}>;

/** Lines of all leases of a cluster, added up by epoch, model and asset; the newest epoch first. */
export function clusterUsageItems(lines: readonly UsageLine[]): readonly ClusterUsageItem[] {
  const items = new Map<string, ClusterUsageItem>();
  for (const { epoch, startSeconds, model, asset, seconds, charge } of lines) {
    const key = `${epoch} ${model} ${asset}`;
    const { deviceSeconds, amount } = items.get(key) ?? { deviceSeconds: 0n, amount: 0n };
    items.set(key, {
      ...{ epoch, startSeconds, model, asset },
      deviceSeconds: deviceSeconds + seconds,
      amount: amount + charge.total,
    });
  }
  return [...items.values()].toSorted(
    (a, b) => b.epoch - a.epoch || compareText(`${a.model} ${a.asset}`, `${b.model} ${b.asset}`),
  );
}
