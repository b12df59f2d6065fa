import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { DeviceEvidence } from '../../domain/evidence/types.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { change, endLease, openedAt, usageReport, writeLease } from '../../testing/usage.ts';
import { createEvidenceStore } from './evidence.ts';
import { maintainPartitions } from './partitions.ts';
import { createUsageIntake } from './usage-intake.ts';

let database: TestDatabase;
let count = 0;
let member: string;
let lease: string;
const hour = 3_600;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  count += 1;
  [member, lease] = [`member-${count}`, `lease-${count}`];
  await writeLease(database.writer, member, lease);
});

const seen: Omit<DeviceEvidence, 'leaseId' | 'device'> = {
  samples: 10,
  utilAvgPercent: 93,
  utilMaxPercent: 100,
  fbUsedMaxMiB: 73_012,
  powerAvgWatt: 612,
  lastXid: 79,
  xidCount: 2,
};

function send(devices: readonly Partial<DeviceEvidence>[], bucket = 0, from = member) {
  return createEvidenceStore(database.writer).evidence(from, {
    bucketStartSeconds: openedAt + bucket * hour,
    sentAtMs: 0,
    devices: devices.map((of) => ({ leaseId: lease, device: 'gpu-0', ...seen, ...of })),
  });
}

/** `bucket slot samples average most MiB W xid XIDs` */
async function stored(): Promise<readonly string[]> {
  const { rows } = await sql<{ line: string }>`
    select concat_ws(' ', (bucket_start_s - ${openedAt}::integer) / ${hour}::integer, slot, samples,
      util_avg_percent, util_max_percent, fb_used_max_mib, power_avg_watt, coalesce(last_xid, 0),
      xid_count) as line
    from io.evidence join io.leases l using (lease_no)
    where l.lease_id = ${lease} order by bucket_start_s, slot`.execute(database.reader);
  return rows.map(({ line }) => line);
}

test('evidence of devices is stored, and what was not measured is not', async () => {
  const { utilAvgPercent: _, utilMaxPercent: __, lastXid: ___, ...rest } = seen;
  const slice = { leaseId: lease, ...rest, device: 'gpu-2', xidCount: 0 };
  const receipt = await createEvidenceStore(database.writer).evidence(member, {
    bucketStartSeconds: openedAt,
    sentAtMs: 0,
    devices: [slice, { leaseId: lease, device: 'gpu-0', ...seen }],
  });
  expect(receipt).toEqual({ stored: 2, refused: 0 });
  expect(await stored()).toEqual(['0 0 10 93 100 73012 612 79 2', '0 2 10 73012 612 0 0']);
});

test('twice is once, also at once', async () => {
  const devices = [{}, { device: 'gpu-1' }];
  const backwards = devices.toReversed();
  const receipts = await Promise.all([devices, backwards, devices].map((each) => send(each)));
  expect(receipts).toEqual(Array.from({ length: 3 }, () => ({ stored: 2, refused: 0 })));
  expect(await stored()).toEqual(['0 0 10 93 100 73012 612 79 2', '0 1 10 93 100 73012 612 79 2']);
});

test('of two reports the one with more samples stays, whichever comes first', async () => {
  await send([{ samples: 4, utilAvgPercent: 1 }]);
  await send([{ samples: 6, utilAvgPercent: 2 }]);
  await send([{ samples: 5, utilAvgPercent: 3 }]);
  await send([{ samples: 6, utilAvgPercent: 4 }]);
  expect(await stored()).toEqual(['0 0 6 2 100 73012 612 79 2']);
});

describe('refused is', () => {
  test('a device of another member', async () => {
    await writeLease(database.writer, `${member}-b`, `${lease}-b`);
    expect(await send([{}], 0, `${member}-b`)).toEqual({ stored: 0, refused: 1 });
    expect(await send([{}], 0, 'nobody')).toEqual({ stored: 0, refused: 1 });
    expect(await stored()).toEqual([]);
  });

  test.each([
    ['a device that is not in the lease', [{ device: 'gpu-4' }, {}], 0, 1],
    ['a lease that does not exist', [{ leaseId: 'lease-of-nobody' }, {}], 0, 1],
    ['an hour before the lease', [{}], -1, 0],
    ['an hour after the lease', [{}], 3, 0],
  ])('%s', async (_, devices, bucket, taken) => {
    await endLease(database.writer, lease, openedAt + 3 * hour - 100, 'Closed');
    const receipt = await send(devices, bucket);
    expect(receipt).toEqual({ stored: taken, refused: 1 });
    expect(await stored()).toHaveLength(taken);
  });
});

test('an interval is shown with the evidence of its time, or without any', async () => {
  const changes = [
    change({ lease, start: 100, end: hour + 100 }),
    change({ lease, start: 2 * hour, end: 2 * hour + 60 }),
    change({ lease, gpu: 1, start: 100 }),
  ];
  const report = usageReport(1, 2 * hour + 100, changes, `spool-of-${lease}-0123456789`);
  await createUsageIntake(database.writer).report(
    member,
    report,
    (openedAt + 2 * hour + 100) * 1000,
  );
  await send([{}, { device: 'gpu-2' }]);
  await send([{}], 1);
  const { rows } = await sql<{ line: string }>`
    select concat_ws(' ', member, device, start_s - ${openedAt}::integer,
      (bucket_start_s - ${openedAt}::integer) / ${hour}::integer, samples) as line
    from io.interval_evidence where lease_id = ${lease}
    order by slot, start_s, bucket_start_s`.execute(database.reader);
  expect(rows.map(({ line }) => line)).toEqual([
    `${member} gpu-0 100 0 10`,
    `${member} gpu-0 100 1 10`,
    `${member} gpu-0 7200`,
    `${member} gpu-1 100`,
  ]);
});

test('what is older than 35 days goes, what is recent stays whoever asks', async () => {
  await send([{}]);
  await send([{}], 10 * 24);
  const day = 86_400_000;
  await maintainPartitions(database.writer, openedAt * 1000 + 36 * day - 1_000);
  expect(await stored()).toHaveLength(2);
  await maintainPartitions(database.writer, openedAt * 1000 + 36 * day);
  expect(await stored()).toHaveLength(1);
  const { rows } = await sql<{ s: bigint }>`
    select extract(epoch from now())::int8 - 10 * 86400 as s`.execute(database.writer);
  const call = sql`select io.drop_evidence(${rows[0]?.s})`.execute(database.writer);
  await expect(call).rejects.toThrow('evidence of the last 14 days is kept');
});

describe('what was written is kept', () => {
  const statements = [
    'delete from io.evidence',
    'truncate io.evidence',
    'update io.evidence set slot = slot + 1',
  ];
  test.each([...statements, 'update io.evidence set samples = 1'])(
    'from the owner: %s',
    async (statement) => {
      await send([{}]);
      const attempt = sql.raw(statement).execute(database.owner);
      await expect(attempt).rejects.toThrow('what was written there is kept');
    },
  );
  test.each(statements)('from the writer: %s', async (statement) => {
    const attempt = sql.raw(statement).execute(database.writer);
    await expect(attempt).rejects.toThrow('permission denied');
  });
});
