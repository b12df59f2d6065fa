import { type RawBuilder, sql } from 'kysely';
import type { AccountKey } from '../../domain/ledger/types.ts';
import type {
  DeviceGroup,
  StatementCharge,
  StatementLease,
} from '../../domain/statements/lease-lines.ts';
import type { Database } from './database.ts';

/** Most rows of io.charges in one statement; a larger one is not printed but exported with audit. */
const maxCharges = 500_000;

type Span = Readonly<{ from: number; to: number }>;

type LeaseRow = Omit<
  StatementLease,
  'fees' | 'groups' | 'intervals' | 'charges' | 'endedAtSeconds'
> &
  Readonly<{
    leaseNo: bigint;
    renterBasisPoints: number;
    supplierBasisPoints: number;
    endedAtSeconds: number | null;
  }>;

/** Leases that an account rents or lets, with what they cost in these epochs. */
export function leasesOfAccount(
  snapshot: Database,
  account: AccountKey,
  span: Span,
): Promise<readonly StatementLease[]> {
  return leasesOf(snapshot, sql`(l.renter = ${account} or l.supplier = ${account})`, span);
}

/** All leases that an IOCluster has had, with what they cost in these epochs. */
export function leasesOfCluster(
  snapshot: Database,
  uid: string,
  span: Span,
): Promise<readonly StatementLease[]> {
  return leasesOf(snapshot, sql`l.cluster_uid = ${uid}`, span);
}

async function leasesOf(
  snapshot: Database,
  which: RawBuilder<unknown>,
  { from, to }: Span,
): Promise<readonly StatementLease[]> {
  const { rows: leases } = await sql<LeaseRow>`
    select l.lease_no as "leaseNo", l.lease_id as "leaseId", l.cluster, m.name as member, l.renter,
      l.supplier, l.asset, l.renter_basis_points as "renterBasisPoints",
      l.supplier_basis_points as "supplierBasisPoints", l.ended_at_s as "endedAtSeconds"
    from io.leases l join io.members m using (member_no)
    where ${which}
      and (l.closed_epoch is null or l.closed_epoch >= ${from})
    order by l.lease_no`.execute(snapshot);
  const numbers = leases.map(({ leaseNo }) => leaseNo);
  const charges = await chargesOf(snapshot, numbers, { from, to });
  const groups = await groupsOf(snapshot, numbers);
  const mixed = numbers.filter((number) => (groups.get(number)?.length ?? 0) > 1);
  const intervals = await intervalsOf(snapshot, mixed, { from, to });
  return leases.flatMap(({ leaseNo, renterBasisPoints, supplierBasisPoints, ...lease }) => {
    const own = charges.get(leaseNo);
    if (own === undefined) return [];
    return [
      {
        ...lease,
        endedAtSeconds: lease.endedAtSeconds ?? undefined,
        fees: { renterBasisPoints, supplierBasisPoints },
        groups: groups.get(leaseNo) ?? [],
        intervals: intervals.get(leaseNo) ?? [],
        charges: own,
      },
    ];
  });
}

async function chargesOf(
  snapshot: Database,
  leases: readonly bigint[],
  { from, to }: Span,
): Promise<ReadonlyMap<bigint, readonly StatementCharge[]>> {
  const { rows } = await sql<StatementCharge & { leaseNo: bigint; raw: string; late: string }>`
    select lease_no as "leaseNo", epoch, counted_until_s as "countedUntilSeconds", seconds,
      late_seconds as "lateSeconds", raw_sum::text as raw, late_raw::text as late,
      collected_sum as "collectedSum", renewed_sum as "renewedSum", final
    from io.charges
    where epoch between ${from - 1} and ${to} and lease_no = any(${[...leases]}::bigint[])
    order by lease_no, epoch limit ${maxCharges + 1}`.execute(snapshot);
  if (rows.length > maxCharges) {
    throw new RangeError(
      `the statement has more than ${maxCharges} charges: use io-operator audit --out`,
    );
  }
  const charges = rows.map(({ raw, late, ...row }) => ({
    ...row,
    rawSum: BigInt(raw),
    lateRaw: BigInt(late),
  }));
  return Map.groupBy(charges, ({ leaseNo }) => leaseNo);
}

type DeviceRow = Readonly<{ leaseNo: bigint; slot: number; ratePerHour: bigint; model: string }>;

/** Devices of each lease, those that are alike together. */
async function groupsOf(
  snapshot: Database,
  leases: readonly bigint[],
): Promise<ReadonlyMap<bigint, readonly DeviceGroup[]>> {
  const { rows } = await sql<DeviceRow>`
    select d.lease_no as "leaseNo", d.slot, d.rate_per_hour as "ratePerHour",
      coalesce(m.model, '') as model
    from io.lease_devices d left join io.device_models m using (model_no)
    where d.lease_no = any(${[...leases]}::bigint[])
    order by d.lease_no, d.slot`.execute(snapshot);
  const groups = new Map<bigint, Map<string, DeviceGroup & { slots: number[] }>>();
  for (const { leaseNo, slot, ratePerHour, model } of rows) {
    const own = groups.get(leaseNo) ?? new Map<string, DeviceGroup & { slots: number[] }>();
    groups.set(leaseNo, own);
    const key = `${model} ${ratePerHour}`;
    const group = own.get(key);
    if (group === undefined) own.set(key, { model, ratePerHour, slots: [slot] });
    else group.slots.push(slot);
  }
  return new Map([...groups].map(([leaseNo, own]) => [leaseNo, [...own.values()]]));
}

type IntervalRow = Readonly<{
  leaseNo: bigint;
  slot: number;
  startSeconds: number;
  endSeconds: number | null;
  ratePerHour: bigint;
  knownEpoch: number;
  settledEpoch: number | null;
  revisedEpoch: number | null;
}>;

async function intervalsOf(
  snapshot: Database,
  leases: readonly bigint[],
  { from, to }: Span,
): Promise<ReadonlyMap<bigint, StatementLease['intervals']>> {
  if (leases.length === 0) return new Map();
  const { rows } = await sql<IntervalRow>`
    select lease_no as "leaseNo", slot, start_s as "startSeconds", end_s as "endSeconds",
      rate_per_hour as "ratePerHour", known_epoch as "knownEpoch", settled_epoch as "settledEpoch",
      null::integer as "revisedEpoch"
    from io.intervals
    where lease_no = any(${[...leases]}::bigint[]) and known_epoch <= ${to}
      and (settled_epoch is null or settled_epoch >= ${from})
    union all
    select lease_no, slot, start_s, end_s, rate_per_hour, known_epoch, settled_epoch, revised_epoch
    from io.interval_revisions
    where lease_no = any(${[...leases]}::bigint[]) and revised_epoch >= ${from}`.execute(snapshot);
  const intervals = rows.map((row) => ({
    ...row,
    endSeconds: row.endSeconds ?? undefined,
    settledEpoch: row.settledEpoch ?? undefined,
    revisedEpoch: row.revisedEpoch ?? undefined,
    agreedRatePerHour: row.ratePerHour,
  }));
  return Map.groupBy(intervals, ({ leaseNo }) => leaseNo);
}
