import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatAmount } from '../pricing/assets.ts';
import { emissionOf } from './policy.ts';
import {
  emissionCap,
  emissionEpochs,
  hourlyEmission,
  monthlyEmission,
  supplyCap,
} from './schedule.ts';

type Vectors = {
  'hourly-disinflation': { epochs: number; total: string; epoch: Record<string, string> };
  monthly: { epochs: number; total: string; month: Record<string, string> };
};
const vectors = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as Vectors;

const epochsPerMonth = 730;
const hourly = { kind: 'hourly-disinflation' } as const;

function sum(from: number, to: number, emission: (epoch: number) => bigint): bigint {
  let total = 0n;
  for (let epoch = from; epoch <= to; epoch += 1) total += emission(epoch);
  return total;
}

describe('hourly-disinflation', () => {
  test.each(Object.entries(vectors['hourly-disinflation'].epoch))(
    'epoch %s emits %s',
    (epoch, amount) => {
      expect(hourlyEmission(Number(epoch))).toBe(BigInt(amount));
    },
  );

  test('the first three epochs are the published ones', () => {
    const toCents = (units: bigint): bigint => ((units + 500_000n) / 1_000_000n) * 1_000_000n;
    const rounded = [1, 2, 3].map((epoch) => formatAmount(toCents(hourlyEmission(epoch)), 'IO'));
    expect(rounded).toEqual(['4566.21', '4566.15', '4566.08']);
  });

  test('all epochs emit the cap, to the last unit, and nothing comes after them', () => {
    const { epochs, total } = vectors['hourly-disinflation'];
    expect(epochs).toBe(emissionEpochs);
    expect(sum(1, epochs, hourlyEmission)).toBe(BigInt(total));
    expect(BigInt(total)).toBe(emissionCap);
    expect(hourlyEmission(epochs + 1)).toBe(0n);
    expect(hourlyEmission(0)).toBe(0n);
  });

  test('with what existed at genesis it is all there will be', () => {
    expect(supplyCap - emissionCap).toBe(50_000_000_000_000_000n);
  });
});

describe('monthly', () => {
  test.each(Object.entries(vectors.monthly.month))('month %s emits %s', (month, amount) => {
    const last = Number(month) * epochsPerMonth;
    expect(sum(last - epochsPerMonth + 1, last, monthlyEmission)).toBe(BigInt(amount));
  });

  test('all months emit the cap, to the last unit', () => {
    expect(sum(1, vectors.monthly.epochs, monthlyEmission)).toBe(BigInt(vectors.monthly.total));
    expect(BigInt(vectors.monthly.total)).toBe(emissionCap);
  });

  test('hours of a month differ by one unit at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 239 }), (month) => {
        const hours = Array.from({ length: epochsPerMonth }, (_, hour) =>
          monthlyEmission(month * epochsPerMonth + hour + 1),
        );
        const sorted = hours.toSorted((a, b) => Number(a - b));
        expect((sorted.at(-1) ?? 0n) - (sorted[0] ?? 0n) <= 1n).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe('usd-target', () => {
  const target = { kind: 'usd-target', microUsdPerEpoch: 500_000_000n } as const;

  test.each([
    ['buys IO at its price', 1, 500_000n, 100_000_000_000n],
    ['is cut to what hourly-disinflation allows', 1, 100_000n, 456_621_004_566n],
    ['ends with hourly-disinflation', emissionEpochs + 1, 500_000n, 0n],
  ])('it %s', (_, epoch, price, amount) => {
    expect(emissionOf(target, epoch, price, 0n)).toBe(amount);
  });

  test('without a price nobody knows', () => {
    expect(emissionOf(target, 1, undefined, 0n)).toBeUndefined();
    expect(emissionOf(hourly, 1, undefined, 0n)).toBe(456_621_004_566n);
  });
});

test.each([
  ['what is left of the cap', emissionCap - 5n, 5n],
  ['nothing at the cap', emissionCap, 0n],
  ['nothing beyond the cap', emissionCap + 1n, 0n],
])('an epoch emits %s', (_, emittedBefore, amount) => {
  expect(emissionOf(hourly, 1, undefined, emittedBefore)).toBe(amount);
});

test('whatever policies follow one another, the cap holds', () => {
  const policy = fc.oneof(
    fc.constant(hourly),
    fc.constant({ kind: 'monthly' } as const),
    fc.record({
      kind: fc.constant('usd-target' as const),
      microUsdPerEpoch: fc.bigInt({ min: 0n, max: 10n ** 15n }),
    }),
  );
  const step = fc.tuple(
    policy,
    fc.integer({ min: 1, max: 180_000 }),
    fc.bigInt({ min: 1n, max: 10n ** 9n }),
  );
  fc.assert(
    fc.property(
      fc.array(step),
      fc.bigInt({ min: emissionCap - 10n ** 12n, max: emissionCap }),
      (steps, before) => {
        let emitted = before;
        for (const [chosen, epoch, price] of steps) {
          const amount = emissionOf(chosen, epoch, price, emitted) ?? 0n;
          expect(amount >= 0n).toBe(true);
          emitted += amount;
        }
        expect(emitted <= emissionCap).toBe(true);
      },
    ),
  );
});
