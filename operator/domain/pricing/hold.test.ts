import { describe, expect, test } from '@jest/globals';
import { formatAmount, fromMicroUsd, toMicroUsd } from './assets.ts';
import { defaultFees, feeTermsOf, withRenterFee } from './fees.ts';
import { holdOf, paymentOf, type PricingTerms } from './hold.ts';

const terms: PricingTerms = {
  fees: defaultFees,
  ioPrice: undefined,
  horizonSeconds: 7_200,
  graceSeconds: 300,
  pollSeconds: 5,
  releaseSeconds: 60,
};

test.each([
  ['USDC', { renterBasisPoints: 225, supplierBasisPoints: 25 }],
  ['IO', { renterBasisPoints: 25, supplierBasisPoints: 25 }],
] as const)('who pays in %s pays these fees', (asset, fees) => {
  expect(feeTermsOf(defaultFees, asset)).toEqual(fees);
});

test('a fee is rounded up, so that a hold suffices', () => {
  expect(withRenterFee(1n, feeTermsOf(defaultFees, 'USDC'))).toBe(2n);
  expect(withRenterFee(10_000n, feeTermsOf(defaultFees, 'IO'))).toBe(10_025n);
});

describe('amounts', () => {
  test.each([
    [0n, 'USDC', '0.00'],
    [12_500_000n, 'USDC', '12.50'],
    [1n, 'USDC', '0.000001'],
    [-2_040n, 'USDC', '-0.00204'],
    [123_456_789_012n, 'IO', '1234.56789012'],
  ] as const)('%s base units of %s are %s', (amount, asset, text) => {
    expect(formatAmount(amount, asset)).toBe(text);
  });

  test('a price in micro-USD is one in base units of what is paid in', () => {
    expect(fromMicroUsd(2_500_000n, 'USDC', undefined)).toBe(2_500_000n);
    expect(fromMicroUsd(2_500_000n, 'IO', 500_000n)).toBe(500_000_000n);
    expect(fromMicroUsd(2_500_000n, 'IO', undefined)).toBeUndefined();
    expect(fromMicroUsd(2_500_000n, 'IO', 0n)).toBeUndefined();
    expect(toMicroUsd(500_000_001n, 'IO', 500_000n)).toBe(2_500_001n);
  });
});

describe('what is held', () => {
  test.each([
    ['two hours of the price', 5_112_500n, undefined, terms, 10_225_000n],
    ['no more than the budget leaves', 5_112_500n, 4_000_000n, terms, 4_000_000n],
    [
      'at least what an announced end takes',
      3_600_000n,
      undefined,
      { ...terms, horizonSeconds: 60 },
      365_000n,
    ],
    ['rounded up', 1n, undefined, { ...terms, horizonSeconds: 3_601 }, 2n],
  ] as const)('%s', (_, perHour, left, given, hold) => {
    expect(holdOf(perHour, left, given)).toBe(hold);
  });

  test('a quote has the fees in it', () => {
    expect(paymentOf(5_000_000n, 'USDC', undefined, terms)).toEqual({
      asset: 'USDC',
      perHour: 5_112_500n,
      hold: 10_225_000n,
    });
    expect(paymentOf(5_000_000n, 'IO', undefined, terms)).toBeUndefined();
  });
});
