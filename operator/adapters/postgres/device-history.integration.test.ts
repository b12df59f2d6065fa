import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { writeHistory } from '../../testing/ledger-history.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { openedAt, writeLease } from '../../testing/usage.ts';
import { createDeviceHistory } from './device-history.ts';
import { createEvidenceStore } from './evidence.ts';

const hour = 3_600;
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await writeHistory(database.writer, 6, 5);
}, 60_000);
afterAll(() => database.close());

test('an hour that was measured is told, with what was measured', async () => {
  await writeLease(database.writer, 'measured', 'lease-measured');
  const store = createEvidenceStore(database.writer);
  const base = { leaseId: 'lease-measured', device: 'gpu-0', samples: 10, xidCount: 0 };
  for (const [at, device] of [
    [0, { ...base, utilAvgPercent: 93, utilMaxPercent: 100, powerAvgWatt: 612 }],
    [1, base],
  ] as const) {
    const bucketStartSeconds = openedAt + at * hour;
    await store.evidence('measured', { bucketStartSeconds, sentAtMs: 0, devices: [device] });
  }
  const history = createDeviceHistory(database.reader);
  expect(await history.metrics('measured', 'gpu-0', openedAt)).toEqual([
    { startSeconds: openedAt, utilisationPercent: 93, powerWatts: 612 },
    { startSeconds: openedAt + hour, utilisationPercent: undefined, powerWatts: undefined },
  ]);
  expect(await history.metrics('measured', 'gpu-0', openedAt + hour)).toHaveLength(1);
  expect(await history.metrics('another', 'gpu-0', openedAt)).toEqual([]);
  expect(await history.metrics('measured', 'gpu-9', openedAt)).toEqual([]);
});

test('rewards of a device are those of the view, newest first', async () => {
  const { rows } = await sql<{ member: string; device: string; line: string }>`
    select member, device, concat_ws(' ', epoch, amount, score, flags) as line
    from io.device_rewards order by epoch desc`.execute(database.reader);
  expect(rows.length).toBeGreaterThan(10);
  const history = createDeviceHistory(database.reader);
  for (const [key, own] of Map.groupBy(rows, ({ member, device }) => `${member}/${device}`)) {
    const [member = '', device = ''] = key.split('/');
    const told = await history.rewards(member, device, 100);
    const lines = told.map(({ epoch, amount, score, flags }) =>
      [epoch, amount, score, flags].join(' '),
    );
    expect(lines).toEqual(own.map(({ line }) => line));
    expect(await history.rewards(member, device, 1)).toEqual(told.slice(0, 1));
  }
  expect(await history.rewards('paris', "o'; drop table io.epochs; --", 10)).toEqual([]);
});
