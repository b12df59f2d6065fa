import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { UsageReport } from '../../domain/metering/types.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  startPrivateDatabase,
  type TestDatabase,
  type TestServer,
} from '../../testing/postgres.ts';
import {
  change,
  intervalsOf,
  openedAt,
  usageReport,
  watermarkOf,
  writeLease,
} from '../../testing/usage.ts';
import { createUsageIntake } from './usage-intake.ts';

let server: TestServer;
let database: TestDatabase;

beforeAll(async () => {
  server = await startPrivateDatabase();
  database = await server.database();
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

const kills = 3;
const reportsPerMember = 60;
const members = ['a', 'b', 'c', 'd'];

test('PostgreSQL is killed while members report: what was acknowledged is there, all of it once', async () => {
  for (const member of members) await writeLease(database.writer, member, `lease-${member}`, 8);
  const intake = createUsageIntake(database.writer);
  const acknowledged = new Map(members.map((member) => [member, 0]));
  const failures: unknown[] = [];
  /** As an agent does: in order, each report until it is acknowledged. */
  const report = async (member: string): Promise<void> => {
    for (let sequence = 1; sequence <= reportsPerMember; ) {
      try {
        const receipt = await intake.report(
          member,
          reportOf(member, sequence),
          (openedAt + 9_999) * 1000,
        );
        expect(receipt.rejected).toEqual([]);
        acknowledged.set(member, sequence);
        sequence += 1;
      } catch (error) {
        failures.push(error);
        await eventually(async () => watermarkOf(database.writer, member), { withinMs: 30_000 });
      }
    }
  };
  const kill = async (): Promise<void> => {
    for (let n = 1; n <= kills; n += 1) {
      const least = (n * reportsPerMember) / (kills + 1);
      await eventually(() => expect(Math.max(...acknowledged.values())).toBeGreaterThan(least), {
        withinMs: 30_000,
      });
      await server.kill();
      const before = new Map(acknowledged);
      await server.start();
      for (const [member, sequence] of before) {
        const stored = await intervalsOf(database.writer, `lease-${member}`);
        expect(stored.length).toBeGreaterThanOrEqual(sequence);
      }
    }
  };
  await Promise.all([...members.map(report), kill()]);
  expect(failures.length).toBeGreaterThanOrEqual(kills);
  expect(failures.filter((error) => !(error instanceof StoreUnavailableError))).toEqual([]);
  for (const member of members) {
    const expected = Array.from({ length: reportsPerMember }, (_, n) => {
      const start = Math.floor(n / 8) * 10 + 1;
      return `${n % 8} 1 ${start}-${start + 5} NotReady`;
    });
    const stored = await intervalsOf(database.writer, `lease-${member}`);
    expect(stored.toSorted()).toEqual(expected.toSorted());
    expect(await watermarkOf(database.writer, member)).toBe(reportsPerMember * 10);
  }
});

/** One interval in each report. */
function reportOf(member: string, sequence: number): UsageReport {
  const n = sequence - 1;
  const start = Math.floor(n / 8) * 10 + 1;
  const span = { lease: `lease-${member}`, gpu: n % 8, start };
  return usageReport(sequence, sequence * 10, [change(span), change({ ...span, end: start + 5 })]);
}

test('while PostgreSQL is away nobody is told that anything was stored', async () => {
  const intake = createUsageIntake(database.writer);
  await server.kill();
  await expect(intake.report('a', usageReport(61, 999), openedAt * 1000)).rejects.toMatchObject({
    name: 'StoreUnavailableError',
    retryAfterSeconds: 2,
  });
  await server.start();
  await eventually(() => intake.report('a', usageReport(61, 999), openedAt * 1000));
  expect(await watermarkOf(database.writer, 'a')).toBe(999);
});
