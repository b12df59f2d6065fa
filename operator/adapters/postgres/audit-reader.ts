import { sql } from 'kysely';
import type {
  AuditedInterval,
  AuditedLease,
  ClosedEpoch,
  LeaseBlock,
  StoredDeposit,
} from '../../domain/audit/types.ts';
import type { Account } from '../../domain/ledger/journal.ts';
import type { AccountKind, Asset } from '../../domain/ledger/types.ts';
import type { AuditReader, AuditSource } from '../../ports/audit-source.ts';
import { bindings, lastRewarded, rewardOpening, standings } from './audit-roots.ts';
import { chainEvents, decisions, unpostedDecisions, walletAccounts } from './audit-chain.ts';
import { rewardsBetween, rewardTransferLines } from './audit-rewards.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { genesisSeconds } from './migrate.ts';
import { transferLine } from './audit-lines.ts';

/** Leases of one block of the digest. */
const leasesPerBlock = 10_000n;
/** Transfers that are read at once. */
const transfersAtOnce = 10_000;
/** A statement of an audit goes through whole epochs. */
const statementTimeout = '10min';

/** The ledger on PostgreSQL as an audit reads it: as one snapshot, and without changing anything. */
export function createAuditSource(database: Database): AuditSource {
  return {
    read: (work) =>
      withStore(() =>
        database
          .transaction()
          .setIsolationLevel('repeatable read')
          .setAccessMode('read only')
          .execute(async (snapshot) => {
            await sql`set local statement_timeout = ${sql.lit(statementTimeout)}`.execute(snapshot);
            await sql`set local jit = off`.execute(snapshot);
            return work(await readerOf(snapshot));
          }),
      ),
  };
}

async function readerOf(snapshot: Database): Promise<AuditReader> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(max(epoch), 0) as last from io.epochs`.execute(snapshot);
  return {
    genesisSeconds: await genesisSeconds(snapshot),
    lastClosed: rows[0]?.last ?? 0,
    epochs: (from, to) => epochs(snapshot, from, to),
    balancesBefore: (epoch) => balancesBefore(snapshot, epoch),
    transfers: (epoch) => transfers(snapshot, epoch),
    leaseBlocks: (from, to) => leaseBlocks(snapshot, from, to),
    extensions: (from) => extensions(snapshot, from),
    deposits: (references) => deposits(snapshot, references),
    unpostedDeposits: (limit) => unpostedDeposits(snapshot, limit),
    rewards: (from, to) => rewardsBetween(snapshot, from, to),
    rewardTransfers: (postedEpoch) => rewardTransferLines(snapshot, postedEpoch),
    lastRewarded: () => lastRewarded(snapshot),
    rewardOpening: (epoch) => rewardOpening(snapshot, epoch),
    bindings: (from, to) => bindings(snapshot, from, to),
    standings: (from, to) => standings(snapshot, from, to),
    chainEvents: (from, to) => chainEvents(snapshot, from, to),
    decisions: (subjects) => decisions(snapshot, subjects),
    walletAccounts: (wallets) => walletAccounts(snapshot, wallets),
    unpostedDecisions: (limit) => unpostedDecisions(snapshot, limit),
    accounts: () => accounts(snapshot),
  };
}

async function epochs(
  snapshot: Database,
  from: number,
  to: number,
): Promise<readonly ClosedEpoch[]> {
  const { rows } = await sql<ClosedEpoch>`
    select epoch, closed_at_s as "closedAtSeconds", leases, corrections, shortfalls,
      encode(digest, 'hex') as digest, encode(chain, 'hex') as chain
    from io.epochs where epoch between ${from} and ${to} order by epoch`.execute(snapshot);
  return rows;
}

type AccountRow = { kind: AccountKind; owner: string; asset: Asset };
const accountOf = ({ kind, owner, asset }: AccountRow): Account => ({ kind, owner, asset });

async function balancesBefore(snapshot: Database, epoch: number) {
  const { rows } = await sql<AccountRow & { amount: bigint }>`
    select a.kind, a.owner, a.asset, s.amount
    from (
      select account_no, sum(amount)::bigint as amount
      from (
        select debit as account_no, -amount as amount from io.transfers where epoch < ${epoch}
        union all
        select credit, amount from io.transfers where epoch < ${epoch}
      ) moves group by account_no
    ) s join io.accounts a using (account_no)`.execute(snapshot);
  return rows.map((row) => ({ account: accountOf(row), amount: row.amount }));
}

async function accounts(snapshot: Database) {
  const { rows } = await sql<AccountRow & { balance: bigint; sum: bigint }>`
    select a.kind, a.owner, a.asset, a.balance, coalesce(s.amount, 0)::bigint as sum
    from io.accounts a
    left join (
      select account_no, sum(amount) as amount
      from (
        select debit as account_no, -amount as amount from io.transfers
        union all
        select credit, amount from io.transfers
      ) moves group by account_no
    ) s using (account_no)
    order by a.asset, a.kind, a.owner`.execute(snapshot);
  return rows.map(({ balance, sum, ...row }) => ({ account: accountOf(row), balance, sum }));
}

async function* transfers(snapshot: Database, epoch: number): AsyncGenerator<readonly string[]> {
  let after = Buffer.alloc(0);
  for (;;) {
    const { rows } = await sql<{ line: string; transfer_id: Buffer }>`
      select ${transferLine} as line, t.transfer_id
      from io.transfers t
      join io.accounts d on d.account_no = t.debit
      join io.accounts c on c.account_no = t.credit
      where t.epoch = ${epoch} and t.transfer_id > ${after}
      order by t.transfer_id limit ${transfersAtOnce}`.execute(snapshot);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ line }) => line);
    after = Buffer.from(last.transfer_id);
  }
}

/** The next block is read while the one before is worked on. */
async function* leaseBlocks(
  snapshot: Database,
  from: number,
  to: number,
): AsyncGenerator<LeaseBlock> {
  const { rows } = await sql<{ first: bigint | null; last: bigint | null }>`
    select min(lease_no) as first, max(lease_no) as last from io.leases
    where closed_epoch is null or closed_epoch >= ${from}`.execute(snapshot);
  const { first, last } = rows[0] ?? {};
  if (first === null || first === undefined || last === null || last === undefined) return;
  let next = leaseBlock(snapshot, first / leasesPerBlock, from, to);
  for (let number = first / leasesPerBlock; number <= last / leasesPerBlock; number += 1n) {
    const block = await next;
    if (number < last / leasesPerBlock) next = leaseBlock(snapshot, number + 1n, from, to);
    yield block;
  }
}

async function leaseBlock(
  snapshot: Database,
  number: bigint,
  from: number,
  to: number,
): Promise<LeaseBlock> {
  const span = { first: number * leasesPerBlock, end: (number + 1n) * leasesPerBlock };
  const [leases, intervals, charges] = await Promise.all([
    leasesOf(snapshot, span, from),
    intervalsOf(snapshot, span, from, to),
    chargesOf(snapshot, span, from, to),
  ]);
  return { leases, intervals, charges };
}

type Span = Readonly<{ first: bigint; end: bigint }>;

type LeaseRow = Omit<AuditedLease, 'fees' | 'endedAtSeconds' | 'closedEpoch'> &
  Readonly<{
    renterBasisPoints: number;
    supplierBasisPoints: number;
    endedAtSeconds: number | null;
    closedEpoch: number | null;
  }>;

async function leasesOf(
  snapshot: Database,
  { first, end }: Span,
  from: number,
): Promise<readonly AuditedLease[]> {
  const { rows } = await sql<LeaseRow>`
    select lease_no as "leaseNo", lease_id as "leaseId", renter, supplier, asset,
      renter_basis_points as "renterBasisPoints", supplier_basis_points as "supplierBasisPoints",
      opened_at_s as "openedAtSeconds", ended_at_s as "endedAtSeconds", hold_base as "holdBase",
      closed_epoch as "closedEpoch"
    from io.leases
    where lease_no >= ${first} and lease_no < ${end}
      and (closed_epoch is null or closed_epoch >= ${from})
    order by lease_no`.execute(snapshot);
  return rows.map(({ renterBasisPoints, supplierBasisPoints, ...row }) => ({
    ...row,
    fees: { renterBasisPoints, supplierBasisPoints },
    endedAtSeconds: row.endedAtSeconds ?? undefined,
    closedEpoch: row.closedEpoch ?? undefined,
  }));
}

type Nullable<T> = { [Key in keyof T]: undefined extends T[Key] ? T[Key] | null : T[Key] };

async function intervalsOf(
  snapshot: Database,
  { first, end }: Span,
  from: number,
  to: number,
): Promise<readonly AuditedInterval[]> {
  const { rows } = await sql<Nullable<AuditedInterval>>`
    select i.lease_no as "leaseNo", i.start_s as "startSeconds", i.end_s as "endSeconds",
      i.rate_per_hour as "ratePerHour", i.known_epoch as "knownEpoch",
      i.settled_epoch as "settledEpoch", i.revised_epoch as "revisedEpoch",
      d.rate_per_hour as "agreedRatePerHour"
    from (
      select lease_no, slot, start_s, end_s, rate_per_hour, known_epoch, settled_epoch,
        null::integer as revised_epoch
      from io.intervals
      where lease_no >= ${first} and lease_no < ${end} and known_epoch <= ${to}
        and (settled_epoch is null or settled_epoch >= ${from})
      union all
      select lease_no, slot, start_s, end_s, rate_per_hour, known_epoch, settled_epoch, revised_epoch
      from io.interval_revisions
      where lease_no >= ${first} and lease_no < ${end} and known_epoch <= ${to}
        and revised_epoch >= ${from}
    ) i
    left join io.lease_devices d using (lease_no, slot)
    order by i.lease_no`.execute(snapshot);
  return rows.map((row) => ({
    ...row,
    endSeconds: row.endSeconds ?? undefined,
    settledEpoch: row.settledEpoch ?? undefined,
    revisedEpoch: row.revisedEpoch ?? undefined,
    agreedRatePerHour: row.agreedRatePerHour ?? undefined,
  }));
}

/** Text by epoch, which is much faster to read than rows. */
async function chargesOf(
  snapshot: Database,
  { first, end }: Span,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql<{ epoch: number; lines: string | null }>`
    select e.epoch, (
      select string_agg(concat_ws('|', 'C', c.epoch, c.lease_no, c.counted_until_s,
        coalesce(c.first_used_s::text, ''), c.seconds, c.late_seconds, c.raw_sum, c.late_raw,
        c.total_sum, c.usage_sum, c.renter_fee_sum, c.supplier_fee_sum, c.collected_sum,
        c.renewed_sum, c.final::integer) || E'\n', '' order by c.lease_no)
      from io.charges c
      where c.epoch = e.epoch and c.lease_no >= ${first} and c.lease_no < ${end}
    ) as lines
    from generate_series(${from - 1}::integer, ${to}::integer) as e (epoch)`.execute(snapshot);
  return new Map(rows.map(({ epoch, lines }) => [epoch, lines ?? '']));
}

async function extensions(snapshot: Database, from: number) {
  const { rows } = await sql<{ leaseNo: bigint; epoch: number; amount: bigint }>`
    select lease_no as "leaseNo", epoch, amount from io.transfers
    where epoch >= ${from} and cause = 'Hold' and position('/' in subject) > 0`.execute(snapshot);
  return rows;
}

async function deposits(
  snapshot: Database,
  references: readonly string[],
): Promise<readonly StoredDeposit[]> {
  const { rows } = await sql<StoredDeposit>`
    select reference, owner, asset, amount from io.deposits
    where reference = any(${[...references]}::text[])`.execute(snapshot);
  return rows;
}

async function unpostedDeposits(snapshot: Database, limit: number): Promise<readonly string[]> {
  const { rows } = await sql<{ reference: string }>`
    select reference from io.deposits p
    where not exists (
      select from io.transfers t where t.cause = 'Deposit' and t.subject = p.reference)
    order by reference limit ${limit}`.execute(snapshot);
  return rows.map(({ reference }) => reference);
}
