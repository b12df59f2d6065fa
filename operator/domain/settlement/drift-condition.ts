import { boundedMessage, type ConditionIntent } from '../condition-intent.ts';
import { formatAmount } from '../pricing/assets.ts';
import { amountOf, type Drift } from './drift.ts';

/** Says of an account whether what the ledger has of it is what the chain has. */
export function driftCondition(drifts: readonly Drift[]): ConditionIntent<'Reconciled'> {
  if (drifts.length === 0) {
    const message =
      'Stake, cases and claims of the account are in the ledger as they are on chain.';
    return { type: 'Reconciled', status: 'True', reason: 'Reconciled', message };
  }
  const message = boundedMessage(`${drifts.map(tellDrift).join('; ')}.`);
  return { type: 'Reconciled', status: 'False', reason: 'Drifted', message };
}

/** `supplier:staked: 1.50 IO more on chain`. */
export function tellDrift(drift: Drift): string {
  const amount = amountOf(drift);
  const size = formatAmount(amount < 0n ? -amount : amount, drift.asset);
  return `${drift.kind}: ${size} ${drift.asset} ${amount < 0n ? 'less' : 'more'} on chain`;
}
