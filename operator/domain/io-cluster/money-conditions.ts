import { boundedMessage, type ConditionIntent } from '../condition-intent.ts';
import { formatAmount } from '../pricing/assets.ts';
import type { BudgetStanding } from '../pricing/budget.ts';
import type { Payment } from '../pricing/hold.ts';
import type { MeteringStage } from '../pricing/metering.ts';
import type { Asset } from '../ledger/types.ts';
import type { Phase } from './phase.ts';

/** What a cluster has cost, all its leases together, fees included. Base units of `asset`. */
export type Spend = Readonly<{ asset: Asset; settled: bigint; held: bigint; unsettled: bigint }>;

/** How the money of a running lease stood when that last changed. */
export type LeaseStanding = Readonly<{
  leaseId: string;
  budget: BudgetStanding;
  /** When the budget was judged, seconds since 1970. */
  judgedAtSeconds: number;
  metering: MeteringStage;
}>;

/** What the conditions and the status say of money. */
export type MoneyWords = Readonly<{
  asset: Asset;
  /** Price of the cluster, or what it would be; undefined when there is none. */
  payment: Payment | undefined;
  /** Undefined while the ledger has not been asked about the lease. */
  standing: LeaseStanding | undefined;
  spend: Spend | undefined;
}>;

type Intent = ConditionIntent<'Quoted' | 'Funded' | 'Metering'>;

const intent = (
  type: Intent['type'],
  status: Intent['status'],
  reason: string,
  message: string,
): Intent => ({ type, status, reason, message: boundedMessage(message) });

const notLeased = intent('Metering', 'False', 'NotLeased', 'There is no lease to be metered.');

/** Quoted, Funded and Metering; those that a phase says nothing about stay as they are. */
export function moneyConditions(phase: Phase, money: MoneyWords): readonly Intent[] {
  switch (phase.kind) {
    case 'Invalid':
      return withoutPrice('Invalid', phase.message);
    case 'Suspended': {
      const message = 'spec.suspend is true: nothing is held and nothing is charged.';
      return withoutPrice('Suspended', message);
    }
    case 'Finished':
      return [
        intent('Quoted', 'False', 'Finished', phase.message),
        intent(
          'Funded',
          'False',
          phase.reason === 'BudgetExhausted' ? 'BudgetExhausted' : 'Finished',
          phase.message,
        ),
        notLeased,
      ];
    case 'Releasing':
      return [notLeased];
    case 'Waiting':
      return [
        quoted(money, phase.refusal.message),
        intent('Funded', 'Unknown', 'NotHeld', 'Money is held as soon as devices are found.'),
        notLeased,
      ];
    case 'Unfunded':
      return unfunded(phase, money);
    case 'Leased':
      return [quoted(money, ''), fundedOf(money), meteringOf(money.standing?.metering)];
  }
}

function withoutPrice(reason: 'Invalid' | 'Suspended', message: string): readonly Intent[] {
  return [
    intent('Quoted', 'False', reason, message),
    intent('Funded', 'False', reason, message),
    notLeased,
  ];
}

function unfunded(
  { reason, message }: Extract<Phase, { kind: 'Unfunded' }>,
  money: MoneyWords,
): readonly Intent[] {
  if (reason === 'PriceUnknown') {
    return [
      intent('Quoted', 'False', 'PriceUnknown', message),
      intent('Funded', 'False', 'NotQuoted', message),
      notLeased,
    ];
  }
  if (reason === 'LedgerUnavailable') {
    return [intent('Funded', 'Unknown', 'LedgerUnavailable', message), notLeased];
  }
  return [quoted(money, message), intent('Funded', 'False', reason, message), notLeased];
}

function quoted({ payment }: MoneyWords, why: string): Intent {
  if (payment === undefined) {
    const message = why === '' ? 'There is no price for it.' : `No member could take it: ${why}`;
    return intent('Quoted', 'False', 'NoQuote', message);
  }
  const { asset, perHour, hold } = payment;
  const price = `${formatAmount(perHour, asset)} ${asset} an hour with fees`;
  const held = `${formatAmount(hold, asset)} ${asset} are held when the lease begins`;
  return intent('Quoted', 'True', 'Quoted', `It costs ${price}; ${held}.`);
}

function meteringOf(stage: MeteringStage | undefined): Intent {
  switch (stage) {
    case 'Metering':
      return intent('Metering', 'True', 'Metering', 'The member reports what is used.');
    case 'Stalled': {
      const message =
        'The cluster is ready, but its member has not reported its use for two minutes.';
      return intent('Metering', 'False', 'Stalled', message);
    }
    case 'NotStarted':
    case undefined:
      return intent(
        'Metering',
        'False',
        'NotStarted',
        'Nothing was used yet, so nothing is charged.',
      );
  }
}

function fundedOf({ standing, asset }: MoneyWords): Intent {
  if (standing === undefined) return intent('Funded', 'True', 'Funded', paid);
  const { budget } = standing;
  const spent = `${formatAmount(budget.spent, asset)} of ${formatAmount(budget.limit, asset)} ${asset}`;
  const figures = `${wordsOf[budget.limitedBy]}: ${spent}`;
  const end = endOf(standing);
  const advice = adviceOf[budget.limitedBy];
  switch (budget.stage) {
    case 'Fine':
      return intent('Funded', 'True', 'Funded', paid);
    case 'Low':
      return intent('Funded', 'True', 'BudgetLow', `80 % is used of ${figures}.${end}`);
    case 'AlmostSpent':
      return intent('Funded', 'True', 'BudgetAlmostSpent', `95 % is used of ${figures}.${end}`);
    case 'Ending':
    case 'Stop': {
      const message = `The cluster is about to be stopped. Used is of ${figures}.${end} ${advice}`;
      return intent('Funded', 'False', 'BudgetEnding', message);
    }
  }
}

const paid = 'The account can pay for it.';

const wordsOf: Readonly<Record<BudgetStanding['limitedBy'], string>> = {
  MaxSpend: 'spec.budget.maxSpendMicroUsd',
  Funds: 'what the account can still pay for this lease',
};

const adviceOf: Readonly<Record<BudgetStanding['limitedBy'], string>> = {
  MaxSpend: 'Raise it to go on.',
  Funds: 'Deposit to the account to go on.',
};

function endOf({ budget, judgedAtSeconds }: LeaseStanding): string {
  if (budget.secondsLeft === undefined) return '';
  const at = new Date((judgedAtSeconds + budget.secondsLeft) * 1000).toISOString();
  return ` In full use it lasts until about ${at.slice(0, 16)}Z.`;
}

/** Why a lease was stopped, with the numbers. */
export function exhaustedMessage({ budget }: LeaseStanding, asset: Asset): string {
  const spent = `${formatAmount(budget.spent, asset)} of ${formatAmount(budget.limit, asset)} ${asset}`;
  const what = wordsOf[budget.limitedBy];
  const used = `The lease was ended since the money for it is used up. Used is of ${what}: ${spent}`;
  return `${used}; the rest pays for the time until it has stopped.`;
}
