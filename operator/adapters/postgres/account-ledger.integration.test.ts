import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { monthsOf } from '../../domain/statements/series.ts';
import { sumsByAsset } from '../../domain/statements/totals.ts';
import { type AccountLedger, type LedgerLine, PageKeyError } from '../../ports/account-ledger.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { writeHistory } from '../../testing/ledger-history.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { createAccountLedger } from './account-ledger.ts';
import { countAccountLines } from './account-lines.ts';
import { readStatement } from './statement-reader.ts';

let database: TestDatabase;
let ledger: AccountLedger;

beforeAll(async () => {
  database = await testDatabase();
  await writeHistory(database.writer, 60, 5);
  ledger = createAccountLedger(database.writer);
}, 120_000);

afterAll(() => database.close());

const accounts = ['team-a/rich', 'team-c/poor', 'io-paris/paris'];

/** All of it by the simplest query that there is. */
async function allLines(owner: string): Promise<readonly string[]> {
  const { rows } = await sql<{ line: string }>`
    select concat_ws(' ', t.epoch, t.at_s, encode(t.transfer_id, 'hex'), a.kind, a.asset, t.cause,
      t.subject, case when a.account_no = t.credit then t.amount else -t.amount end) as line
    from io.transfers t join io.accounts a on a.account_no in (t.debit, t.credit)
    where a.owner = ${owner}
    order by t.epoch desc, t.at_s desc, t.transfer_id desc, (a.account_no = t.credit) desc
  `.execute(database.owner);
  return rows.map(({ line }) => line);
}

const lineOf = (line: LedgerLine): string =>
  [line.epoch, line.atSeconds, line.transferId, line.account, line.asset, line.cause, line.subject]
    .filter((part) => part !== '')
    .join(' ')
    .concat(line.subject === '' ? '  ' : ' ', String(line.amount));

async function pages(owner: string, limit: number): Promise<readonly LedgerLine[]> {
  const lines: LedgerLine[] = [];
  let after: string | undefined;
  do {
    const page = await ledger.lines(owner, { limit, after });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    lines.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return lines;
}

describe('lines', () => {
  /** By pages of a few and of many. */
  const told = (owner: string) =>
    Promise.all([7, 200].map(async (limit) => (await pages(owner, limit)).map(lineOf)));

  test.each(accounts)('of %s are all of it, whatever the size of a page', async (owner) => {
    const expected = await allLines(owner);
    expect(expected.length).toBeGreaterThan(60);
    expect(await told(owner)).toEqual([expected, expected]);
  });

  test('are the same once it was counted where they are', async () => {
    for (let time = 1; time <= 2; time += 1) await countAccountLines(database.writer);
    const { rows } = await sql<{ until: number; lines: bigint }>`
      select until, (select sum(lines) from io.account_buckets b join io.accounts a
        using (account_no) where owner = 'team-a/rich') as lines
      from io.account_buckets_counted`.execute(database.reader);
    // Of 60 epochs two days are closed.
    expect(rows[0]?.until).toBe(48);
    const counted = (await allLines('team-a/rich')).filter(
      (line) => Number(line.split(' ')[0]) <= 48,
    );
    expect(BigInt(rows[0]?.lines ?? 0)).toBe(BigInt(counted.length));
    for (const owner of accounts) {
      const expected = await allLines(owner);
      expect(await told(owner)).toEqual([expected, expected]);
    }
  });

  test('of an owner add up to what the accounts have', async () => {
    const sums = new Map<string, bigint>();
    for (const { account, asset, amount } of await pages('team-b/rich', 200)) {
      const key = `${account} ${asset}`;
      sums.set(key, (sums.get(key) ?? 0n) + amount);
    }
    const { rows } = await sql<{ name: string; balance: bigint }>`
      select kind || ' ' || asset as name, balance from io.accounts
      where owner = 'team-b/rich'`.execute(database.reader);
    expect(sums).toEqual(new Map(rows.map(({ name, balance }) => [name, balance])));
  });

  test('of nobody are none', async () => {
    expect(await ledger.lines('no/body', { limit: 10 })).toEqual({ items: [], next: undefined });
  });

  test.each(['', 'x', '1.2.3.4', `1.1.${'0'.repeat(64)}.2`, `1.9999999999.${'0'.repeat(64)}.1`])(
    'after %j, where no page ended, are refused',
    async (after) => {
      await expect(ledger.lines('team-a/rich', { limit: 1, after })).rejects.toThrow(PageKeyError);
    },
  );

  test('of few pages read few of the indexes', async () => {
    const { rows } = await sql<{ 'QUERY PLAN': string }>`explain
      select from io.transfers t where t.debit = 1 and t.epoch between 1 and 48
      order by t.epoch desc, t.at_s desc limit 10`.execute(database.owner);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index (Only )?Scan Backward using transfers_\d+_debit_epoch_at_s_idx/);
    expect(plan).not.toMatch(/transfers_49/);
  });
});

describe('months', () => {
  test.each(accounts)('of %s say what the lines of its statement say', async (owner) => {
    const statement = await readStatement(database.reader, owner, '2026-11');
    const months = monthsOf(await ledger.flows(owner, '2026-11'));
    expect(new Set(months.map(({ month }) => month))).toEqual(new Set(['2026-11']));
    for (const { asset, spent, earned, fees, rewards } of months) {
      const paid = sumsByAsset(statement.rented).find((each) => each.asset === asset)?.paid ?? 0n;
      const got =
        sumsByAsset(statement.supplied).find((each) => each.asset === asset)?.earned ?? 0n;
      const own = owner.startsWith('team') ? [spent + fees, earned] : [spent, earned - fees];
      expect(own).toEqual([paid, got]);
      const rewarded = statement.rewards.reduce((sum, { amount }) => sum + amount, 0n);
      expect(rewards).toBe(asset === 'IO' ? rewarded : 0n);
    }
  });

  test('before the ledger began, and after it, are none', async () => {
    expect(await ledger.flows('team-a/rich', '2027-06')).toEqual([]);
    expect(await ledger.flows('team-a/rich', '2020-01')).not.toEqual([]);
  });
});

describe('a cluster', () => {
  test('used and cost what its charges say', async () => {
    const { rows: clusters } = await sql<{ uid: string; cluster: string }>`
      select cluster_uid as uid, max(cluster) as cluster from io.leases
      group by 1 order by count(*) desc, 1 limit 3`.execute(database.reader);
    for (const { uid } of clusters) {
      const usage = await ledger.clusterUsage(uid, 720);
      const { rows } = await sql<{ seconds: bigint; total: bigint }>`
        select coalesce(sum(c.seconds + c.late_seconds), 0)::bigint as seconds,
          coalesce((select sum(m.total) from (select max(c.collected_sum) as total
            from io.charges c join io.leases l using (lease_no) where l.cluster_uid = ${uid}
              and c.epoch = (select max(epoch) from io.charges x where x.lease_no = c.lease_no)
            group by c.lease_no) m), 0)::bigint as total
        from io.charges c join io.leases l using (lease_no)
        where l.cluster_uid = ${uid}`.execute(database.reader);
      const seconds = usage.items.reduce((sum, { deviceSeconds }) => sum + deviceSeconds, 0n);
      expect(seconds).toBe(rows[0]?.seconds);
      const total = usage.total.reduce((sum, { amount }) => sum + amount, 0n);
      expect(total).toBe(rows[0]?.total);
      expect(usage.items.reduce((sum, { amount }) => sum + amount, 0n)).toBe(total);
      const epochs = usage.items.map(({ epoch }) => epoch);
      expect(epochs).toEqual(epochs.toSorted((a, b) => b - a));
    }
  });

  test('that nobody has is none', async () => {
    expect(await ledger.clusterUsage('no-such-uid', 10)).toEqual({ items: [], total: [] });
  });
});

test('while the database is away, that is said', async () => {
  const away = database.connect('postgres://nobody@127.0.0.1:1/none');
  const nowhere = createAccountLedger(away);
  for (const asked of [
    nowhere.lines('a/b', { limit: 1 }),
    nowhere.flows('a/b', '2026-11'),
    nowhere.clusterUsage('uid', 1),
  ]) {
    await expect(asked).rejects.toThrow(StoreUnavailableError);
  }
});
