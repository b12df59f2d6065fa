import { costOf, type PricingTerms } from './hold.ts';

/** How the money of one lease stands. Amounts in base units of one asset, fees included. */
export type BudgetFacts = Readonly<{
  /** What earlier leases of the same cluster have cost. */
  spentBefore: bigint;
  settled: bigint;
  /** What was reported and is not settled. */
  unsettled: bigint;
  held: bigint;
  /** The part of what the account has available that this lease may count on. */
  availableShare: bigint;
  /** All devices, one hour. */
  perHour: bigint;
  /** What all leases of the cluster may cost; undefined: no limit. */
  maxSpend: bigint | undefined;
  /** Seconds that may have been used and were not reported yet. */
  unreportedSeconds: number;
}>;

/** From well to over. */
export const budgetStages = ['Fine', 'Low', 'AlmostSpent', 'Ending', 'Stop'] as const;
export type BudgetStage = (typeof budgetStages)[number];

export type BudgetStanding = Readonly<{
  stage: BudgetStage;
  limitedBy: 'MaxSpend' | 'Funds';
  /** What may be spent, and what of it was: since the first lease, or since the last settlement. */
  limit: bigint;
  spent: bigint;
  /** Until the lease is stopped, if all its devices are used; undefined: it costs nothing. */
  secondsLeft: number | undefined;
}>;

const lowPercent = 80n;
const almostSpentPercent = 95n;

/**
 * Says whether a lease may go on. It is stopped while what is left still pays for the time until
 * the next look and for stopping it, so that neither the budget nor the account is overdrawn; the
 * stop is announced a grace time before. What was not reported yet counts as used.
 */
export function judgeBudget(facts: BudgetFacts, terms: PricingTerms): BudgetStanding {
  const used = facts.unsettled + costOf(facts.perHour, facts.unreportedSeconds);
  const funds = standing('Funds', facts.held + facts.availableShare, used, facts.perHour, terms);
  if (facts.maxSpend === undefined) return funds;
  const spent = facts.spentBefore + facts.settled + used;
  const budget = standing('MaxSpend', facts.maxSpend, spent, facts.perHour, terms);
  return compare(budget, funds) >= 0 ? budget : funds;
}

function standing(
  limitedBy: BudgetStanding['limitedBy'],
  limit: bigint,
  spent: bigint,
  perHour: bigint,
  terms: PricingTerms,
): BudgetStanding {
  const left = limit - spent;
  const reserve = costOf(perHour, terms.pollSeconds + terms.releaseSeconds);
  const secondsLeft = perHour === 0n ? undefined : Number(((left - reserve) * 3_600n) / perHour);
  return {
    stage: stageOf(limit, spent, secondsLeft, terms),
    limitedBy,
    limit,
    spent,
    secondsLeft: secondsLeft === undefined ? undefined : Math.max(0, secondsLeft),
  };
}

function stageOf(
  limit: bigint,
  spent: bigint,
  secondsLeft: number | undefined,
  { graceSeconds }: PricingTerms,
): BudgetStage {
  // What costs nothing more can go on for ever.
  if (secondsLeft === undefined) return 'Fine';
  if (secondsLeft <= 0) return 'Stop';
  if (secondsLeft <= graceSeconds) return 'Ending';
  if (spent * 100n >= limit * almostSpentPercent) return 'AlmostSpent';
  return spent * 100n >= limit * lowPercent ? 'Low' : 'Fine';
}

/** Positive when `a` is worse. */
function compare(a: BudgetStanding, b: BudgetStanding): number {
  const stages = budgetStages.indexOf(a.stage) - budgetStages.indexOf(b.stage);
  if (stages !== 0) return stages;
  return (b.secondsLeft ?? Number.POSITIVE_INFINITY) - (a.secondsLeft ?? Number.POSITIVE_INFINITY);
}

/**
 * The part of an account's available money that one of its leases may count on: by its rate, so
 * that leases which share an account come to its end together, and never use more than there is.
 */
export function shareOf(available: bigint, perHour: bigint, perHourOfAll: bigint): bigint {
  if (available <= 0n) return 0n;
  return perHourOfAll <= 0n ? available : (available * perHour) / perHourOfAll;
}
