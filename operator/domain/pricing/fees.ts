import type { Asset, FeeTerms } from '../ledger/types.ts';

/** What the network takes, in basis points of what a lease costs. */
export type FeeSchedule = Readonly<{
  /** The renter's part of the reservation fee. */
  renterBasisPoints: number;
  /** The supplier's part of the reservation fee. */
  supplierBasisPoints: number;
  /** What a renter pays on top for paying in USDC. */
  usdcBasisPoints: number;
}>;

/** 0.25 % on either side, 2 % for USDC. */
export const defaultFees: FeeSchedule = {
  renterBasisPoints: 25,
  supplierBasisPoints: 25,
  usdcBasisPoints: 200,
};

const wholeInBasisPoints = 10_000n;

/** The fees of a lease that is paid in `asset`. */
export function feeTermsOf(schedule: FeeSchedule, asset: Asset): FeeTerms {
  const { renterBasisPoints, supplierBasisPoints, usdcBasisPoints } = schedule;
  return {
    renterBasisPoints: renterBasisPoints + (asset === 'USDC' ? usdcBasisPoints : 0),
    supplierBasisPoints,
  };
}

/** What a renter pays for `amount`, rounded up: a hold of it always suffices. */
export function withRenterFee(amount: bigint, { renterBasisPoints }: FeeTerms): bigint {
  return dividedUp(amount * (wholeInBasisPoints + BigInt(renterBasisPoints)), wholeInBasisPoints);
}

/** `dividend / divisor` for amounts that are not negative, rounded up. */
export function dividedUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
