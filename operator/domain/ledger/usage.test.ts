import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  type Cut,
  countedUntil,
  isSettledBy,
  type MeteredInterval,
  type TakenBack,
  usageIn,
} from './usage.ts';

/** Epoch 5 in the tables is [4,000, 7,600). */
const cut: Cut = {
  epoch: 5,
  epochStartSeconds: 4_000,
  countedUntilSeconds: 7_600,
  countedBeforeSeconds: 4_000,
  endedAtSeconds: undefined,
};

function interval(
  startSeconds: number,
  endSeconds?: number,
  knownEpoch = 5,
  ratePerHour = 2n,
): MeteredInterval {
  return { startSeconds, endSeconds, ratePerHour, knownEpoch };
}

describe('the seconds of an epoch', () => {
  test.each([
    ['a whole interval', [interval(5_000, 5_010)], cut, 10n, 0n],
    ['an open one, up to the end of the epoch', [interval(7_590)], cut, 10n, 0n],
    ['an open one that was counted before', [interval(3_000, undefined, 4)], cut, 3_600n, 0n],
    ['one that ends after the epoch', [interval(7_590, 7_700)], cut, 10n, 0n],
    ['one that begins after it', [interval(7_600)], cut, 0n, 0n],
    ['one that is late, wholly', [interval(3_000, 3_010)], cut, 0n, 10n],
    ['one that is late in part', [interval(3_990, 4_010)], cut, 10n, 10n],
    ['one that was counted too long before', [interval(3_000, 3_900, 4)], cut, 0n, -100n],
    [
      'one that was counted up to a gap in the reports',
      [interval(3_000, undefined, 4)],
      { ...cut, countedBeforeSeconds: 3_990 },
      3_600n,
      10n,
    ],
    [
      'no further than the member has reported',
      [interval(4_000)],
      { ...cut, countedUntilSeconds: 4_030 },
      30n,
      0n,
    ],
    [
      'what is still open at the end of the lease ends with it',
      [interval(4_000), interval(4_050, 4_200)],
      { ...cut, countedUntilSeconds: 4_100, endedAtSeconds: 4_100 },
      150n,
      0n,
    ],
    [
      'a lease whose member fell silent has what is known of it',
      [interval(4_000), interval(4_000, 4_080)],
      { ...cut, countedUntilSeconds: 4_050, endedAtSeconds: 4_100 },
      130n,
      0n,
    ],
  ] as const)('%s', (_, intervals, at, seconds, lateSeconds) => {
    expect(usageIn(intervals, at)).toEqual({
      seconds,
      lateSeconds,
      raw: 2n * (seconds + lateSeconds),
      lateRaw: 2n * lateSeconds,
    });
  });

  test('what was told anew is taken back and counted anew', () => {
    const before: TakenBack = { startSeconds: 3_000, endSeconds: 3_500, ratePerHour: 2n };
    expect(usageIn([interval(3_000, 4_010)], cut, [before])).toEqual({
      seconds: 10n,
      lateSeconds: 500n,
      raw: 1_020n,
      lateRaw: 1_000n,
    });
  });

  test.each([
    ['the end of the epoch', 7_600, 9_000, undefined, 7_600],
    ['what the member reported', 7_600, 7_000, undefined, 7_000],
    ['the end of the lease', 7_600, 7_000, 6_000, 6_000],
  ] as const)('are counted up to %s', (_, end, observed, ended, until) => {
    expect(countedUntil(end, observed, ended)).toBe(until);
  });
});

/** An interval and what a member tells of it: when it is known, and when its end is. */
type Story = { start: number; length: number; rate: bigint; known: number; endKnown: number };

const epochLength = 100;
const epochs = 6;

const story: fc.Arbitrary<Story> = fc
  .record({
    start: fc.integer({ min: 0, max: epochLength * 4 }),
    length: fc.integer({ min: 1, max: epochLength * 3 }),
    rate: fc.bigInt({ min: 0n, max: 5n }),
    known: fc.integer({ min: 1, max: epochs }),
    endKnown: fc.integer({ min: 1, max: epochs }),
  })
  .map((of) => ({ ...of, endKnown: Math.max(of.known, of.endKnown) }));

test('all epochs together count each second once, whenever it was reported', () => {
  const anyReach = fc.array(fc.integer({ min: 0, max: epochLength }), {
    minLength: 6,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(story, { maxLength: 6 }), anyReach, (stories, behind) => {
      let raw = 0n;
      let seconds = 0n;
      let before: number | undefined;
      const done = new Set<Story>();
      for (let epoch = 1; epoch <= epochs; epoch += 1) {
        const last = epoch === epochs;
        // The member is behind by so much; in the end it has told everything.
        const observed = Math.max(before ?? 0, epoch * epochLength - (behind[epoch - 1] ?? 0));
        const end = last ? epochLength * 8 : epoch * epochLength;
        const at: Cut = {
          epoch,
          epochStartSeconds: (epoch - 1) * epochLength,
          countedUntilSeconds: countedUntil(end, last ? end : observed, undefined),
          countedBeforeSeconds: before,
          endedAtSeconds: last ? end : undefined,
        };
        const open = stories.filter((of) => of.known <= epoch && !done.has(of));
        const intervals = open.map((of) =>
          interval(
            of.start,
            of.endKnown <= epoch ? of.start + of.length : undefined,
            of.known,
            of.rate,
          ),
        );
        const usage = usageIn(intervals, at);
        raw += usage.raw;
        seconds += usage.seconds + usage.lateSeconds;
        open.forEach((of, index) => {
          if (isSettledBy(intervals[index] ?? interval(0), at)) done.add(of);
        });
        before = at.countedUntilSeconds;
      }
      expect(seconds).toBe(stories.reduce((sum, of) => sum + BigInt(of.length), 0n));
      expect(raw).toBe(stories.reduce((sum, of) => sum + BigInt(of.length) * of.rate, 0n));
    }),
  );
});
