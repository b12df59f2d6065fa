import { compareBigint, compareText } from '../order.ts';
import type { Candidate } from './filters.ts';
import { lowestPrice } from './demand.ts';
import type { PackPlan } from './pack.ts';
import type { PlacementRequest } from './types.ts';

/** What decides between members; smaller is better, field by field. No two are equal. */
export type Score = Readonly<{
  rank: bigint;
  priceMicroUsdPerHour: bigint;
  breakup: number;
  member: string;
}>;

/** A member that could take the cluster. */
export type Option = Readonly<{ candidate: Candidate; plan: PackPlan; score: Score }>;

/** How good a plan is by the strategy of the request; see `rankOf`. */
export function scoreOf(candidate: Candidate, plan: PackPlan): Score {
  const { priceMicroUsdPerHour, breakup } = plan;
  return {
    rank: rankOf(candidate, priceMicroUsdPerHour),
    priceMicroUsdPerHour,
    breakup,
    member: candidate.member.facts.name,
  };
}

/** No plan on this member can score better: its cheapest devices, on nodes that fit exactly. */
export function bestPossibleScore(candidate: Candidate): Score {
  const { request, pools } = candidate;
  const price = pools.reduce((sum, { group, affordable }) => {
    const devices = BigInt(group.workers * group.devicesPerWorker);
    return sum + devices * lowestPrice(affordable, request.capacity);
  }, 0n);
  const breakup = pools.reduce(
    (sum, { group }) => sum + group.workers * group.devicesPerWorker ** 2,
    0,
  );
  return {
    rank: rankOf(candidate, price),
    priceMicroUsdPerHour: price,
    breakup,
    member: candidate.member.facts.name,
  };
}

/** By rank, then price, then how many whole nodes are broken up, then name. */
export function compareScores(left: Score, right: Score): number {
  return (
    compareBigint(left.rank, right.rank) ||
    compareBigint(left.priceMicroUsdPerHour, right.priceMicroUsdPerHour) ||
    left.breakup - right.breakup ||
    compareText(left.member, right.member)
  );
}

const unknownRoundTripMs = 1_000_000;

/**
 * - Cheapest: the price.
 * - Fastest: the estimated round trip in ms; members without coordinates come last. Without a
 *   place to measure from it is Cheapest.
 * - Balanced: price × (1 + round trip / maxMilliseconds): a member at the edge of what is allowed
 *   counts as twice as dear as one next door. Without a place to measure from it is Cheapest.
 */
function rankOf(candidate: Candidate, price: bigint): bigint {
  const { strategy, latency }: PlacementRequest = candidate.request;
  if (latency === undefined) return price;
  const roundTripMs = BigInt(candidate.roundTripMs ?? unknownRoundTripMs);
  switch (strategy) {
    case 'Cheapest':
      return price;
    case 'Fastest':
      return roundTripMs;
    case 'Balanced':
      return price * (BigInt(latency.maxMilliseconds) + roundTripMs);
  }
}
