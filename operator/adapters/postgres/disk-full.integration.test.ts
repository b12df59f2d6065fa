import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { UsageReport } from '../../domain/metering/types.ts';
import type { IntakeReceipt } from '../../ports/usage-intake.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { startDatabaseOnSmallDisk, type TestDatabase } from '../../testing/postgres.ts';
import {
  change,
  intervalsOf,
  openedAt,
  usageReport,
  watermarkOf,
  writeLease,
} from '../../testing/usage.ts';
import { createUsageIntake } from './usage-intake.ts';

/** Room for the server and two databases, its log among it. */
const diskMiB = 192;
/** Little log, so that the tests say whether it is the tables or the log that finds no room. */
const settings = {
  ...{ max_wal_size: '64MB', shared_buffers: '16MB', max_connections: '30' },
  ...{ full_page_writes: 'off', autovacuum: 'off', checkpoint_timeout: '1h' },
};
const devices = 400;
const lease = 'lease-a';
const mostReports = 400;
let server: Awaited<ReturnType<typeof startDatabaseOnSmallDisk>>;
let database: TestDatabase;
/** Reports whose receipt came. */
let acknowledged = 0;

beforeAll(async () => {
  server = await startDatabaseOnSmallDisk(diskMiB, settings);
  database = await server.database();
  await writeLease(database.writer, 'a', lease, devices);
}, 120_000);
afterAll(async () => {
  await database?.close();
  await server?.stop();
});

/** An interval of each device of the lease. */
function reportOf(sequence: number): UsageReport {
  const start = sequence * 10;
  const of = (gpu: number) => change({ lease, gpu, start, end: start + 5 });
  return usageReport(
    sequence,
    start + 9,
    Array.from({ length: devices }, (_, gpu) => of(gpu)),
  );
}

/** The report that is to be sent next, as an agent does it. */
async function report(): Promise<IntakeReceipt> {
  const next = reportOf(acknowledged + 1);
  const receivedMs = (openedAt + mostReports * 10) * 1000;
  const receipt = await createUsageIntake(database.writer).report('a', next, receivedMs);
  acknowledged += 1;
  return receipt;
}

/** Reports until one is not taken, and says why. */
async function refusal(): Promise<unknown> {
  for (let n = 0; n < mostReports; n += 1) {
    const failure = await report().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure !== undefined) return failure;
  }
  throw new Error(`${mostReports} reports were taken: the disk is not full`);
}

/** What was acknowledged is there once, and nothing else. */
async function expectWhole(): Promise<void> {
  const expected = Array.from({ length: acknowledged }, (_, n) => (n + 1) * 10).flatMap((start) =>
    Array.from({ length: devices }, (_, gpu) => `${gpu} 1 ${start}-${start + 5} NotReady`),
  );
  const stored = await intervalsOf(database.reader, lease);
  expect(stored.toSorted()).toEqual(expected.toSorted());
  expect(await watermarkOf(database.reader, 'a')).toBe(acknowledged * 10 + 9);
  const { rows } = await sql<{ letters: number }>`
    select count(*)::integer as letters from io.dead_letters`.execute(database.reader);
  expect(rows).toEqual([{ letters: 0 }]);
}

test('what a full disk cannot take is not acknowledged, nothing is half there, and with room it goes on', async () => {
  // A fresh segment of the log.
  await sql`checkpoint`.execute(database.owner);
  await sql`select pg_switch_wal()`.execute(database.owner);
  await report();
  await server.disk.fill(4 * 1024 * 1024);
  const first = await refusal();
  expect(first).toBeInstanceOf(StoreUnavailableError);
  expect(String(first)).toContain('the disk of the database is full');
  expect(String(first)).toContain('No space left on device');
  expect(acknowledged).toBeGreaterThan(1);
  for (let n = 0; n < 3; n += 1) await expect(report()).rejects.toThrow(StoreUnavailableError);
  await expectWhole();
  await server.disk.free();
  expect(await report()).toEqual({ accepted: devices, duplicate: 0, rejected: [] });
  expect(await report()).toEqual({ accepted: devices, duplicate: 0, rejected: [] });
  await expectWhole();
});

test('a server that finds no room for its log falls over, and has all that was acknowledged', async () => {
  await server.disk.fill();
  await sql`select pg_switch_wal()`.execute(database.owner);
  let failure = await refusal();
  for (let n = 0; n < mostReports && String(failure).includes('No space left'); n += 1) {
    failure = await refusal();
  }
  expect(failure).toBeInstanceOf(StoreUnavailableError);
  expect(String(failure)).toContain('the database does not answer');
  await server.disk.free();
  // It may still be on its way down, or trying to come up again by itself.
  await server.kill();
  await server.start();
  await expectWhole();
  expect(await report()).toEqual({ accepted: devices, duplicate: 0, rejected: [] });
  await expectWhole();
});
