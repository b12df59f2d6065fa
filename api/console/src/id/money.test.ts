import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { sumsOf } from '../../../../operator/domain/ledger/charge.ts';
import type { Asset } from '../../../../operator/domain/ledger/types.ts';
import { formatAmount, parseAmount } from '../../../../operator/domain/pricing/assets.ts';
import { defaultFees, feeTermsOf } from '../../../../operator/domain/pricing/fees.ts';
import { readAmount } from './amount-input.ts';
import {
  addDecimals,
  approximate,
  basisPointsOf,
  compareDecimals,
  isDecimal,
  isZero,
  subtractDecimals,
  sumDecimals,
} from './decimal.ts';
import { feeBreakdown, feeRates } from './fees.ts';

const assets = fc.constantFrom<Asset>('USDC', 'IO');
const units = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });

describe('decimal numbers', () => {
  test('are added, subtracted and compared as the ledger does, to the unit', () => {
    fc.assert(
      fc.property(assets, units, units, (asset, a, b) => {
        const [x, y] = [formatAmount(a, asset), formatAmount(b, asset)];
        expect(addDecimals(x, y)).toBe(formatAmount(a + b, asset));
        expect(subtractDecimals(x, y)).toBe(formatAmount(a - b, asset));
        expect(compareDecimals(x, y)).toBe(a < b ? -1 : a > b ? 1 : 0);
        expect(isZero(x)).toBe(a === 0n);
      }),
    );
  });

  test.each([
    [['0.1', '0.2'], '0.30'],
    [['9007199254740993', '0.00000001'], '9007199254740993.00000001'],
    [['-1.50', '1.5'], '0.00'],
    [[], '0.00'],
  ])('%j are in all %s', (all, sum) => {
    expect(sumDecimals(all)).toBe(sum);
  });

  test.each(['', '.', '1.', '.5', '1e3', '0x1', 'NaN', '1,5', '--1', '١', ' 1', '1'.repeat(41)])(
    '%j is none',
    (text) => {
      expect(isDecimal(text)).toBe(false);
      expect(approximate(text)).toBe(0);
    },
  );
});

describe('an amount that was typed', () => {
  test('is read back from whatever the ledger writes', () => {
    fc.assert(
      fc.property(assets, fc.bigInt({ min: 1n, max: 10n ** 17n }), (asset, amount) => {
        const read = readAmount(formatAmount(amount, asset), asset);
        expect(parseAmount(read.amount ?? '', asset)).toBe(amount);
      }),
    );
  });

  test.each<[string, Asset, string]>([
    ['12.5', 'USDC', '12.5'],
    [' 12,50 ', 'USDC', '12.50'],
    ['+7', 'IO', '7'],
    ['0.00000001', 'IO', '0.00000001'],
  ])('%j of %s is %s', (typed, asset, amount) => {
    expect(readAmount(typed, asset)).toEqual({ amount, fault: undefined });
  });

  test.each<[string, Asset, RegExp]>([
    ['', 'USDC', /^Enter/],
    ['0.000', 'USDC', /more than 0/],
    ['-1', 'USDC', /^Write digits/],
    ['1.0000001', 'USDC', /^USDC has 6 decimals; this has 7/],
    ['1,234', 'USDC', /^1,234 can be read in two ways: write 1234 or 1\.234\./],
    ['1.234,5', 'USDC', /^Write digits/],
    ['1e9', 'IO', /^Write digits/],
    ['0x10', 'IO', /^Write digits/],
    ['9'.repeat(13), 'IO', /^Write digits/],
    ['<b>1</b>', 'IO', /^Write digits/],
    ['100.01', 'USDC', /^There are 100\.00 USDC\./],
  ])('%j of %s is refused', (typed, asset, fault) => {
    const read = readAmount(typed, asset, { most: '100.00' });
    expect(read.amount).toBeUndefined();
    expect(read.fault).toMatch(fault);
  });

  test('may be all that there is', () => {
    expect(readAmount('100', 'USDC', { most: '100.00' }).amount).toBe('100');
  });
});

describe('fees', () => {
  test('have the rates of the network', () => {
    expect(feeRates).toEqual({
      renter: defaultFees.renterBasisPoints,
      supplier: defaultFees.supplierBasisPoints,
      usdc: defaultFees.usdcBasisPoints,
    });
  });

  test('are what the ledger charges, but for its rounding', () => {
    fc.assert(
      fc.property(assets, fc.bigInt({ min: 1n, max: 10n ** 17n }), (asset, price) => {
        const { total, usage, supplierFee } = sumsOf(
          price * 3_600n,
          feeTermsOf(defaultFees, asset),
        );
        const { paid, kept, lines } = feeBreakdown(formatAmount(price, asset), asset);
        expect(kept).toBe(formatAmount(usage - supplierFee, asset));
        const off = total - (parseAmount(paid, asset) ?? 0n);
        // Two parts are rounded down here, one sum half down there.
        expect(off >= 0n && off <= 2n).toBe(true);
        expect(lines).toHaveLength(3);
      }),
    );
  });

  test('of 100 USDC are 2 and 0.25 on one side, 0.25 on the other', () => {
    const { lines, paid, kept } = feeBreakdown('100', 'USDC');
    expect(lines.map(({ amount }) => amount)).toEqual(['0.25', '2.00', '0.25']);
    expect([paid, kept]).toEqual(['102.25', '99.75']);
    expect(feeBreakdown('100', 'IO').paid).toBe('100.25');
    expect(basisPointsOf('0.00000399', 25, 8)).toBe('0.00');
  });
});
