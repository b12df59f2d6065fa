import { sql } from 'kysely';
import { sumsOf } from '../../domain/ledger/charge.ts';
import type { Asset, LeaseDevice, LeaseTerms } from '../../domain/ledger/types.ts';
import { withRenterFee } from '../../domain/pricing/fees.ts';
import type {
  HoldResult,
  DevicesByLease,
  LeaseLedger,
  LeaseMoney,
} from '../../ports/lease-ledger.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

/** Most leases that are asked for at once. */
const maxLeases = 1_000;

/** The money of leases on PostgreSQL. Opening a lease is one statement, which is one transaction. */
export function createLeaseLedger(database: Database): LeaseLedger {
  return {
    open: (terms, hold, nowSeconds) => withStore(() => open(database, terms, hold, nowSeconds)),
    extend: (leaseId, devices, hold, nowSeconds) =>
      withStore(() => extend(database, leaseId, devices, hold, nowSeconds)),
    close: (leaseId, endSeconds, evidence) =>
      withStore(() => close(database, leaseId, endSeconds, evidence)),
    openLeases: (after, limit) => withStore(() => openLeases(database, after, limit)),
    money: (leaseIds, devices) => withStore(() => money(database, leaseIds, devices)),
    balances: (account) => withStore(() => balances(database, account)),
  };
}

type Outcome = Readonly<{
  outcome: HoldResult['kind'];
  /** What is held, or what is available. */
  amount: bigint;
  missing: bigint;
  asset: Asset;
}>;

async function open(
  database: Database,
  terms: LeaseTerms,
  hold: bigint,
  nowSeconds: number,
): Promise<HoldResult> {
  const { fees, devices, asset } = terms;
  const { rows } = await sql<Outcome>`
    select *, ${asset} as asset from io.open_lease(
      ${terms.leaseId}, ${terms.clusterUid}, ${terms.cluster}, ${terms.member}, ${terms.renter},
      ${terms.supplier}, ${asset}, ${fees.renterBasisPoints}, ${fees.supplierBasisPoints},
      ${devices.map(({ device }) => device)}::text[],
      ${devices.map(({ model }) => model)}::text[],
      ${devices.map(({ ratePerHour }) => ratePerHour)}::bigint[],
      ${terms.openedAtSeconds}, ${hold}, ${nowSeconds})`.execute(database);
  return resultOf(rows[0]);
}

async function extend(
  database: Database,
  leaseId: string,
  devices: readonly LeaseDevice[],
  hold: bigint,
  nowSeconds: number,
): Promise<HoldResult> {
  const { rows } = await sql<Outcome>`
    select e.*, l.asset from io.extend_lease(
      ${leaseId},
      ${devices.map(({ device }) => device)}::text[],
      ${devices.map(({ model }) => model)}::text[],
      ${devices.map(({ ratePerHour }) => ratePerHour)}::bigint[],
      ${hold}, ${nowSeconds}) e
    left join io.leases l on l.lease_id = ${leaseId}`.execute(database);
  return resultOf(rows[0]);
}

function resultOf(row: Outcome | undefined): HoldResult {
  if (row === undefined) throw new Error('the ledger told nothing of a hold');
  const { outcome, asset, amount, missing } = row;
  switch (outcome) {
    case 'Held':
      return { kind: outcome, held: amount };
    case 'InsufficientFunds':
      return { kind: outcome, asset, available: amount, missing };
    case 'Taken':
      return { kind: outcome };
  }
}

async function close(
  database: Database,
  leaseId: string,
  endSeconds: number,
  evidence: string,
): Promise<void> {
  await sql`select io.close_lease(${leaseId}, ${endSeconds}, ${evidence})`.execute(database);
}

async function openLeases(
  database: Database,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ lease_id: string }>`
    select lease_id from io.leases
    where state = 'Open' and lease_id collate "C" > ${after}
    order by lease_id collate "C" limit ${limit}`.execute(database);
  return rows.map(({ lease_id }) => lease_id);
}

type MoneyRow = Readonly<{
  lease_id: string;
  asset: Asset;
  state: LeaseMoney['state'];
  renter_bp: number;
  supplier_bp: number;
  hold_base: bigint;
  renewed_sum: bigint;
  collected_sum: bigint;
  observed_until_s: number;
  first_used_s: number | null;
  /** numeric, which is read as text. */
  raw: string;
  rate: string;
  available: bigint;
}>;

async function money(
  database: Database,
  leaseIds: readonly string[],
  devices: DevicesByLease = new Map(),
): Promise<readonly LeaseMoney[]> {
  if (leaseIds.length > maxLeases) {
    throw new RangeError(`${leaseIds.length} leases at once are more than ${maxLeases}`);
  }
  const named = leaseIds.flatMap((id) => devices.get(id)?.map((device) => ({ id, device })) ?? []);
  const { rows } = await sql<MoneyRow>`
    with standing as materialized (
      select lease_no, lease_id, renter, asset, state, renter_bp, supplier_bp, hold_base, renewed_sum,
        collected_sum, raw_sum, observed_until_s, counted_before_s, first_used_s,
        least(observed_until_s, ended_at_s) as counted_until_s
      from io.unsettled where lease_id = any(${leaseIds}::text[])
      union all
      select l.lease_no, l.lease_id, l.renter, l.asset, l.state, l.renter_basis_points,
        l.supplier_basis_points, l.hold_base, c.renewed_sum, c.collected_sum, c.raw_sum,
        m.observed_until_s, c.counted_until_s, c.first_used_s, c.counted_until_s
      from io.leases l
      join io.members m using (member_no)
      join io.charges c on c.epoch = l.closed_epoch and c.lease_no = l.lease_no
      where l.state = 'Closed' and l.lease_id = any(${leaseIds}::text[])
    ), next as (
      select coalesce(max(epoch), 0) + 1 as epoch from io.epochs
    ), used as (
      select s.lease_no, min(i.start_s) as first_used_s, sum(i.rate_per_hour::numeric * (
        greatest(0, least(i.end_s, s.counted_until_s) - i.start_s)
        - case when i.known_epoch < (select epoch from next)
          then greatest(0, s.counted_before_s - i.start_s) else 0 end)) as raw
      from standing s join io.intervals i using (lease_no)
      where i.lease_no = any((select array_agg(lease_no) from standing)::bigint[])
        and i.settled_epoch is null
      group by s.lease_no
    ), taken_back as (
      select lease_no, sum(rate_per_hour::numeric * (r.start_s - r.end_s)) as raw
      from standing join io.interval_revisions r using (lease_no)
      where r.revised_epoch = (select epoch from next) and state <> 'Closed'
      group by lease_no
    )
    select s.*, least(s.first_used_s, u.first_used_s) as first_used_s,
      s.raw_sum + coalesce(u.raw, 0) + coalesce(t.raw, 0) as raw,
      (select coalesce(sum(d.rate_per_hour), 0) from io.lease_devices d
        where d.lease_no = s.lease_no
        and (not s.lease_id = any(${leaseIds.filter((id) => devices.has(id))}::text[])
          or (s.lease_id, d.device) in (select * from unnest(
            ${named.map(({ id }) => id)}::text[],
            ${named.map(({ device }) => device)}::text[])))) as rate,
      coalesce(a.balance, 0) as available
    from standing s
    left join used u using (lease_no)
    left join taken_back t using (lease_no)
    left join io.accounts a
      on a.kind = 'renter:available' and a.owner = s.renter and a.asset = s.asset`.execute(
    database,
  );
  return rows.map(moneyOf);
}

function moneyOf(row: MoneyRow): LeaseMoney {
  const fees = { renterBasisPoints: row.renter_bp, supplierBasisPoints: row.supplier_bp };
  const settled = row.collected_sum;
  return {
    leaseId: row.lease_id,
    asset: row.asset,
    held: row.state === 'Closed' ? 0n : row.hold_base + row.renewed_sum - settled,
    settled,
    unsettled: row.state === 'Closed' ? 0n : sumsOf(BigInt(row.raw), fees).total - settled,
    available: row.available,
    ratePerHour: withRenterFee(BigInt(row.rate), fees),
    firstUsageSeconds: row.first_used_s ?? undefined,
    observedUntilSeconds: row.observed_until_s === 0 ? undefined : row.observed_until_s,
    state: row.state,
  };
}

async function balances(database: Database, account: string): ReturnType<LeaseLedger['balances']> {
  const { rows } = await sql<{ asset: Asset; available: bigint; held: bigint; earned: bigint }>`
    select asset,
      coalesce(sum(balance) filter (where kind = 'renter:available'), 0)::bigint as available,
      coalesce(sum(balance) filter (where kind = 'renter:held'), 0)::bigint as held,
      coalesce(sum(balance) filter (where kind in ('supplier:earned', 'supplier:rewards')), 0)::bigint
        as earned
    from io.accounts where owner = ${account}
      and kind in ('renter:available', 'renter:held', 'supplier:earned', 'supplier:rewards')
    group by asset order by asset`.execute(database);
  return rows;
}
