import type { Charge, FeeTerms } from './types.ts';

/**
 * What a lease costs, as running sums: a row of io.charges says what everything up to the end of its
 * epoch costs, and the charge of an epoch is the difference to the row before. So nothing is rounded
 * twice, and late usage is nothing but a difference.
 */

/** What usage costs in all; `total` is `usage`, `renterFee` and `rounding`. */
export type Sums = Charge;

/** The money of a lease at the end of an epoch: a row of io.charges. */
export type ChargeRow = Readonly<{
  /** 3,600 times the exact cost without fees, of all epochs, and of the late part of this one. */
  rawSum: bigint;
  lateRaw: bigint;
  /** What the renter paid of the total so far; less than it only when the money ran out. */
  collectedSum: bigint;
  /** What was added to the hold at closes so far. */
  renewedSum: bigint;
}>;

/** What stands before the first row. */
export const noCharge: ChargeRow = { rawSum: 0n, lateRaw: 0n, collectedSum: 0n, renewedSum: 0n };

const secondsPerHour = 3_600n;
const wholeInBasisPoints = 10_000n;

/**
 * The cost of `raw` / 3,600 base units. The total is rounded once, half to the renter; its parts are
 * rounded down, and what they leave is `rounding`: 0, 1 or 2.
 */
export function sumsOf(raw: bigint, fees: FeeTerms): Sums {
  const renter = BigInt(fees.renterBasisPoints);
  const whole = secondsPerHour * wholeInBasisPoints;
  const total = dividedHalfDown(raw * (wholeInBasisPoints + renter), whole);
  const usage = raw / secondsPerHour;
  const renterFee = (raw * renter) / whole;
  const supplierFee = (usage * BigInt(fees.supplierBasisPoints)) / wholeInBasisPoints;
  return { total, usage, renterFee, supplierFee, rounding: total - usage - renterFee };
}

/** Who gets what of the `collected` part of a total; what the parts leave is `rounding`. */
export function splitCollected(sums: Sums, collected: bigint): Charge {
  if (collected === sums.total) return sums;
  const part = (sum: bigint): bigint => (sum * collected) / sums.total;
  const usage = part(sums.usage);
  const renterFee = part(sums.renterFee);
  return {
    total: collected,
    usage,
    renterFee,
    supplierFee: part(sums.supplierFee),
    rounding: collected - usage - renterFee,
  };
}

/** From one charge to the next, part by part. */
export function difference(from: Charge, to: Charge): Charge {
  return {
    total: to.total - from.total,
    usage: to.usage - from.usage,
    renterFee: to.renterFee - from.renterFee,
    supplierFee: to.supplierFee - from.supplierFee,
    rounding: to.rounding - from.rounding,
  };
}

/**
 * What moves because of a row: for the epoch itself, and as correction of earlier ones. Late usage is
 * paid first, so both add up to the difference between the rows.
 */
export function chargeBetween(
  before: ChargeRow,
  row: ChargeRow,
  fees: FeeTerms,
): Readonly<{ regular: Charge; correction: Charge }> {
  const from = splitCollected(sumsOf(before.rawSum, fees), before.collectedSum);
  const to = splitCollected(sumsOf(row.rawSum, fees), row.collectedSum);
  let between = from;
  if (row.lateRaw !== 0n) {
    const corrected = sumsOf(before.rawSum + row.lateRaw, fees);
    const { total } = corrected;
    between = splitCollected(corrected, total < row.collectedSum ? total : row.collectedSum);
  }
  return { regular: difference(between, to), correction: difference(from, between) };
}

/** `dividend / divisor` rounded, half down; for amounts that are not negative. */
function dividedHalfDown(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor - 1n) / (2n * divisor);
}
