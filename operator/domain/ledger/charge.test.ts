import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { chargeBetween, difference, noCharge, splitCollected, sumsOf } from './charge.ts';
import { collect, heldOf, type LeaseToSettle } from './collect.ts';
import type { Charge, FeeTerms } from './types.ts';

const fees: FeeTerms = { renterBasisPoints: 225, supplierBasisPoints: 25 };
const noFees: FeeTerms = { renterBasisPoints: 0, supplierBasisPoints: 0 };

const anyFees: fc.Arbitrary<FeeTerms> = fc.record({
  renterBasisPoints: fc.integer({ min: 0, max: 10_000 }),
  supplierBasisPoints: fc.integer({ min: 0, max: 10_000 }),
});
const anyRaw = fc.bigInt({ min: 0n, max: 10n ** 30n });

describe('what usage costs', () => {
  test.each([
    ['nothing', 0n, noFees, { total: 0n, usage: 0n, renterFee: 0n, supplierFee: 0n }],
    ['an hour', 3_600n * 2_490_000n, noFees, { total: 2_490_000n, usage: 2_490_000n }],
    ['an hour with fees', 3_600n * 2_000_000n, fees, { total: 2_045_000n, renterFee: 45_000n }],
    ['what the supplier pays of it', 3_600n * 2_000_000n, fees, { supplierFee: 5_000n }],
    ['less than half a unit is nothing', 1_799n, noFees, { total: 0n }],
    ['half a unit is for the renter', 1_800n, noFees, { total: 0n }],
    ['more than half a unit is one', 1_801n, noFees, { total: 1n, usage: 0n, rounding: 1n }],
    [
      'parts that round down leave two',
      7_198n,
      { ...noFees, renterBasisPoints: 9_999 },
      { rounding: 2n },
    ],
  ] as const)('%s', (_, raw, terms, parts) => {
    expect(sumsOf(raw, terms)).toMatchObject(parts);
  });

  test('never differs from the exact cost by more than half a unit, and rounds half down', () => {
    fc.assert(
      fc.property(anyRaw, anyFees, (raw, terms) => {
        const { total } = sumsOf(raw, terms);
        const exact = raw * BigInt(10_000 + terms.renterBasisPoints);
        const above = 2n * (total * 36_000_000n - exact);
        expect(above < 36_000_000n && above >= -36_000_000n).toBe(true);
      }),
    );
  });

  test('parts add up to the total, and what they leave is at most two', () => {
    fc.assert(
      fc.property(anyRaw, anyFees, (raw, terms) => {
        const sums = sumsOf(raw, terms);
        expectParts(sums);
        expect([0n, 1n, 2n]).toContain(sums.rounding);
        expect(sums.supplierFee <= sums.usage).toBe(true);
      }),
    );
  });

  test('more usage never costs less, in no part', () => {
    fc.assert(
      fc.property(anyRaw, anyRaw, anyFees, (raw, more, terms) => {
        const { total, usage, renterFee, supplierFee } = difference(
          sumsOf(raw, terms),
          sumsOf(raw + more, terms),
        );
        for (const part of [total, usage, renterFee, supplierFee]) expect(part >= 0n).toBe(true);
      }),
    );
  });

  test('parts of what was paid add up to it, and nobody gets more than they are owed', () => {
    fc.assert(
      fc.property(anyRaw, anyFees, fc.bigInt({ min: 0n, max: 1_000n }), (raw, terms, promille) => {
        const sums = sumsOf(raw, terms);
        const collected = (sums.total * promille) / 1_000n;
        const split = splitCollected(sums, collected);
        expect(split.total).toBe(collected);
        expectParts(split);
        expect(split.usage <= sums.usage && split.renterFee <= sums.renterFee).toBe(true);
        expect(split.supplierFee <= split.usage).toBe(true);
        expect(split.rounding >= 0n).toBe(true);
      }),
    );
  });
});

describe('what a row moves', () => {
  const anyRow = fc.record({ rawSum: anyRaw, promille: fc.bigInt({ min: 0n, max: 1_000n }) });

  const anyLate = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });

  test('the epoch and its corrections add up to the difference between the rows', () => {
    fc.assert(
      fc.property(anyRow, anyRow, anyLate, anyFees, (first, second, lateShare, terms) => {
        const rowOf = ({ rawSum, promille }: typeof first, lateRaw: bigint) => ({
          rawSum,
          lateRaw,
          collectedSum: (sumsOf(rawSum, terms).total * promille) / 1_000n,
          renewedSum: 0n,
        });
        const before = rowOf(first, 0n);
        // Not more is taken back than was counted, and no more is late than is new.
        const lateRaw = clamp(lateShare, -first.rawSum, second.rawSum - first.rawSum);
        const row = rowOf(second, lateRaw);
        const { regular, correction } = chargeBetween(before, row, terms);
        expect(add(regular, correction)).toEqual(
          difference(
            splitCollected(sumsOf(before.rawSum, terms), before.collectedSum),
            splitCollected(sumsOf(row.rawSum, terms), row.collectedSum),
          ),
        );
        expectParts(regular);
        expectParts(correction);
      }),
    );
  });

  test('late usage that is taken back is a correction below zero', () => {
    const before = { ...noCharge, rawSum: 7_200n * 10n, collectedSum: 20n };
    const row = { ...before, rawSum: 3_600n * 10n, lateRaw: -3_600n * 10n, collectedSum: 10n };
    const { regular, correction } = chargeBetween(before, row, noFees);
    expect(correction).toMatchObject({ total: -10n, usage: -10n });
    expect(regular).toMatchObject({ total: 0n });
  });
});

describe('who pays when money is short', () => {
  const lease = (cost: bigint, holdBase: bigint, renews = true): LeaseToSettle => ({
    fees: noFees,
    holdBase,
    renews,
    before: noCharge,
    usage: { raw: cost * 3_600n, lateRaw: 0n },
  });

  test.each([
    ['a hold pays, and is filled up', [lease(30n, 100n)], 50n, [[30n, 30n]]],
    ['a hold that is not filled up', [lease(30n, 100n, false)], 50n, [[30n, 0n]]],
    ['what is available pays the rest', [lease(130n, 100n)], 50n, [[130n, 50n]]],
    ['what is left fills up less', [lease(30n, 100n)], 10n, [[30n, 10n]]],
    ['nobody pays what is not there', [lease(200n, 100n)], 50n, [[150n, 50n]]],
    [
      'costs go before holds',
      [lease(30n, 100n), lease(130n, 100n)],
      40n,
      [
        [30n, 10n],
        [130n, 30n],
      ],
    ],
    [
      'the first lease goes first',
      [lease(130n, 100n), lease(130n, 100n)],
      40n,
      [
        [130n, 30n],
        [110n, 10n],
      ],
    ],
  ] as const)('%s', (_, leases, available, expected) => {
    const rows = collect(leases, available);
    expect(rows.map(({ collectedSum, renewedSum }) => [collectedSum, renewedSum])).toEqual(
      expected,
    );
  });

  test('nothing is spent that is not there, and no hold goes below zero', () => {
    const anyLease = fc.record({
      fees: anyFees,
      holdBase: fc.bigInt({ min: 0n, max: 1_000n }),
      renews: fc.boolean(),
      before: fc.constant(noCharge),
      usage: fc.record({
        raw: fc.bigInt({ min: 0n, max: 5_000_000n }),
        lateRaw: fc.constant(0n),
      }),
    });
    const anyAvailable = fc.bigInt({ min: 0n, max: 3_000n });
    fc.assert(
      fc.property(fc.array(anyLease), anyAvailable, (leases, available) => {
        const rows = collect(leases, available);
        const renewed = rows.reduce((sum, row) => sum + row.renewedSum, 0n);
        expect(renewed <= available).toBe(true);
        for (const [index, row] of rows.entries()) {
          const { holdBase = 0n } = leases[index] ?? {};
          expect(heldOf(holdBase, row) >= 0n).toBe(true);
          expect(row.collectedSum <= row.totalSum).toBe(true);
        }
        const short = rows.some((row) => row.collectedSum < row.totalSum);
        expect(short && renewed < available).toBe(false);
      }),
    );
  });
});

function expectParts({ total, usage, renterFee, rounding }: Charge): void {
  expect(usage + renterFee + rounding).toBe(total);
}

function add(left: Charge, right: Charge): Charge {
  return {
    total: left.total + right.total,
    usage: left.usage + right.usage,
    renterFee: left.renterFee + right.renterFee,
    supplierFee: left.supplierFee + right.supplierFee,
    rounding: left.rounding + right.rounding,
  };
}

function clamp(value: bigint, least: bigint, most: bigint): bigint {
  if (value < least) return least;
  return value > most ? most : value;
}
