import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { maxChangesPerReport, type UsageReport } from '../../domain/metering/types.ts';
import { TooManyDeadLettersError } from '../../ports/store-errors.ts';
import type { IntakeReceipt, UsageIntake } from '../../ports/usage-intake.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { below, pick, seededRandom } from '../../testing/seeded-random.ts';
import {
  change,
  endLease,
  intervalsOf,
  openedAt,
  usageReport,
  watermarkOf,
  writeLease,
} from '../../testing/usage.ts';
import { createUsageIntake } from './usage-intake.ts';

let database: TestDatabase;
let intake: UsageIntake;
let member: string;
let lease: string;
let count = 0;

beforeAll(async () => {
  database = await testDatabase();
  intake = createUsageIntake(database.writer);
});
afterAll(() => database.close());
beforeEach(async () => {
  count += 1;
  member = `member-${count}`;
  lease = `lease-${count}`;
  await writeLease(database.writer, member, lease);
});

const at = (seconds: number): number => (openedAt + seconds) * 1000;

/** Reports are received 600 s after the lease was opened. */
const send = (report: UsageReport, from = member): Promise<IntakeReceipt> =>
  intake.report(from, report, at(600));

async function lettersOf(from = member): Promise<readonly string[]> {
  const { rows } = await sql<{ reason: string }>`
    select reason from io.dead_letters join io.members using (member_no)
    where name = ${from} order by letter_no`.execute(database.reader);
  return rows.map(({ reason }) => reason);
}

describe('intervals', () => {
  test('are opened, closed and told whole, and known when they come again', async () => {
    const first = usageReport(1, 50, [
      change({ lease, gpu: 0, start: 10 }),
      change({ lease, gpu: 1, start: 10 }),
    ]);
    const second = usageReport(2, 200, [
      change({ lease, gpu: 0, start: 10, end: 150 }),
      change({ lease, gpu: 2, pod: 2, start: 20, end: 30 }),
    ]);
    expect(await send(first)).toEqual({ accepted: 2, duplicate: 0, rejected: [] });
    expect(await send(second)).toEqual({ accepted: 2, duplicate: 0, rejected: [] });
    const stand = ['0 1 10-150 NotReady', '1 1 10-', '2 2 20-30 NotReady'];
    expect(await intervalsOf(database.reader, lease)).toEqual(stand);
    expect(await send(first)).toEqual({ accepted: 0, duplicate: 2, rejected: [] });
    expect(await send(second)).toEqual({ accepted: 0, duplicate: 2, rejected: [] });
    expect(await intervalsOf(database.reader, lease)).toEqual(stand);
    const { rows } =
      await sql`select rate_per_hour from io.intervals join io.leases using (lease_no)
      where lease_id = ${lease}`.execute(database.reader);
    expect(rows[0]).toEqual({ rate_per_hour: 2_490_000n });
  });

  test('that were not taken are told, kept once, and change nothing', async () => {
    await writeLease(database.writer, 'somebody', `theirs-${count}`);
    await writeLease(database.writer, member, `settled-${count}`);
    await endLease(database.writer, `settled-${count}`, openedAt + 100, 'Closed');
    await send(usageReport(1, 50, [change({ lease, start: 100, end: 200 })]));
    const bad = [
      change({ lease: 'lease-of-nobody', start: 10 }),
      change({ lease: `theirs-${count}`, start: 10 }),
      change({ lease, gpu: 9, start: 10 }),
      change({ lease, gpu: 1, start: 10, end: 10 }),
      change({ lease, gpu: 1, start: 721 }),
      change({ lease, gpu: 1, start: -3 }),
      change({ lease: `settled-${count}`, start: 10, end: 20 }),
      change({ lease, start: 150, end: 250 }),
      change({ lease, start: 100, end: 201 }),
    ];
    const reasons = [
      'LeaseUnknown',
      'NotTheMemberOfTheLease',
      'DeviceNotInLease',
      'EmptyInterval',
      'InTheFuture',
      'TooOld',
      'TooOld',
      'Overlapping',
      'Conflicting',
    ];
    for (const sequence of [2, 2]) {
      const good = change({ lease, gpu: 3, start: 10 });
      const receipt = await send(usageReport(sequence, 300, [...bad, good]));
      expect(receipt.rejected.map(({ reason }) => reason)).toEqual(reasons);
      expect(receipt.rejected.map((rejected) => rejected.change)).toEqual(bad);
      expect(receipt.accepted + receipt.duplicate).toBe(1);
      expect(await lettersOf()).toEqual(reasons);
    }
    expect(await intervalsOf(database.reader, lease)).toEqual(['0 1 100-200 NotReady', '3 1 10-']);
    expect(await watermarkOf(database.reader, member)).toBe(300);
  });

  test('of weeks far apart find their partitions', async () => {
    const week = 604_800;
    const changes = [0, 1, 2, 5].map((n) =>
      change({ lease, start: n * week + 1, end: n * week + 9 }),
    );
    const report = usageReport(1, 0, changes);
    const receipt = await intake.report(member, report, at(6 * week));
    expect(receipt).toEqual({ accepted: 4, duplicate: 0, rejected: [] });
    expect(await intervalsOf(database.reader, lease)).toHaveLength(4);
    expect(await intake.report(member, report, at(6 * week))).toMatchObject({ duplicate: 4 });
  });

  test('of a full report are stored at once', async () => {
    const changes = Array.from({ length: maxChangesPerReport }, (_, n) =>
      change({ lease, gpu: n % 4, start: Math.floor(n / 4), end: Math.floor(n / 4) + 1 }),
    );
    const report = usageReport(1, 600, changes);
    expect(await send(report)).toMatchObject({ accepted: maxChangesPerReport });
    expect(await send(report)).toMatchObject({ duplicate: maxChangesPerReport });
    expect(await intervalsOf(database.reader, lease)).toHaveLength(maxChangesPerReport);
  });
});

describe('the watermark', () => {
  const steps: [string, (readonly [sequence: number, until: number])[], number][] = [
    [
      'moves with each report',
      [
        [1, 10],
        [2, 20],
      ],
      20,
    ],
    [
      'moves with an empty report of the last sequence',
      [
        [1, 10],
        [1, 15],
      ],
      15,
    ],
    [
      'never goes back',
      [
        [1, 10],
        [2, 20],
        [1, 10],
      ],
      20,
    ],
    [
      'waits for what is missing',
      [
        [1, 10],
        [3, 30],
        [4, 40],
      ],
      10,
    ],
    ['waits when the first is missing', [[2, 20]], -openedAt],
    [
      'goes on when it came',
      [
        [1, 10],
        [3, 30],
        [4, 40],
        [2, 20],
      ],
      40,
    ],
    [
      'goes as far as is known while more is missing',
      [
        [1, 10],
        [5, 50],
        [3, 30],
        [2, 20],
      ],
      20,
    ],
    [
      'goes on after two gaps',
      [
        [1, 10],
        [5, 50],
        [3, 30],
        [2, 20],
        [4, 40],
      ],
      50,
    ],
  ];
  test.each(steps)('%s', async (_, reports, expected) => {
    for (const [sequence, until] of reports) await send(usageReport(sequence, until));
    expect(await watermarkOf(database.reader, member)).toBe(expected);
  });

  test('does not move for a report that could not be stored', async () => {
    await send(usageReport(1, 10));
    await sql`
      insert into io.dead_letters (member_no, change_hash, change, reason, message, received_ms)
      select member_no, sha256(n::text::bytea), '{}', 'TooOld', '', 0
      from io.members, generate_series(1, 9999) n where name = ${member}`.execute(database.writer);
    const bad = [1, 2].map((start) => change({ lease: 'lease-of-nobody', start }));
    const good = change({ lease, start: 10 });
    await expect(send(usageReport(2, 20, [...bad, good]))).rejects.toThrow(TooManyDeadLettersError);
    expect(await watermarkOf(database.reader, member)).toBe(10);
    expect(await intervalsOf(database.reader, lease)).toEqual([]);
    expect(await lettersOf()).toHaveLength(9_999);
    await send(usageReport(2, 20, [...bad.slice(1), good]));
    expect(await lettersOf()).toHaveLength(10_000);
    // What is known already needs no place.
    await send(usageReport(3, 30, bad.slice(1)));
    expect(await watermarkOf(database.reader, member)).toBe(30);
  });
});

describe('a fresh spool', () => {
  const [old, fresh] = ['spool-old-0123456789', 'spool-fresh-0123456789'];

  test('ends at the watermark what the old one left open, and may open it again', async () => {
    const changes = [0, 1, 2].map((gpu) => change({ lease, gpu, start: 10 }));
    await send(usageReport(1, 100, changes, old));
    await send(usageReport(1, 300, [change({ lease, gpu: 0, start: 10 })], fresh));
    expect(await intervalsOf(database.reader, lease)).toEqual([
      '0 1 10-',
      '1 1 10-100 Unreported',
      '2 1 10-100 Unreported',
    ]);
    expect(await watermarkOf(database.reader, member)).toBe(300);
    // The last words of the old spool are heard, but move nothing.
    const last = usageReport(2, 500, [change({ lease, gpu: 1, start: 10, end: 90 })], old);
    expect(await send(last)).toMatchObject({ accepted: 1 });
    await send(usageReport(2, 400, [change({ lease, gpu: 2, pod: 2, start: 350 })], fresh));
    expect(await intervalsOf(database.reader, lease)).toEqual([
      '0 1 10-',
      '1 1 10-90 NotReady',
      '2 1 10-100 Unreported',
      '2 2 350-',
    ]);
    expect(await watermarkOf(database.reader, member)).toBe(400);
  });

  test('is waited for from its first sequence on', async () => {
    await send(usageReport(1, 100, [], old));
    await send(usageReport(2, 300, [], fresh));
    expect(await watermarkOf(database.reader, member)).toBe(100);
    await send(usageReport(1, 200, [], fresh));
    expect(await watermarkOf(database.reader, member)).toBe(300);
  });
});

describe('on a bad network', () => {
  /** Pods follow each other on each device; the changes of a minute make a report. */
  function reportsOf(random: () => number): readonly UsageReport[] {
    const events = [0, 1, 2, 3].flatMap((gpu) => {
      let start = 1 + below(random, 20);
      return Array.from({ length: 6 }, (_, pod) => {
        const end = start + 1 + below(random, 60);
        const span = { lease, gpu, pod: pod + 1, start };
        const last = pod === 5 && gpu === 0;
        start = end + below(random, 30);
        return [
          { at: span.start, change: change(span) },
          ...(last ? [] : [{ at: end, change: change({ ...span, end }) }]),
        ];
      }).flat();
    });
    const byMinute = Map.groupBy(events, ({ at: seconds }) => Math.floor(seconds / 60));
    return Array.from({ length: 10 }, (_, minute) =>
      usageReport(
        minute + 1,
        (minute + 1) * 60,
        (byMinute.get(minute) ?? []).toSorted((a, b) => a.at - b.at).map((event) => event.change),
      ),
    );
  }

  /** What stands when every change is heard, whatever the order. */
  function expectedOf(reports: readonly UsageReport[]): readonly string[] {
    const byKey = new Map<string, string>();
    for (const { changes } of reports) {
      for (const told of changes) {
        const start = told.startSeconds - openedAt;
        const key = `${told.device.at(-1)} ${told.podUid.at(-1)} ${start}-`;
        const end = told.kind === 'Closed' ? `${told.endSeconds - openedAt} NotReady` : '';
        if (end !== '' || !byKey.has(key)) byKey.set(key, end);
      }
    }
    return [...byKey].map(([key, end]) => key + end).toSorted();
  }

  test.each([1, 2, 3, 4, 5])(
    'with lost and repeated messages in any order through two apis, all is stored once (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const apis = [intake, createUsageIntake(database.connect(database.writerUrl))];
      const reports = reportsOf(random);
      const unanswered = new Set(reports);
      while (unanswered.size > 0) {
        const sent = [...unanswered].toSorted(() => random() - 0.5).slice(0, 4);
        await Promise.all(
          sent.map(async (report) => {
            const [requestLost, answerLost] = [random() < 0.1, random() < 0.1];
            if (requestLost) return;
            const receipt = await pick(random, apis).report(member, report, at(2_000));
            expect(receipt.rejected).toEqual([]);
            if (!answerLost) unanswered.delete(report);
          }),
        );
      }
      const stand = await intervalsOf(database.reader, lease);
      expect(stand.toSorted()).toEqual(expectedOf(reports));
      expect(await watermarkOf(database.reader, member)).toBe(600);
      expect(await lettersOf()).toEqual([]);
    },
  );

  test('two apis that get the same report at once store it once', async () => {
    const other = createUsageIntake(database.connect(database.writerUrl));
    const stranger = `stranger-${count}`;
    const report = usageReport(1, 100, [change({ lease, start: 10 })]);
    const receipts = await Promise.all(
      [intake, other, intake, other].map((api) => api.report(member, report, at(600))),
    );
    const accepted = receipts.filter((receipt) => receipt.accepted === 1);
    expect(accepted).toHaveLength(1);
    expect(receipts.filter(({ duplicate }) => duplicate === 1)).toHaveLength(3);
    // A member that nobody knows yet is made once.
    await Promise.all(
      [intake, other, intake, other].map((api) => api.report(stranger, report, at(600))),
    );
    expect(await lettersOf(stranger)).toEqual(['NotTheMemberOfTheLease']);
  });
});
