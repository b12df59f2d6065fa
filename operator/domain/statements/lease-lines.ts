import { intervalsKnownTo, takenBackBy } from '../audit/known.ts';
import type { AuditedInterval } from '../audit/types.ts';
import { epochEnd, epochStart } from '../epoch.ts';
import { type ChargeRow, chargeBetween, noCharge } from '../ledger/charge.ts';
import type { Charge, FeeTerms } from '../ledger/types.ts';
import { type Cut, usageIn } from '../ledger/usage.ts';
import { splitCharge } from './split.ts';
import type { UsageLine } from './types.ts';

/** A row of io.charges as a statement needs it. */
export type StatementCharge = ChargeRow &
  Readonly<{
    epoch: number;
    countedUntilSeconds: number;
    seconds: bigint;
    lateSeconds: bigint;
    final: boolean;
  }>;

/** Devices of a lease that are alike: of the same model, at the same price. */
export type DeviceGroup = Readonly<{
  model: string;
  ratePerHour: bigint;
  slots: readonly number[];
}>;

/** A lease with all that its lines are made from. */
export type StatementLease = Pick<
  UsageLine,
  'leaseId' | 'cluster' | 'member' | 'renter' | 'supplier' | 'asset'
> &
  Readonly<{
    fees: FeeTerms;
    endedAtSeconds: number | undefined;
    groups: readonly DeviceGroup[];
    /** Needed where there are several groups. */
    intervals: readonly (AuditedInterval & Readonly<{ slot: number }>)[];
    /** Ascending; one before the first epoch of the statement is what that starts from. */
    charges: readonly StatementCharge[];
  }>;

/** What a lease cost in each epoch from `from` on: a line for each group of devices, and for corrections. */
export function linesOf(
  lease: StatementLease,
  from: number,
  genesisSeconds: number,
): readonly UsageLine[] {
  let before: StatementCharge | undefined;
  return lease.charges.flatMap((row) => {
    const charge = chargeBetween(before ?? noCharge, row, lease.fees);
    const counted = before?.countedUntilSeconds;
    before = row;
    if (row.epoch < from) return [];
    const usages = usagesOf(lease, row, counted, genesisSeconds);
    const regular = usages.map(({ seconds, raw, lateRaw }) => [seconds, raw - lateRaw] as const);
    const late = usages.map(({ lateSeconds, lateRaw }) => [lateSeconds, lateRaw] as const);
    return [
      ...parts(lease, row, 'Usage', charge.regular, regular, genesisSeconds),
      ...parts(lease, row, 'Correction', charge.correction, late, genesisSeconds),
    ];
  });
}

/** What each group used. One group used all of it. */
function usagesOf(
  { groups, intervals, endedAtSeconds }: StatementLease,
  row: StatementCharge,
  countedBeforeSeconds: number | undefined,
  genesisSeconds: number,
) {
  if (groups.length === 1) return [{ ...row, raw: 1n + row.lateRaw }];
  const cut: Cut = {
    epoch: row.epoch,
    epochStartSeconds: epochStart(row.epoch, genesisSeconds),
    countedUntilSeconds: row.countedUntilSeconds,
    countedBeforeSeconds,
    endedAtSeconds: row.final ? endedAtSeconds : undefined,
  };
  return groups.map(({ slots }) => {
    const own = intervals.filter(({ slot }) => slots.includes(slot));
    return usageIn(intervalsKnownTo(row.epoch, own), cut, takenBackBy(row.epoch, own));
  });
}

function parts(
  { groups, leaseId, cluster, member, renter, supplier, asset }: StatementLease,
  { epoch }: StatementCharge,
  kind: UsageLine['kind'],
  charge: Charge,
  used: readonly (readonly [seconds: bigint, raw: bigint])[],
  genesisSeconds: number,
): readonly UsageLine[] {
  const split = splitCharge(
    charge,
    used.map(([, raw]) => raw),
  );
  return groups.flatMap(({ model, ratePerHour }, at) => {
    const own = split[at];
    const seconds = used[at]?.[0] ?? 0n;
    if (own === undefined || (seconds === 0n && own.total === 0n && own.usage === 0n)) return [];
    return [
      {
        epoch,
        startSeconds: epochStart(epoch, genesisSeconds),
        endSeconds: epochEnd(epoch, genesisSeconds),
        ...{ leaseId, cluster, member, renter, supplier, asset, model, ratePerHour, kind },
        seconds,
        charge: own,
      },
    ];
  });
}
