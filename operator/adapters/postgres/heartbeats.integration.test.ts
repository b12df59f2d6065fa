import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { HeartbeatReport } from '../../domain/metering/types.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { maintainPartitions } from './partitions.ts';
import { createUsageIntake } from './usage-intake.ts';

let database: TestDatabase;
let member: string;
let count = 0;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(() => {
  count += 1;
  member = `member-${count}`;
});

const now = Date.UTC(2026, 10, 24);
const minute = now / 60_000;
const hash = 'a'.repeat(64);
const roster = Array.from({ length: 10 }, (_, n) => `gpu-${n}`);
const up = (...bytes: number[]): string => Buffer.from(bytes).toString('base64');

function send(report: Partial<HeartbeatReport>, from = member) {
  const full = { minute, sentAtMs: now, rosterHash: hash, up: up(0xff, 0x03), ...report };
  return createUsageIntake(database.writer).heartbeat(from, full, now);
}

async function stored(): Promise<readonly unknown[]> {
  const { rows } = await sql<{ minute: number; up: string; devices: number }>`
    select h.minute - ${minute}::integer as minute, encode(h.up, 'hex') as up,
      cardinality(r.devices) as devices
    from io.heartbeat_bits h join io.members m using (member_no) join io.rosters r using (roster_no)
    where m.name = ${member} order by h.minute`.execute(database.reader);
  return rows.map((row) => [row.minute, row.up, row.devices]);
}

test('a minute is stored once the roster is known', async () => {
  expect(await send({})).toBe('RosterUnknown');
  expect(await send({ roster })).toBe('Stored');
  expect(await send({ minute: minute + 1, up: up(1, 2) })).toBe('Stored');
  expect(await stored()).toEqual([
    [0, 'ff03', 10],
    [1, '0102', 10],
  ]);
});

test('a minute that is told twice is up where it was up in either', async () => {
  await send({ roster, up: up(0b0101, 0) });
  await send({ up: up(0b1001, 2) });
  await send({ up: up(0b0001, 0) });
  expect(await stored()).toEqual([[0, '0d02', 10]]);
});

test.each([
  ['all are up', 600, [], 0],
  ['one is down', 600, [599], 2],
  ['some are down', 600, [0, 8, 300], 6],
  ['many are down', 600, Array.from({ length: 38 }, (_, n) => n * 15), 75],
  ['none is up', 600, Array.from({ length: 600 }, (_, n) => n), 75],
  ['all of few are up', 1, [], 0],
  ['one of few is down', 5, [3], 1],
  ['the last of many is down', 20_000, [0, 19_999], 4],
])('%s: what is stored is short, and reads as it was sent', async (_, devices, down, length) => {
  const bits = Buffer.alloc(Math.ceil(devices / 8));
  for (let n = 0; n < devices; n += 1) {
    if (!down.includes(n)) bits[n >> 3] = (bits[n >> 3] ?? 0) | (1 << (n & 7));
  }
  const names = Array.from({ length: devices }, (__, n) => `gpu-${n}`);
  expect(await send({ roster: names, up: bits.toString('base64') })).toBe('Stored');
  expect(await stored()).toEqual([[0, bits.toString('hex'), devices]]);
  const { rows } = await sql<{ length: number }>`
    select length(up) from io.heartbeats join io.members using (member_no)
    where name = ${member}`.execute(database.reader);
  expect(rows).toEqual([{ length }]);
});

test('of two rosters in a minute the newer one stays', async () => {
  const other = { rosterHash: 'b'.repeat(64), roster: roster.slice(1), up: up(0xff, 1) };
  await send({ roster });
  await send(other);
  await send({});
  expect(await stored()).toEqual([[0, 'ff01', 9]]);
});

test.each([
  ['bits are missing', { up: up(0xff) }],
  ['bits are too many', { up: up(0xff, 3, 0) }],
  ['a bit stands for no device', { up: up(0xff, 0b0111) }],
  ['the hash names another roster', { roster: roster.slice(1) }],
])('a heartbeat is refused when %s', async (_, report) => {
  await send({ roster });
  expect(await send({ minute: minute + 1, ...report })).toBe('RosterMismatch');
  expect(await stored()).toHaveLength(1);
});

test('members have rosters of their own', async () => {
  await send({ roster });
  expect(await send({}, `${member}-b`)).toBe('RosterUnknown');
  expect(await send({ roster: ['gpu-0'], up: up(1) }, `${member}-b`)).toBe('Stored');
});

test('what is older than 35 days goes, with the rosters that only it used', async () => {
  const days = (n: number): number => minute - n * 1_440;
  await send({ minute: days(60), roster });
  await send({ minute: days(36), rosterHash: 'b'.repeat(64), roster });
  await send({ minute: days(20), rosterHash: 'c'.repeat(64), roster });
  await maintainPartitions(database.writer, now);
  await maintainPartitions(database.writer, now);
  expect((await stored()).map((row) => row)).toEqual([[-20 * 1_440, 'ff03', 10]]);
  const { rows } = await sql`select roster_hash from io.rosters join io.members using (member_no)
    where name = ${member} order by 1`.execute(database.reader);
  // A roster that was used up to a day later than it says is kept a while longer.
  expect(rows).toEqual([{ roster_hash: 'b'.repeat(64) }, { roster_hash: 'c'.repeat(64) }]);
});

test('nobody makes the writer remove what is recent', async () => {
  const { rows } = await sql<{ minute: number }>`
    select (extract(epoch from now()) / 60)::integer - 10 * 1440 as minute`.execute(
    database.writer,
  );
  const call = sql`select io.drop_heartbeats(${rows[0]?.minute})`.execute(database.writer);
  await expect(call).rejects.toThrow('heartbeats of the last 14 days are kept');
  const wide = sql`select io.ensure_partitions(0, 2000000000)`.execute(database.writer);
  await expect(wide).rejects.toThrow('at most 400 days');
});
