import type { AccountKind, Asset, TransferCause } from '../ledger/types.ts';
import { compareText } from '../order.ts';

/** What moved between an account of an owner and accounts of one other kind in a month. */
export type AccountFlow = Readonly<{
  /** `YYYY-MM` in UTC. */
  month: string;
  asset: Asset;
  account: AccountKind;
  /** Kind of the accounts on the other side. */
  other: AccountKind;
  cause: TransferCause;
  /** As the owner sees it: below zero it went out. */
  amount: bigint;
}>;

/** A month of an account in one asset. Nothing of it is below zero but for corrections. */
export type MonthOfAccount = Readonly<{
  month: string;
  asset: Asset;
  /** For what was let, before fees. */
  earned: bigint;
  /** For what was rented, before fees; what was rounded is in it. */
  spent: bigint;
  fees: bigint;
  rewards: bigint;
}>;

type Figure = 'earned' | 'spent' | 'fees' | 'rewards';

/** Adds flows up by month and asset, the oldest month first. */
export function monthsOf(flows: readonly AccountFlow[]): readonly MonthOfAccount[] {
  const months = new Map<string, MonthOfAccount>();
  for (const flow of flows) {
    const figure = figureOf(flow);
    if (figure === undefined) continue;
    const { month, asset } = flow;
    const key = `${month} ${asset}`;
    const known = months.get(key) ?? { month, asset, ...nothing };
    const amount = figure === 'spent' || figure === 'fees' ? -flow.amount : flow.amount;
    months.set(key, { ...known, [figure]: known[figure] + amount });
  }
  return [...months].toSorted(([a], [b]) => compareText(a, b)).map(([, month]) => month);
}

const nothing = { earned: 0n, spent: 0n, fees: 0n, rewards: 0n };

/** What a flow counts as; undefined: money that only changed its place, such as a hold or a deposit. */
function figureOf({ account, other, cause }: AccountFlow): Figure | undefined {
  if (account === 'supplier:rewards') return cause === 'Reward' ? 'rewards' : undefined;
  const isOfLeases = account === 'renter:held' || account === 'supplier:earned';
  if (!isOfLeases) return undefined;
  if (other === 'network:fees') return 'fees';
  if (account === 'supplier:earned') return other === 'renter:held' ? 'earned' : undefined;
  return other === 'supplier:earned' || other === 'network:rounding' ? 'spent' : undefined;
}
