import type { Account, Transfer } from '../ledger/journal.ts';
import type { AccountKey } from '../ledger/types.ts';
import { compareText } from '../order.ts';

const pool: Account = { kind: 'rewards:pool', owner: '', asset: 'IO' };
const emission: Account = { kind: 'emission', owner: '', asset: 'IO' };

/** What the transfers of an epoch's rewards are for. */
export const rewardSubject = (epoch: number): string => `epoch ${epoch}`;

/**
 * The transfers of an epoch's rewards: what was emitted into the pool, and from there to each
 * supplier. What is not distributed stays in the pool.
 * @param postedEpoch the epoch that the transfers belong to, which is a later one
 */
export function rewardTransfers(
  postedEpoch: number,
  epoch: number,
  emitted: bigint,
  amounts: ReadonlyMap<AccountKey, bigint>,
): readonly Transfer[] {
  const common = { epoch: postedEpoch, subject: rewardSubject(epoch) };
  const suppliers = [...amounts].toSorted(([a], [b]) => compareText(a, b));
  return [
    { ...common, cause: 'Emission' as const, debit: emission, credit: pool, amount: emitted },
    ...suppliers.map(([owner, amount]) => ({
      ...common,
      cause: 'Reward' as const,
      debit: pool,
      credit: { kind: 'supplier:rewards' as const, owner, asset: 'IO' as const },
      amount,
    })),
  ].filter(({ amount }) => amount > 0n);
}
