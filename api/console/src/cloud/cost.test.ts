import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { costNow, priceFor } from './cost.ts';
import { decimalOf, partsOf, sumOf } from './decimal-sum.ts';

const time = '2026-11-25T14:00:00Z';
const start = Date.parse(time);
const spend = {
  asset: 'USDC',
  settled: '10.5',
  held: '8',
  unsettled: '1.25',
  time,
} as const;
const payment = { asset: 'USDC', perHour: '3.6', hold: '8' } as const;
const running = { spend, payment, phase: 'Running' } as const;

describe('the cost until now', () => {
  test.each([
    ['when the figures are new', running, 0, '11.75', '0'],
    ['an hour later', running, 3_600, '15.35', '3.6'],
    ['a second later', running, 1, '11.751', '0.001'],
    ['never more than is held', running, 7_200, '18.5', '6.75'],
    ['when the clock of the reader is slow', running, -60, '11.75', '0'],
    ['when it does not run', { ...running, phase: 'Suspended' as const }, 3_600, '11.75', '0'],
    [
      'in another asset',
      { ...running, payment: { ...payment, asset: 'IO' as const } },
      3_600,
      '11.75',
      '0',
    ],
    ['without a price', { ...running, payment: undefined }, 3_600, '11.75', '0'],
  ])('%s', (_name, view, seconds, total, estimated) => {
    expect(costNow(view, start + seconds * 1000)).toMatchObject({ total, estimated });
  });

  test('is not known before the hub tells it', () => {
    expect(costNow({ ...running, spend: undefined }, start)).toBeUndefined();
  });

  test('never goes back as time goes on', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (first, more) => {
        const [early, late] = [first, first + more].map((seconds) =>
          partsOf(costNow(running, start + seconds * 1000)?.total ?? ''),
        );
        expect((late ?? 0n) >= (early ?? 0n)).toBe(true);
      }),
    );
  });
});

test('sums are exact', () => {
  expect(sumOf('0.1', '0.2')).toBe('0.3');
  expect(sumOf('-5', '2.000000000001')).toBe('-2.999999999999');
  expect(priceFor('39.264', 24n)).toBe('942.336');
  expect(decimalOf(partsOf('123456789012345678901234.5'))).toBe('123456789012345678901234.5');
  expect(partsOf('not a number')).toBe(0n);
});
