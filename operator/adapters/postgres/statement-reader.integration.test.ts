import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { statementCsv } from '../../domain/statements/csv.ts';
import { focusCsv } from '../../domain/statements/focus.ts';
import { invoiceHtml } from '../../domain/statements/html.ts';
import { statementText } from '../../domain/statements/text.ts';
import { sumsByAsset } from '../../domain/statements/totals.ts';
import type { Movement, Statement } from '../../domain/statements/types.ts';
import { writeHistory } from '../../testing/ledger-history.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { readStatement } from './statement-reader.ts';

const month = '2026-11';
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await writeHistory(database.writer, 12, 5);
});

afterAll(() => database.close());

const statementOf = (account: string, of = month): Promise<Statement> =>
  readStatement(database.reader, account, of);

function moved(
  { movements }: Statement,
  account: string,
  asset: string,
  which: (cause: string) => boolean,
): bigint {
  const own = movements.filter(
    (each: Movement) => each.account === account && each.asset === asset && which(each.cause),
  );
  return own.reduce((sum, { amount }) => sum + amount, 0n);
}

const isCharge = (cause: string): boolean =>
  ['Usage', 'RenterFee', 'SupplierFee', 'Rounding', 'Correction'].includes(cause);

test.each(['team-a/rich', 'team-b/rich', 'team-c/poor'])(
  'what %s paid by its lines is what left its account',
  async (account) => {
    const statement = await statementOf(account);
    expect(statement.rented.length).toBeGreaterThan(0);
    expect(statement.supplied).toEqual([]);
    for (const { asset, paid } of sumsByAsset(statement.rented)) {
      expect(paid).toBe(-moved(statement, 'renter:held', asset, isCharge));
    }
  },
);

test.each(['io-paris/paris', 'io-oslo/oslo', 'io-lima/lima'])(
  'what %s earned by its lines is what came to its account',
  async (account) => {
    const statement = await statementOf(account);
    expect(statement.rented).toEqual([]);
    for (const { asset, earned } of sumsByAsset(statement.supplied)) {
      expect(earned).toBe(moved(statement, 'supplier:earned', asset, isCharge));
    }
    const rewards = statement.rewards.reduce((sum, { amount }) => sum + amount, 0n);
    expect(rewards).toBe(moved(statement, 'supplier:rewards', 'IO', (cause) => cause === 'Reward'));
    expect(rewards).toBeGreaterThan(0n);
    expect(statement.rewards.every(({ ioPrice }) => ioPrice === 250_000n)).toBe(true);
    expect(statement.unrewarded.every(({ reasons }) => reasons.length > 0)).toBe(true);
  },
);

test('seconds of all lines are those of all charges', async () => {
  const accounts = ['team-a/rich', 'team-b/rich', 'team-c/poor'];
  const statements = await Promise.all(accounts.map((account) => statementOf(account)));
  const seconds = statements
    .flatMap(({ rented }) => rented)
    .reduce((sum, line) => sum + line.seconds, 0n);
  const { rows } = await sql<{ seconds: bigint }>`
    select sum(seconds + late_seconds)::bigint as seconds from io.charges`.execute(database.reader);
  expect(seconds).toBe(rows[0]?.seconds);
});

test('a lease with several models has a line for each, with the model that was leased', async () => {
  const { rented } = await statementOf('team-a/rich');
  const models = new Set(rented.map(({ model }) => model));
  expect(models).toEqual(new Set(['H100-80GB-HBM3', 'B200', 'L4', 'A10']));
  const kinds = new Set(rented.map(({ kind }) => kind));
  expect(kinds).toEqual(new Set(['Usage', 'Correction']));
});

test('balances lead from the beginning of the month to now', async () => {
  const statement = await statementOf('team-b/rich');
  const { rows } = await sql<{ kind: string; asset: string; balance: bigint }>`
    select kind, asset, balance from io.accounts where owner = 'team-b/rich'`.execute(
    database.reader,
  );
  for (const { kind, asset, balance } of rows) {
    const own = statement.balances.find((each) => each.account === kind && each.asset === asset);
    expect(own).toMatchObject({ opening: 0n, closing: balance });
  }
});

describe('a month without epochs', () => {
  test.each(['2026-10', '2026-12'])('%s says nothing', async (of) => {
    const statement = await statementOf('team-a/rich', of);
    expect(statement).toMatchObject({ epochs: undefined, rented: [], movements: [] });
  });
});

test('every format takes it', async () => {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const statement = await statementOf('team-a/rich');
  expect(statementText(statement)).toContain('Statement of team-a/rich for 2026-11');
  expect(statementCsv(statement).split('\r\n')).toHaveLength(statement.rented.length + 2);
  expect(focusCsv(statement).split('\r\n')).toHaveLength(statement.rented.length + 2);
  expect(invoiceHtml(statement, hash)).toContain('Due, and paid from the account');
});
