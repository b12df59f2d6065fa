import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { writeHistory } from '../../testing/ledger-history.ts';
import { type TestDatabase, testDatabase, testGenesisSeconds } from '../../testing/postgres.ts';
import { epochEnd } from '../../domain/epoch.ts';
import { createEpochLedger } from '../postgres/epoch-ledger.ts';
import { createLeaseLedger } from '../postgres/lease-ledger.ts';
import { createAuditSource } from '../postgres/audit-reader.ts';
import type { Database } from '../postgres/database.ts';
import { audit } from './audit.ts';

const epochs = 30;

async function countOf(database: Database, query: string): Promise<number> {
  const { rows } = await sql<{ n: bigint }>`select count(*) as n from ${sql.raw(query)}`.execute(
    database,
  );
  return Number(rows[0]?.n);
}

/** Ends a lease in the epoch that is open after 8, and settles it. */
async function endInOpenEpoch({ owner, writer }: TestDatabase): Promise<void> {
  const now = epochEnd(9, testGenesisSeconds) - 60;
  const leases = createLeaseLedger(writer);
  const [open = ''] = await leases.openLeases('', 1);
  await leases.close(open, now - 10, 'deleted by its renter');
  await sql`update io.members set observed_until_s = ${now}`.execute(owner);
  expect(await createEpochLedger(writer).settleClosing(10, now)).toBeGreaterThan(0);
}

describe.each([1, 2, 3])('a random history, seed %i', (seed) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await testDatabase();
    await writeHistory(database.writer, epochs, seed);
  });

  afterAll(() => database.close());

  test('has late usage, shortfalls, ends that were told anew and rewards', async () => {
    const { owner } = database;
    expect(await countOf(owner, 'io.charges where late_seconds < 0')).toBeGreaterThan(0);
    expect(await countOf(owner, 'io.charges where late_seconds > 0')).toBeGreaterThan(0);
    expect(await countOf(owner, 'io.charges where collected_sum < total_sum')).toBeGreaterThan(0);
    expect(await countOf(owner, "io.transfers where cause = 'HoldReleased'")).toBeGreaterThan(0);
    expect(await countOf(owner, "io.transfers where subject like '%/%'")).toBeGreaterThan(0);
    expect(await countOf(owner, 'io.interval_revisions')).toBeGreaterThan(0);
    expect(await countOf(owner, 'io.device_rewards where amount > 0')).toBeGreaterThan(0);
    expect(await countOf(owner, 'io.reward_roots')).toBeGreaterThan(0);
    expect(await countOf(owner, 'io.reward_wallets')).toBeGreaterThan(2);
  });

  test.each([
    ['all of it', 1, epochs],
    ['all of it, and what was settled since', 1, undefined],
    ['the first epoch', 1, 1],
    ['one in the middle', 17, 17],
    ['a part', 9, 21],
    ['the last one', epochs, epochs],
  ])('%s is what is computed again', async (_, from, to) => {
    const result = await audit(createAuditSource(database.reader), from, to);
    expect(result.first).toEqual([]);
    const last = to ?? epochs + 1;
    expect(result).toMatchObject({ from, to: last, differences: 0 });
    expect(result.epochs).toHaveLength(last - from + 1);
    expect(result.epochs.at(-1)?.closed).toBe(to !== undefined);
  });
});

describe('what a superuser changed is found', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await testDatabase();
    await writeHistory(database.writer, 8, 4);
    await endInOpenEpoch(database);
  });

  afterAll(() => database.close());

  /** Changes rows past all triggers and privileges. */
  async function tamper(statement: string): Promise<void> {
    await database.owner.transaction().execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx);
      const { numAffectedRows } = await sql.raw(statement).execute(tx);
      expect(numAffectedRows).toBe(1n);
    });
  }

  const keys: Readonly<Record<string, string>> = {
    accounts: 'account_no',
    transfers: 'transfer_id',
    deposits: 'reference',
    charges: 'epoch, lease_no',
    prices: 'epoch',
    epochs: 'epoch',
    leases: 'lease_no',
    lease_devices: 'lease_no, slot',
    intervals: 'lease_no, slot, pod_uid',
    interval_revisions: 'lease_no, slot, known_epoch, end_s',
    reward_epochs: 'epoch',
    reward_classes: 'epoch, class_no',
    reward_members: 'epoch, member, supplier',
    wallets: 'wallet_no',
    reward_standings: 'epoch',
    reward_roots: 'epoch',
    reward_totals: 'epoch, wallet_index',
    chain_events: 'event_no',
    suspense: 'subject',
    payout_requests: 'request_no',
  };

  /** A condition that one row fulfils, and will when another column of it has changed. */
  async function rowId(table: string, where: string): Promise<string> {
    const key = keys[table] ?? '';
    const { rows } = await sql<{ id: string }>`
      select row(${sql.raw(key)})::text as id
      from ${sql.raw(`io.${table}`)} where ${sql.raw(where)} order by 1 limit 1`.execute(
      database.owner,
    );
    expect(rows).toHaveLength(1);
    return `row(${key})::text = '${rows[0]?.id.replaceAll("'", "''")}'`;
  }

  test.each([
    ['accounts', 'balance', "kind = 'supplier:earned'"],
    ['transfers', 'amount', "cause = 'Usage'"],
    ['transfers', 'at_s', "cause = 'SupplierFee'"],
    ['transfers', 'amount', "cause = 'Hold'"],
    ['transfers', 'amount', "cause = 'Reward'"],
    ['deposits', 'amount', "asset = 'USDC'"],
    ['charges', 'total_sum', 'total_sum > 0'],
    ['charges', 'renewed_sum', 'epoch = 3 and raw_sum > 0'],
    ['charges', 'seconds', 'epoch = 8'],
    ['charges', 'total_sum', 'epoch = 9 and final'],
    ['prices', 'micro_usd', 'epoch = 2'],
    ['reward_classes', 'flags', 'amount > 0'],
    ['epochs', 'leases', 'epoch = 4'],
    ['leases', 'renter_basis_points', 'lease_no = 1'],
    ['leases', 'hold_base', 'closed_epoch is null'],
    ['lease_devices', 'rate_per_hour', 'lease_no in (select lease_no from io.intervals)'],
    ['intervals', 'start_s', 'end_s > start_s + 1 and settled_epoch = 2'],
    ['intervals', 'end_s', 'settled_epoch = 3 and end_s is not null'],
    ['interval_revisions', 'start_s', 'end_s > start_s + 1'],
    ['reward_epochs', 'emitted', 'epoch = 5'],
    ['reward_epochs', 'undistributed', 'epoch = 5'],
    ['reward_classes', 'amount', 'amount > 0'],
    ['reward_classes', 'up_minutes', 'amount > 0'],
    ['reward_members', 'amount', 'amount > 0'],
    ['wallets', 'since_epoch', 'since_epoch = 1'],
    ['reward_standings', 'total', 'wallets > 0'],
    ['reward_standings', 'wallets', 'wallets > 0'],
    ['reward_roots', 'depth', 'epoch > 0'],
    ['transfers', 'amount', "cause = 'Stake'"],
    ['transfers', 'amount', "cause = 'DriftRepair'"],
    ['chain_events', 'posted_epoch', "kind = 'Staked'"],
    ['suspense', 'amount', 'account is null'],
    ['transfers', 'amount', "cause = 'PaidOut'"],
    ['transfers', 'amount', "cause = 'Withdrawal'"],
    ['payout_requests', 'amount', 'exists (select from io.payout_batches)'],
    ['suspense', 'amount', 'account is not null'],
  ])('in %s: %s where %s', async (table, column, where) => {
    // The row is found by what is not changed.
    const id = await rowId(table, where);
    await tamper(`update io.${table} set ${column} = ${column} + 1 where ${id}`);
    const { differences } = await audit(createAuditSource(database.reader), 1);
    await tamper(`update io.${table} set ${column} = ${column} - 1 where ${id}`);
    expect(differences).toBeGreaterThan(0);
  });

  test.each([
    ['chain_events', 'payload', `payload || '{"amount": "7"}'`, "kind = 'Staked'"],
    ['chain_events', 'kind', "'Staked'", "kind = 'Claimed'"],
    ['chain_events', 'owner', "'renters/thief'", "kind = 'Deposited' and owner <> ''"],
    ['chain_events', 'owner', "'renters/thief'", "kind = 'Withdrawn'"],
    ['suspense', 'account', "'renters/thief'", 'account is not null'],
    ['repairs', 'transfers', `'[]'::jsonb`, 'jsonb_array_length(transfers) > 0'],
  ])('in %s: another %s', async (table, column, value, where) => {
    const key = table === 'repairs' ? 'plan_id' : (keys[table] ?? '');
    const { rows } = await sql<{ id: string; old: string }>`
      select ${sql.raw(key)}::text as id, ${sql.raw(column)}::text as old
      from ${sql.raw(`io.${table}`)} where ${sql.raw(where)} order by 1 limit 1`.execute(
      database.owner,
    );
    const [{ id, old } = { id: '', old: '' }] = rows;
    const set = (text: string): Promise<void> =>
      tamper(`update io.${table} set ${column} = ${text} where ${key}::text = '${id}'`);
    await set(value);
    const { differences } = await audit(createAuditSource(database.reader), 1);
    await set(`'${old}'`);
    expect(differences).toBeGreaterThan(0);
  });

  test('and when all is as it was, nothing is found', async () => {
    const { first } = await audit(createAuditSource(database.reader), 1);
    expect(first).toEqual([]);
  });
});
