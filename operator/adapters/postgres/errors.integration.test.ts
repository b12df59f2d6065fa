import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import {
  change,
  intervalsOf,
  openedAt,
  usageReport,
  watermarkOf,
  writeLease,
} from '../../testing/usage.ts';
import { type Database, openDatabase } from './database.ts';
import { createUsageIntake } from './usage-intake.ts';

let database: TestDatabase;
let slow: Database;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test.each([
  ['a statement', 'statement', 200, ''],
  ['a lock', 'lock', 30_000, '?options=-c%20lock_timeout%3D200'],
])(
  'what waits for %s too long is not stored, and is when it is told again',
  async (_, name, statementTimeoutMs, options) => {
    const [member, lease] = [`member-${name}`, `lease-${name}`];
    await writeLease(database.writer, member, lease);
    const of = { applicationName: 'tests', statementTimeoutMs };
    slow = openDatabase(`${database.writerUrl}${options}`, of);
    try {
      const report = () =>
        createUsageIntake(slow).report(
          member,
          usageReport(
            1,
            60,
            [change({ lease, start: 5, end: 9 })],
            `spool-of-${member}-0123456789`,
          ),
          (openedAt + 60) * 1000,
        );
      await database.owner.transaction().execute(async (holder) => {
        await sql`select from io.members where name = ${member} for update`.execute(holder);
        await expect(report()).rejects.toThrow(StoreUnavailableError);
        await expect(report()).rejects.toThrow(
          /the database does not answer: .* due to .* timeout/,
        );
        expect(await intervalsOf(database.reader, lease)).toEqual([]);
        expect(await watermarkOf(database.reader, member)).toBe(-openedAt);
      });
      expect(await report()).toEqual({ accepted: 1, duplicate: 0, rejected: [] });
      expect(await watermarkOf(database.reader, member)).toBe(60);
    } finally {
      await slow.destroy();
    }
  },
);
