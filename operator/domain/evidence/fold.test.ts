import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { addSample, merge, noSamples, summaryOf } from './fold.ts';
import type { EvidenceSample } from './types.ts';

type Timed = Readonly<{ atMs: number; sample: EvidenceSample }>;

const fold = (samples: readonly Timed[]) =>
  summaryOf(samples.reduce((tally, { sample, atMs }) => addSample(tally, sample, atMs), noSamples));
const each = (...samples: EvidenceSample[]) =>
  fold(samples.map((sample, at) => ({ sample, atMs: at + 1 })));

describe('samples of an hour', () => {
  test.each([
    ['none', each(), { samples: 0, xidCount: 0 }],
    [
      'one with all',
      each({ utilPercent: 90, fbUsedMiB: 7, powerMilliwatt: 350_600, xid: 0 }),
      {
        ...{ samples: 1, utilAvgPercent: 90, utilMaxPercent: 90 },
        ...{ fbUsedMaxMiB: 7, powerAvgWatt: 351, xidCount: 0 },
      },
    ],
    [
      'an average of what was measured, not of what was not',
      each({ utilPercent: 0 }, { utilPercent: 100 }, { utilPercent: 50 }, {}),
      { samples: 4, utilAvgPercent: 50, utilMaxPercent: 100, xidCount: 0 },
    ],
    [
      'an idle device, which is not one without samples',
      each({ utilPercent: 0, fbUsedMiB: 0 }),
      { samples: 1, utilAvgPercent: 0, utilMaxPercent: 0, fbUsedMaxMiB: 0, xidCount: 0 },
    ],
    [
      'an error that stands, and one after it',
      each({ xid: 0 }, { xid: 31 }, { xid: 31 }, { xid: 13 }),
      { samples: 4, lastXid: 13, xidCount: 3 },
    ],
  ])('%s', (_, summary, expected) => {
    expect(summary).toEqual(expected);
  });
});

const maybe = (max: number) => fc.option(fc.integer({ min: 0, max }), { nil: undefined });
const sample = fc
  .record({
    utilPercent: maybe(100),
    fbUsedMiB: maybe(2 ** 24),
    powerMilliwatt: maybe(10_000_000),
    xid: maybe(3),
  })
  .map(
    (all): EvidenceSample =>
      Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
  );
const timed = fc.record({ atMs: fc.integer({ min: 1, max: 20 }), sample });

test('their order makes no difference', () => {
  const shuffled = fc
    .array(timed, { maxLength: 30 })
    .chain((samples) =>
      fc.tuple(fc.constant(samples), fc.shuffledSubarray(samples, whole(samples))),
    );
  fc.assert(
    fc.property(shuffled, ([samples, others]) => {
      expect(fold(others)).toEqual(fold(samples));
    }),
  );
});

test('an average lies between the least and the most, and XIDs are no more than samples', () => {
  fc.assert(
    fc.property(fc.array(timed, { minLength: 1, maxLength: 30 }), (samples) => {
      const of = fold(samples);
      const utils = samples.flatMap((one) => one.sample.utilPercent ?? []);
      expect(of.samples).toBe(samples.length);
      expect(of.utilMaxPercent).toBe(utils.length === 0 ? undefined : Math.max(...utils));
      expect(of.utilAvgPercent ?? 0).toBeLessThanOrEqual(of.utilMaxPercent ?? 0);
      expect(of.utilAvgPercent ?? 100).toBeGreaterThanOrEqual(Math.min(100, ...utils));
      expect(of.xidCount).toBeLessThanOrEqual(of.samples);
      expect(of.lastXid === undefined).toBe(of.xidCount === 0);
    }),
  );
});

test('two samples of one instant are the same one, whichever is first', () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      expect(merge(a, b)).toEqual(merge(b, a));
      expect(merge(a, a)).toEqual(a);
    }),
  );
});

const whole = ({ length }: readonly unknown[]) => ({ minLength: length, maxLength: length });
