import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import {
  change,
  endLease,
  intervalsOf,
  openedAt,
  usageReport,
  watermarkOf,
  writeLease,
} from '../../testing/usage.ts';
import { createDeadLetters, type DeadLetter, type DeadLetters } from './dead-letters.ts';
import { createUsageIntake } from './usage-intake.ts';

let database: TestDatabase;
let letters: DeadLetters;
let member: string;
let lease: string;
let count = 0;

beforeAll(async () => {
  database = await testDatabase();
  letters = createDeadLetters(database.writer);
});
afterAll(() => database.close());
beforeEach(() => {
  count += 1;
  member = `member-${count}`;
  lease = `lease-${count}`;
});

const now = (openedAt + 600) * 1000;

async function refused(...spans: Parameters<typeof change>[0][]): Promise<readonly DeadLetter[]> {
  const report = usageReport(1, 300, spans.map(change));
  await createUsageIntake(database.writer).report(member, report, now);
  return letters.list({ member, limit: 100 });
}

test('a letter tells what was refused, and why', async () => {
  const [letter, ...more] = await refused({ lease, start: 10, end: 20 });
  expect(more).toEqual([]);
  expect(letter).toMatchObject({
    member,
    change: change({ lease, start: 10, end: 20 }),
    reason: 'LeaseUnknown',
    message: `there is no lease ${lease}`,
    receivedAtMs: now,
    state: 'Open',
  });
});

test('a letter that is replayed goes the way of reports, once', async () => {
  const [letter] = await refused({ lease, start: 10, end: 20 });
  const { letterNo = 0 } = letter ?? {};
  expect(await letters.replay(letterNo, undefined, now)).toMatchObject({
    kind: 'Refused',
    reason: 'LeaseUnknown',
  });
  expect(await letters.list({ member, limit: 100 })).toHaveLength(1);
  await writeLease(database.writer, member, lease);
  const replays = [1, 2, 3].map(() => letters.replay(letterNo, undefined, now));
  const kinds = (await Promise.all(replays)).map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(['NotOpen', 'NotOpen', 'Replayed']);
  expect(await intervalsOf(database.reader, lease)).toEqual(['0 1 10-20 NotReady']);
  expect(await letters.list({ member, limit: 100 })).toEqual([]);
  expect(await watermarkOf(database.reader, member)).toBe(300);
});

test('a letter is mended when it is replayed', async () => {
  await writeLease(database.writer, member, lease);
  const [letter] = await refused({ lease, start: 20, end: 20 }, { lease, gpu: 1, start: 1 });
  const fixed = change({ lease, start: 20, end: 25 });
  expect(await letters.replay(letter?.letterNo ?? 0, fixed, now)).toEqual({
    kind: 'Replayed',
    effect: 'accepted',
  });
  expect(await intervalsOf(database.reader, lease)).toEqual(['0 1 20-25 NotReady', '1 1 1-']);
});

test('what was settled meanwhile stays refused, and is discarded with a reason', async () => {
  await writeLease(database.writer, member, lease);
  await endLease(database.writer, lease, openedAt + 100, 'Closed');
  const [letter] = await refused({ lease, start: 20, end: 30 });
  const { letterNo = 0 } = letter ?? {};
  expect(await letters.replay(letterNo, undefined, now)).toMatchObject({ reason: 'TooOld' });
  expect(await letters.discard(letterNo, 'refunded by hand', now)).toEqual({ kind: 'Discarded' });
  expect(await letters.discard(letterNo, 'again', now)).toEqual({ kind: 'NotOpen' });
  expect(await letters.replay(letterNo, undefined, now)).toEqual({ kind: 'NotOpen' });
  // Sent once more, it is the letter that somebody looked at already.
  expect(await refused({ lease, start: 20, end: 30 })).toEqual([]);
});

test('letters are listed in pages', async () => {
  const spans = [1, 2, 3].map((start) => ({ lease: 'lease-of-nobody', start }));
  const all = await refused(...spans);
  const first = await letters.list({ member, limit: 2 });
  const rest = await letters.list({ member, limit: 2, after: first.at(-1)?.letterNo ?? 0 });
  expect([...first, ...rest]).toEqual(all);
  expect(await letters.replay(999_999, undefined, now)).toEqual({ kind: 'NotOpen' });
});
