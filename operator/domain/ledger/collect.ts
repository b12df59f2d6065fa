import { type ChargeRow, sumsOf } from './charge.ts';
import type { FeeTerms } from './types.ts';

/** A lease that is to be settled, with what it used. */
export type LeaseToSettle = Readonly<{
  fees: FeeTerms;
  /** What was held when it was opened and extended; a close fills the hold up to this again. */
  holdBase: bigint;
  /** False once it has ended: then the hold is not filled up. */
  renews: boolean;
  before: ChargeRow;
  /** What this close adds. */
  usage: Readonly<{ raw: bigint; lateRaw: bigint }>;
}>;

/** What is held for a lease after the row. */
export function heldOf(holdBase: bigint, row: ChargeRow): bigint {
  return holdBase + row.renewedSum - row.collectedSum;
}

/**
 * Settles leases that share the `available` money of one renter: the rows of the epoch, in the order
 * given. What a hold cannot pay is taken from what is available, for all leases before any hold is
 * filled up; when it does not last, the leases that come first have it.
 */
export function collect(
  leases: readonly LeaseToSettle[],
  available: bigint,
): readonly (ChargeRow & Readonly<{ totalSum: bigint }>)[] {
  let left = available;
  const grant = (wanted: bigint): bigint => {
    const granted = least(left, wanted < 0n ? 0n : wanted);
    left -= granted;
    return granted;
  };
  const paid = leases.map(({ before, usage, fees, holdBase, renews }) => {
    const rawSum = before.rawSum + usage.raw;
    const { total: totalSum } = sumsOf(rawSum, fees);
    const held = heldOf(holdBase, before);
    const added = grant(totalSum - before.collectedSum - held);
    const collectedSum = least(totalSum, before.collectedSum + held + added);
    const renewedSum = before.renewedSum + added;
    return { rawSum, lateRaw: usage.lateRaw, totalSum, collectedSum, renewedSum, renews };
  });
  return paid.map(({ renews, ...row }) => {
    const added = renews ? grant(row.collectedSum - row.renewedSum) : 0n;
    return { ...row, renewedSum: row.renewedSum + added };
  });
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
