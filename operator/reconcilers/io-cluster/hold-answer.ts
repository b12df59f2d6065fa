import {
  insufficientFunds,
  ledgerUnavailable,
  scaleUpUnfunded,
  type Shortage,
} from '../../domain/io-cluster/funding.ts';
import type { Quote } from '../../domain/placement/quote.ts';
import type { Refusal } from '../../domain/placement/types.ts';
import type { Decision } from './decide.ts';
import { neverPlaced, type Opening } from './decide-money.ts';
import type { HoldAnswer } from './money.ts';

/** What becomes of a placement when the ledger has answered: it goes on, waits, or begins anew. */
export function afterOpen(
  decision: Decision,
  { terms, hold }: Opening,
  answer: HoldAnswer,
  nowSeconds: number,
): Decision {
  const { leaseGeneration } = decision;
  switch (answer.kind) {
    case 'Held':
      return decision;
    case 'Taken':
      // Its number is used up; the status says so before the lease is ended.
      return {
        finalizer: 'keep',
        leaseGeneration,
        close: [{ leaseId: terms.leaseId, endSeconds: nowSeconds, evidence: neverPlaced }],
        requeueAfterMs: 0,
      };
    case 'InsufficientFunds': {
      const shortage: Shortage = { account: terms.renter, hold, ...answer };
      const phase = insufficientFunds(shortage, quoteOf(decision));
      return { ...waiting(decision), phase };
    }
    case 'Away':
      return { ...waiting(decision), phase: ledgerUnavailable(quoteOf(decision)) };
  }
}

/** The same for more devices of a lease that runs: without the money it goes on as it is. */
export function afterExtend(
  decision: Decision,
  extension: NonNullable<Decision['extend']>,
  answer: HoldAnswer,
): Decision {
  switch (answer.kind) {
    case 'Held':
      return decision;
    case 'Taken':
    case 'Away':
      return refused(extension, scaleUpUnfunded(undefined));
    case 'InsufficientFunds': {
      const shortage = { account: extension.account, hold: extension.hold, ...answer };
      return refused(extension, scaleUpUnfunded(shortage));
    }
  }
}

function refused(
  { otherwise }: NonNullable<Decision['extend']>,
  scaleUpRefusal: Refusal,
): Decision {
  const { phase } = otherwise;
  return phase?.kind === 'Leased'
    ? { ...otherwise, phase: { ...phase, scaleUpRefusal } }
    : otherwise;
}

function waiting({ leaseGeneration, money }: Decision): Decision {
  const words = money === undefined ? undefined : { ...money, spend: undefined };
  return { finalizer: 'keep', leaseGeneration: leaseGeneration - 1, money: words };
}

function quoteOf({ decided }: Decision): Quote | undefined {
  return decided?.kind === 'Placement' ? decided : undefined;
}
