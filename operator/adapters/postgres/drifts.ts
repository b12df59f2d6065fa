import { sql } from 'kysely';
import type { AccountKey, Asset } from '../../domain/ledger/types.ts';
import {
  amountOf,
  driftKey,
  type LedgerStanding,
  type OwnerStanding,
  type RepairPlan,
  type StandingDrift,
} from '../../domain/settlement/drift.ts';
import type { DriftFindings, Drifts } from '../../ports/chain-mirror.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

/** Transactions that an explanation looks at. */
const maxCutOff = 100;

/** Differences between ledger and chain on PostgreSQL. */
export function createDrifts(database: Database): Drifts {
  return {
    standing: (afterSlot) =>
      withStore(() =>
        database
          .transaction()
          .setIsolationLevel('repeatable read')
          .setAccessMode('read only')
          .execute((snapshot) => standing(snapshot, afterSlot)),
      ),
    record: (findings, nowSeconds) =>
      withStore(() =>
        database.transaction().execute((transaction) => record(transaction, findings, nowSeconds)),
      ),
    standingDrifts: () => withStore(() => standingDrifts(database)),
    approve: (plan, reason, nowSeconds) =>
      withStore(() => approve(database, plan, reason, nowSeconds)),
  };
}

async function standing(snapshot: Database, afterSlot: bigint): Promise<LedgerStanding> {
  const { rows } = await sql<{ burnt: bigint; repairs: number }>`
    select coalesce((select balance from io.accounts where kind = 'burn' and asset = 'IO'), 0)
      as burnt, (select count(*) from io.repairs)::integer as repairs`.execute(snapshot);
  const { burnt, repairs } = rows[0] ?? { burnt: 0n, repairs: 0 };
  const custody = await custodyOf(snapshot);
  const owners = await ownersOf(snapshot);
  const busy = await busyAfter(snapshot, afterSlot);
  const cutOff = await cutOffBefore(snapshot);
  return { custody, burnt, owners, busy, cutOff, repairs };
}

async function busyAfter(snapshot: Database, slot: bigint): Promise<LedgerStanding['busy']> {
  const { rows } = await sql<{ owner: string; asset: Asset | null }>`
    select distinct owner, payload->>'asset' as asset from io.chain_events
    where slot > ${slot}`.execute(snapshot);
  return {
    custody: new Set(rows.flatMap(({ asset }) => asset ?? [])),
    owners: new Set(rows.flatMap(({ owner }) => (owner === '' ? [] : [owner]))),
  };
}

async function cutOffBefore(snapshot: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ signature: string }>`
    select signature from io.chain_transactions where not complete
    order by slot desc limit ${maxCutOff}`.execute(snapshot);
  return rows.map(({ signature }) => signature).toReversed();
}

/** What was booked by hand is the other side of custody too, and is not on chain. */
async function custodyOf(snapshot: Database): Promise<Record<Asset, bigint>> {
  const { rows } = await sql<{ asset: Asset; amount: bigint }>`
    select asset, sum(amount)::bigint as amount
    from (
      select asset, -balance as amount from io.accounts where kind = 'custody'
      union all select asset, -amount from io.deposits
    ) parts group by asset`.execute(snapshot);
  const of = (asset: Asset): bigint => rows.find((row) => row.asset === asset)?.amount ?? 0n;
  return { IO: of('IO'), USDC: of('USDC') };
}

async function ownersOf(snapshot: Database): Promise<ReadonlyMap<AccountKey, OwnerStanding>> {
  const { rows } = await sql<OwnerStanding & { owner: string }>`
    select owner,
      coalesce(sum(balance) filter (where kind = 'supplier:staked'), 0)::bigint as staked,
      coalesce(sum(balance) filter (where kind = 'case:escrow'), 0)::bigint as escrowed,
      coalesce(sum(balance) filter (where kind = 'rewards:claimed'), 0)::bigint as claimed
    from io.accounts
    where asset = 'IO' and balance <> 0
      and kind in ('supplier:staked', 'case:escrow', 'rewards:claimed')
    group by owner`.execute(snapshot);
  return new Map(rows.map(({ owner, ...amounts }) => [owner, amounts]));
}

const columns = sql`drift_no as "driftNo", kind, owner, asset, ledger, chain, explanation,
  found_at_s as "foundAtSeconds"`;

async function standingDrifts(database: Database): Promise<readonly StandingDrift[]> {
  const { rows } = await sql<StandingDrift>`
    select ${columns} from io.drifts where until_s is null order by drift_no`.execute(database);
  return rows;
}

/** One whose amount has changed ends, and another one begins. */
async function record(
  transaction: Database,
  { drifts, unclear, scope, repairs }: DriftFindings,
  nowSeconds: number,
): Promise<readonly StandingDrift[]> {
  await sql`select io.lock_drifts()`.execute(transaction);
  const before = await standingDrifts(transaction);
  const { rows } = await sql<{ repairs: number }>`
    select count(*)::integer as repairs from io.repairs`.execute(transaction);
  if (rows[0]?.repairs !== repairs) return before;
  const left = new Set(unclear.map(driftKey));
  const found = new Map(drifts.map((drift) => [driftKey(drift), drift]));
  const ended = before.filter((drift) => {
    const now = found.get(driftKey(drift));
    if (now !== undefined && amountOf(now) === amountOf(drift)) {
      found.delete(driftKey(drift));
      return false;
    }
    return scope.includes(drift.kind) && !left.has(driftKey(drift));
  });
  await sql`update io.drifts set until_s = ${nowSeconds}
    where drift_no = any(${ended.map(({ driftNo }) => driftNo)}::bigint[])`.execute(transaction);
  const begun = [...found.values()];
  await sql`insert into io.drifts (kind, owner, asset, ledger, chain, explanation, found_at_s)
    select kind, owner, asset, ledger, chain, explanation, ${nowSeconds}
    from unnest(
      ${begun.map(({ kind }) => kind)}::text[], ${begun.map(({ owner }) => owner)}::text[],
      ${begun.map(({ asset }) => asset)}::text[], ${begun.map(({ ledger }) => ledger)}::bigint[],
      ${begun.map(({ chain }) => chain)}::bigint[],
      ${begun.map(({ explanation }) => explanation)}::text[]
    ) as d (kind, owner, asset, ledger, chain, explanation)`.execute(transaction);
  return standingDrifts(transaction);
}

async function approve(
  database: Database,
  { planId, drifts, moves }: RepairPlan & Readonly<{ planId: string }>,
  reason: string,
  nowSeconds: number,
): Promise<boolean> {
  const transfers = moves.map(({ debit, credit, amount }) => ({
    asset: debit.asset,
    debitKind: debit.kind,
    debitOwner: debit.owner,
    creditKind: credit.kind,
    creditOwner: credit.owner,
    amount: String(amount),
  }));
  const { rows } = await sql<{ approved: boolean }>`
    select io.approve_repair(${planId}, ${reason},
      ${drifts.map(({ driftNo }) => driftNo)}::bigint[], ${JSON.stringify(transfers)},
      ${transfers.map(({ asset }) => asset)}::text[],
      ${transfers.map(({ debitKind }) => debitKind)}::text[],
      ${transfers.map(({ debitOwner }) => debitOwner)}::text[],
      ${transfers.map(({ creditKind }) => creditKind)}::text[],
      ${transfers.map(({ creditOwner }) => creditOwner)}::text[],
      ${moves.map(({ amount }) => amount)}::bigint[], ${nowSeconds}::integer) as approved
  `.execute(database);
  return rows[0]?.approved ?? false;
}
