import type { TakenBack } from '../ledger/usage.ts';
import type { AuditedInterval } from './types.ts';

/** Intervals that the close of an epoch looked at, as they were known to it. */
export function intervalsKnownTo(
  epoch: number,
  intervals: readonly AuditedInterval[],
): readonly AuditedInterval[] {
  const [only] = intervals;
  // Most leases have one interval, and it is open: nothing to copy.
  if (
    intervals.length === 1 &&
    only?.endSeconds === undefined &&
    (only?.knownEpoch ?? 0) <= epoch
  ) {
    return intervals;
  }
  return intervals.flatMap((interval) => {
    const { knownEpoch, settledEpoch } = interval;
    if (knownEpoch > epoch || (settledEpoch !== undefined && settledEpoch < epoch)) return [];
    return settledEpoch === epoch ? [interval] : [{ ...interval, endSeconds: undefined }];
  });
}

/** What the close of an epoch took back: intervals whose end was told anew since the close before. */
export function takenBackBy(
  epoch: number,
  intervals: readonly AuditedInterval[],
): readonly TakenBack[] {
  return intervals.flatMap(({ startSeconds, endSeconds, ratePerHour, revisedEpoch }) => {
    if (revisedEpoch !== epoch || endSeconds === undefined) return [];
    return [{ startSeconds, endSeconds, ratePerHour }];
  });
}
