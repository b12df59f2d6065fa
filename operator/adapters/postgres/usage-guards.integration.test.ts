import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { change, endLease, openedAt, usageReport, writeLease } from '../../testing/usage.ts';
import { createUsageIntake } from './usage-intake.ts';

let database: TestDatabase;

/** Rosters of heartbeats that were dropped for their age may go; this one never is. */
const recentMinute = Date.UTC(2037, 0) / 60_000;

beforeAll(async () => {
  database = await testDatabase();
  await writeLease(database.writer, 'a', 'lease-1');
  await writeLease(database.writer, 'a', 'lease-2');
  await endLease(database.writer, 'lease-2', openedAt + 100, 'Closing');
  const intake = createUsageIntake(database.writer);
  const changes = [
    change({ lease: 'lease-1', start: 10, end: 20 }),
    change({ lease: 'lease-1', gpu: 1, start: 10 }),
    change({ lease: 'lease-of-nobody', start: 10 }),
  ];
  const now = (openedAt + 600) * 1000;
  await intake.report('a', usageReport(1, 300, changes), now);
  await intake.heartbeat(
    'a',
    { minute: recentMinute, sentAtMs: now, rosterHash: 'h'.repeat(64), roster: ['d'], up: 'AQ==' },
    now,
  );
});
afterAll(() => database.close());

const tables = [
  'settings',
  'members',
  'leases',
  'lease_devices',
  'intervals',
  'rosters',
  'heartbeats',
  'dead_letters',
];
const changesOfContent = [
  `update io.settings set genesis_s = 0`,
  `update io.members set name = 'b'`,
  `update io.members set observed_until_s = observed_until_s - 1`,
  `update io.leases set renter = 'somebody/else'`,
  `update io.leases set ended_at_s = ended_at_s + 1 where lease_id = 'lease-2'`,
  `update io.leases set state = 'Open', ended_at_s = null where lease_id = 'lease-2'`,
  `update io.lease_devices set rate_per_hour = 1`,
  `update io.intervals set end_s = end_s + 1 where end_s is not null`,
  `update io.intervals set end_s = null, end_reason = null where end_s is not null`,
  `update io.intervals set start_s = start_s - 1`,
  `update io.intervals set rate_per_hour = 1`,
  `update io.rosters set devices = '{}'`,
  `update io.heartbeats set minute = minute + 1`,
  `update io.dead_letters set change = '{}'`,
];

describe('the owner', () => {
  const kept = /: what was written there is kept|: it is only ever added to/;
  test.each(changesOfContent)('is refused: %s', async (statement) => {
    await expect(sql.raw(statement).execute(database.owner)).rejects.toThrow(kept);
  });
  test.each(tables)('deletes nothing from io.%s, nor empties it', async (table) => {
    const deletion = sql.raw(`delete from io.${table}`).execute(database.owner);
    await expect(deletion).rejects.toThrow(kept);
    const truncation = sql.raw(`truncate io.${table} cascade`).execute(database.owner);
    await expect(truncation).rejects.toThrow(kept);
  });

  test('does not empty a partition either', async () => {
    const { rows } = await sql<{ name: string }>`
      select inhrelid::regclass::text as name from pg_inherits
      where inhparent in ('io.intervals'::regclass, 'io.heartbeats'::regclass)`.execute(
      database.owner,
    );
    expect(rows.length).toBeGreaterThanOrEqual(2);
    for (const { name } of rows) {
      const truncation = sql.raw(`truncate ${name}`).execute(database.owner);
      await expect(truncation).rejects.toThrow(kept);
    }
  });
});

describe('the writer', () => {
  const denied = /permission denied|must be owner/;
  test.each([
    ...changesOfContent.filter((statement) => !/observed_until_s|ended_at_s|end_s/.test(statement)),
    ...tables.map((table) => `delete from io.${table}`),
    ...tables.map((table) => `truncate io.${table}`),
    `insert into io.settings (genesis_s) values (0)`,
    `alter table io.intervals disable trigger all`,
    `create table io.other (n integer)`,
    `select io.make_partition('intervals', 0, 1, 0, 100)`,
    `select * from io.kysely_migration`,
  ])('may not: %s', async (statement) => {
    await expect(sql.raw(statement).execute(database.writer)).rejects.toThrow(denied);
  });
  test.each(changesOfContent.filter((text) => /observed_until_s|ended_at_s|end_s/.test(text)))(
    'is refused: %s',
    async (statement) => {
      await expect(sql.raw(statement).execute(database.writer)).rejects.toThrow('is refused');
    },
  );
});

describe('the reader', () => {
  test.each(tables)('reads io.%s and changes nothing', async (table) => {
    const { rows } = await sql.raw(`select count(*) from io.${table}`).execute(database.reader);
    expect(rows).toHaveLength(1);
    for (const statement of [
      `insert into io.${table} default values`,
      `delete from io.${table}`,
      `truncate io.${table}`,
    ]) {
      const attempt = sql.raw(statement).execute(database.reader);
      await expect(attempt).rejects.toThrow('permission denied');
    }
  });
  test.each([
    ...changesOfContent,
    `select io.ensure_partitions(0, 1)`,
    `select io.drop_heartbeats(0)`,
  ])('may not: %s', async (statement) => {
    await expect(sql.raw(statement).execute(database.reader)).rejects.toThrow('permission denied');
  });
});
