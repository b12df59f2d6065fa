import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type TestDatabase, testDatabase, testGenesisSeconds } from '../../testing/postgres.ts';
import { change, intervalsOf, openedAt, usageReport, writeLease } from '../../testing/usage.ts';
import { createUsageIntake } from './usage-intake.ts';
import { genesisSeconds, migrate, migrationNames } from './migrate.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase({ migrated: false });
});

afterAll(() => database.close());

test('every version comes from the one before, and the last is reached once', async () => {
  for (const name of migrationNames) {
    const options = { genesisSeconds: testGenesisSeconds, upTo: name };
    expect(await migrate(database.owner, options)).toEqual([name]);
  }
  expect(await migrate(database.owner, { genesisSeconds: 0 })).toEqual([]);
  expect(await genesisSeconds(database.owner)).toBe(testGenesisSeconds);
});

test('what the first version holds goes on through all that follow', async () => {
  const other = await testDatabase({ migrated: false });
  try {
    const [first = ''] = migrationNames;
    await migrate(other.owner, { genesisSeconds: testGenesisSeconds, upTo: first });
    await writeLease(other.writer, 'a', 'lease-1');
    await sql`select io.ensure_partitions(${openedAt}, ${openedAt})`.execute(other.writer);
    await sql`
      insert into io.intervals (lease_no, slot, pod_uid, start_s, rate_per_hour, received_ms)
      select lease_no, slot, gen_random_uuid(), ${openedAt}, rate_per_hour, 0
      from io.lease_devices`.execute(other.writer);
    await migrate(other.owner, { genesisSeconds: 0 });
    expect(await genesisSeconds(other.reader)).toBe(testGenesisSeconds);
    const stored = await intervalsOf(other.reader, 'lease-1');
    expect(stored.map((line) => line.slice(0, 1))).toEqual(['0', '1', '2', '3']);
    // They are used as what is written now.
    const told = { ...change({ lease: 'lease-1', start: 5, end: 9 }), device: 'gpu-9' };
    const receipt = await createUsageIntake(other.writer).report(
      'a',
      usageReport(1, 60, [change({ lease: 'lease-1', start: 5, end: 9 }), told]),
      (openedAt + 60) * 1000,
    );
    expect(receipt).toMatchObject({ accepted: 1, rejected: [{ reason: 'DeviceNotInLease' }] });
  } finally {
    await other.close();
  }
});

test('two processes that migrate at once do it once', async () => {
  const other = await testDatabase({ migrated: false });
  try {
    const pools = [other.owner, other.connect(other.ownerUrl)];
    const runs = pools.map((pool) => migrate(pool, { genesisSeconds: testGenesisSeconds }));
    const applied = (await Promise.all(runs)).map(({ length }) => length);
    expect(applied.toSorted((a, b) => a - b)).toEqual([0, migrationNames.length]);
  } finally {
    await other.close();
  }
});

test('a sum beyond 2^53 is read as it is', async () => {
  const { rows } = await sql<{ n: bigint }>`select 9007199254740993::int8 as n`.execute(
    database.owner,
  );
  expect(rows[0]?.n).toBe(9_007_199_254_740_993n);
});
