import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { IntervalChange } from '../metering/types.ts';
import { judgeChange, type LeaseFacts } from './judge-change.ts';
import { type Outcome, type SlotInterval, SlotTimeline } from './slot-timeline.ts';

const [podA, podB] = ['a', 'b'];
const key = { leaseId: 'lease-1', device: 'gpu-0' };
const opened = (startSeconds: number, podUid = podA): IntervalChange => ({
  ...key,
  kind: 'Opened',
  podUid,
  startSeconds,
});
const closed = (startSeconds: number, endSeconds: number, podUid = podA): IntervalChange => ({
  ...key,
  kind: 'Closed',
  podUid,
  startSeconds,
  endSeconds,
  reason: 'NotReady',
});
const open: LeaseFacts = { mine: true, settled: false, endedAtSeconds: undefined };
const ended: LeaseFacts = { ...open, endedAtSeconds: 1_000 };
const settled: LeaseFacts = { ...ended, settled: true };
const whole = (startSeconds: number, seconds: number, podUid = podA): SlotInterval => ({
  podUid,
  startSeconds,
  end: { seconds, reason: 'NotReady' },
});
const openSince = (startSeconds: number, podUid = podA): SlotInterval => ({
  podUid,
  startSeconds,
  end: undefined,
});
const unreported = (startSeconds: number, seconds: number, podUid = podA): SlotInterval => ({
  podUid,
  startSeconds,
  end: { seconds, reason: 'Unreported' },
});

type Case = Readonly<{
  stored?: readonly SlotInterval[];
  lease?: LeaseFacts | undefined;
  observed?: number;
  currentSpool?: boolean;
}>;

function judge(change: IntervalChange, of: Case = {}) {
  const timeline = new SlotTimeline(of.stored ?? []);
  const outcome = judgeChange(
    change,
    'lease' in of ? of.lease : open,
    { addedAtSeconds: 100, timeline },
    {
      nowSeconds: 2_000,
      observedUntilSeconds: of.observed ?? 300,
      currentSpool: of.currentSpool ?? true,
    },
  );
  return { outcome, added: timeline.added(), updated: timeline.updated() };
}

const nothing = { added: [], updated: [] };
const rejects = (reason: string, message: string) => ({
  outcome: { reason, message: expect.stringContaining(message) },
  ...nothing,
});

describe('what is taken', () => {
  test.each<[string, IntervalChange, Case, object]>([
    ['an opening', opened(200), {}, { outcome: 'accepted', added: [openSince(200)], updated: [] }],
    [
      'an interval whose opening was lost',
      closed(200, 250),
      {},
      { outcome: 'accepted', added: [whole(200, 250)], updated: [] },
    ],
    [
      'the end of an open one',
      closed(200, 250),
      { stored: [openSince(200)] },
      { outcome: 'accepted', added: [], updated: [whole(200, 250)] },
    ],
    [
      'one that begins as another ends',
      opened(250, podB),
      { stored: [whole(200, 250)] },
      { outcome: 'accepted', added: [openSince(250, podB)], updated: [] },
    ],
    [
      'one that began two seconds before the lease',
      opened(98),
      {},
      { outcome: 'accepted', added: [openSince(98)], updated: [] },
    ],
    [
      'one before the end of an ended lease',
      closed(900, 1_100),
      { lease: ended },
      { outcome: 'accepted', added: [whole(900, 1_100)], updated: [] },
    ],
  ])('%s', (_, change, of, expected) => {
    expect(judge(change, of)).toEqual(expected);
  });
});

describe('what was told before changes nothing', () => {
  test.each<[string, IntervalChange, Case]>([
    ['an opening twice', opened(200), { stored: [openSince(200)] }],
    ['an opening after its end', opened(200), { stored: [whole(200, 250)] }],
    ['an end twice', closed(200, 250), { stored: [whole(200, 250)] }],
    ['an end twice, settled', closed(200, 250), { stored: [whole(200, 250)], lease: settled }],
    ['an opening twice, settled', opened(200), { stored: [openSince(200)], lease: settled }],
  ])('%s', (_, change, of) => {
    expect(judge(change, of)).toEqual({ outcome: 'duplicate', ...nothing });
  });
});

describe('an end that is not told yet', () => {
  test.each<[string, IntervalChange, Case, object]>([
    [
      'is the watermark when another pod begins',
      opened(400, podB),
      { stored: [openSince(200)] },
      { added: [openSince(400, podB)], updated: [unreported(200, 300)] },
    ],
    [
      'is the beginning of the other pod when the watermark is past it',
      opened(250, podB),
      { stored: [openSince(200)] },
      { added: [openSince(250, podB)], updated: [unreported(200, 250)] },
    ],
    [
      'is the beginning itself when nothing was seen after it',
      opened(400, podB),
      { stored: [openSince(350)] },
      { added: [openSince(400, podB)], updated: [unreported(350, 350)] },
    ],
    [
      'is set too when the opening comes after the one that followed',
      opened(200),
      { stored: [openSince(400, podB)] },
      { added: [unreported(200, 300)], updated: [] },
    ],
    [
      'gives way to the real one',
      closed(200, 350),
      { stored: [unreported(200, 300), openSince(400, podB)] },
      { added: [], updated: [whole(200, 350)] },
    ],
    [
      'gives way to an earlier start than it was set for',
      opened(280, podB),
      { stored: [unreported(200, 300)] },
      { added: [openSince(280, podB)], updated: [unreported(200, 280)] },
    ],
    [
      'is open again when a fresh spool says so',
      opened(200),
      { stored: [unreported(200, 300)] },
      { added: [], updated: [openSince(200)] },
    ],
  ])('%s', (_, change, of, expected) => {
    expect(judge(change, of)).toEqual({ outcome: 'accepted', ...expected });
  });

  test.each<[string, Case]>([
    ['a spool that was given up', { currentSpool: false }],
    ['a settled lease', { lease: settled }],
  ])('%s opens nothing again', (_, of) => {
    const stored = [unreported(200, 300)];
    expect(judge(opened(200), { stored, ...of })).toEqual({ outcome: 'duplicate', ...nothing });
  });
});

describe('what is refused', () => {
  test.each<[string, IntervalChange, Case, string, string]>([
    ['an unknown lease', opened(200), { lease: undefined }, 'LeaseUnknown', 'lease-1'],
    [
      'the lease of another member',
      opened(200),
      { lease: { ...open, mine: false } },
      'NotTheMemberOfTheLease',
      'another member',
    ],
    ['an interval without a second', closed(200, 200), {}, 'EmptyInterval', 'from 200 to 200'],
    ['a beginning in the future', opened(2_121), {}, 'InTheFuture', '121 s ahead'],
    ['an end in the future', closed(200, 2_121), {}, 'InTheFuture', '121 s ahead'],
    ['what began before the lease', closed(97, 250), {}, 'TooOld', 'at 100'],
    ['what began after the lease', opened(1_000), { lease: ended }, 'TooOld', 'at 1000'],
    ['news of a settled lease', closed(200, 250), { lease: settled }, 'TooOld', 'settled'],
    [
      'the end of what was paid to the end of the lease',
      closed(200, 1_000),
      { lease: settled, stored: [openSince(200)] },
      'TooOld',
      'settled',
    ],
    [
      'another end',
      closed(200, 251),
      { stored: [whole(200, 250)] },
      'Conflicting',
      'told to end at 250 (NotReady), now at 251',
    ],
    ['an overlap before', closed(200, 350), { stored: [whole(300, 400)] }, 'Overlapping', '300'],
    ['an overlap after', opened(350), { stored: [whole(300, 400)] }, 'Overlapping', '300 to 400'],
    ['an overlap around', closed(200, 500), { stored: [whole(300, 400)] }, 'Overlapping', '300'],
    [
      'an end beyond the next beginning',
      closed(200, 401),
      { stored: [openSince(200), openSince(400, podB)] },
      'Overlapping',
      'pod b from 400 on',
    ],
    [
      'another pod in the same second',
      opened(200, podB),
      { stored: [openSince(200)] },
      'Overlapping',
      'pod a',
    ],
  ])('%s', (_, change, of, reason, message) => {
    expect(judge(change, of)).toEqual(rejects(reason, message));
  });

  test('a device that the lease does not have', () => {
    const knowledge = { nowSeconds: 2_000, observedUntilSeconds: 0, currentSpool: true };
    expect(judgeChange(opened(200), open, undefined, knowledge)).toMatchObject({
      reason: 'DeviceNotInLease',
    });
  });
});

/** Pods that follow each other on one device; the last may still run. */
const lives = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 50 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((gaps) => {
    let at = 100;
    return gaps.map(([pause, length], index): SlotInterval => {
      const start = at + pause;
      at = start + length;
      return whole(start, at, `pod-${index % 3}`);
    });
  });

describe('whatever the order', () => {
  const input = fc.tuple(lives, fc.boolean()).chain(([intervals, lastOpen]) => {
    const changes = intervals.flatMap(({ podUid, startSeconds, end }, index) => {
      const last = lastOpen && index === intervals.length - 1;
      const opening = opened(startSeconds, podUid);
      return last ? [opening] : [opening, closed(startSeconds, end?.seconds ?? 0, podUid)];
    });
    return fc.record({
      expected: fc.constant(
        lastOpen
          ? intervals.with(-1, { ...(intervals.at(-1) as SlotInterval), end: undefined })
          : intervals,
      ),
      changes: fc.shuffledSubarray([...changes, ...changes], {
        minLength: 2 * changes.length,
        maxLength: 2 * changes.length,
      }),
      observed: fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 5 }),
    });
  });

  test('the same intervals stand in the end, nothing is refused, nothing ever overlaps', () => {
    fc.assert(
      fc.property(input, ({ expected, changes, observed }) => {
        let stored: readonly SlotInterval[] = [];
        for (const [index, change] of changes.entries()) {
          const at = observed[index % observed.length] ?? 0;
          const { outcome, added, updated } = judge(change, { stored, observed: at });
          expect(typeof outcome).toBe('string');
          stored = merged(stored, added, updated);
          expectDisjoint(stored);
        }
        expect(stored).toEqual(expected);
      }),
    );
  });

  test('of contradicting changes no two that overlap are taken', () => {
    const anyChange = fc
      .tuple(fc.integer({ min: 100, max: 130 }), fc.integer({ min: 0, max: 20 }), fc.boolean())
      .map(([start, length, isOpen]) =>
        isOpen
          ? opened(start, length % 2 === 0 ? podA : podB)
          : closed(start, start + length, length % 2 === 0 ? podA : podB),
      );
    fc.assert(
      fc.property(
        fc.array(anyChange, { maxLength: 30 }),
        fc.integer({ max: 200 }),
        (changes, to) => {
          let stored: readonly SlotInterval[] = [];
          const taken: Outcome[] = [];
          for (const change of changes) {
            const { outcome, added, updated } = judge(change, { stored, observed: to });
            expect(outcome === 'accepted').toBe(added.length + updated.length > 0);
            taken.push(outcome);
            stored = merged(stored, added, updated);
            expectDisjoint(stored);
          }
          expect(taken).toHaveLength(changes.length);
        },
      ),
    );
  });
});

function merged(...lists: readonly (readonly SlotInterval[])[]): readonly SlotInterval[] {
  const byStart = new Map(lists.flat().map((interval) => [interval.startSeconds, interval]));
  return [...byStart.values()].toSorted((a, b) => a.startSeconds - b.startSeconds);
}

function expectDisjoint(intervals: readonly SlotInterval[]): void {
  for (const [index, { end }] of intervals.entries()) {
    const next = intervals[index + 1]?.startSeconds ?? Number.POSITIVE_INFINITY;
    expect(end?.seconds ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(next);
  }
}
