import type { Asset } from '../ledger/types.ts';
import { fromMicroUsd, type IoPrice } from './assets.ts';
import { dividedUp, type FeeSchedule, feeTermsOf, withRenterFee } from './fees.ts';

/** What the hub asks of who rents. */
export type PricingTerms = Readonly<{
  fees: FeeSchedule;
  /** Micro-USD that one IO is worth; without it nobody can pay in IO. */
  ioPrice: IoPrice;
  /** A lease holds money for this long. */
  horizonSeconds: number;
  /** From the word that a lease will end to its end. */
  graceSeconds: number;
  /** From one look at the money of a lease to the next. */
  pollSeconds: number;
  /** What it takes from the decision to stop until the member has stopped it. */
  releaseSeconds: number;
}>;

/** What a cluster costs its renter, in base units of `asset`. */
export type Payment = Readonly<{
  asset: Asset;
  /** All devices, one hour, with fees. */
  perHour: bigint;
  /** What is held when the lease begins. */
  hold: bigint;
}>;

const secondsPerHour = 3_600n;

/** What `seconds` cost at a price per hour, rounded up. */
export function costOf(perHour: bigint, seconds: number): bigint {
  return dividedUp(perHour * BigInt(Math.max(0, Math.ceil(seconds))), secondsPerHour);
}

/** The least that a lease has to be able to pay, or it would end before it began. */
export function leastHold(perHour: bigint, terms: PricingTerms): bigint {
  return costOf(perHour, terms.graceSeconds + terms.pollSeconds + terms.releaseSeconds);
}

/**
 * What is held for a lease: so many hours of it, never less than what its announced end takes, so
 * that nothing stays unpaid, and never more than its budget leaves.
 */
export function holdOf(perHour: bigint, leftToSpend: bigint | undefined, terms: PricingTerms) {
  const hours = costOf(perHour, terms.horizonSeconds);
  const least = leastHold(perHour, terms);
  const wanted = hours > least ? hours : least;
  return leftToSpend !== undefined && leftToSpend < wanted ? leftToSpend : wanted;
}

/**
 * The price of a cluster for who pays in `asset`.
 * @param leftToSpend what its budget leaves, in base units; undefined: no limit
 * @returns undefined when the asset has no price
 */
export function paymentOf(
  microUsdPerHour: bigint,
  asset: Asset,
  leftToSpend: bigint | undefined,
  terms: PricingTerms,
): Payment | undefined {
  const price = fromMicroUsd(microUsdPerHour, asset, terms.ioPrice);
  if (price === undefined) return undefined;
  const perHour = withRenterFee(price, feeTermsOf(terms.fees, asset));
  return { asset, perHour, hold: holdOf(perHour, leftToSpend, terms) };
}
