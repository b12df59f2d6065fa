import { boundedMessage } from '../condition-intent.ts';
import type { AccountKey, Asset } from '../ledger/types.ts';
import type { Quote } from '../placement/quote.ts';
import type { Refusal } from '../placement/types.ts';
import { formatAmount } from '../pricing/assets.ts';
import type { Phase } from './phase.ts';

type Unfunded = Extract<Phase, { kind: 'Unfunded' }>;

/** Money that is not there. Amounts in base units of `asset`. */
export type Shortage = Readonly<{
  account: AccountKey;
  asset: Asset;
  /** What would be held. */
  hold: bigint;
  available: bigint;
  missing: bigint;
}>;

/** Says how much is missing, of what, and how to get it there. */
export function shortageMessage({ account, asset, hold, available, missing }: Shortage): string {
  const amount = (base: bigint): string => `${formatAmount(base, asset)} ${asset}`;
  const has = `account ${account} has ${amount(available)} available`;
  const lack = formatAmount(missing, asset);
  const deposit = [
    `io-operator deposit --account ${account} --asset ${asset}`,
    `--amount ${lack} --reference <payment>`,
  ].join(' ');
  const need = `${amount(hold)} have to be held and ${has}: ${lack} ${asset} are missing.`;
  return `${need} To deposit them: ${deposit}`;
}

/** The account cannot pay for the beginning of the lease. */
export function insufficientFunds(shortage: Shortage, quote: Quote | undefined): Unfunded {
  return unfunded('InsufficientFunds', shortageMessage(shortage), quote);
}

/** The budget leaves less than the lease would cost until it could be ended again. */
export function budgetExhausted(
  money: Readonly<{ asset: Asset; maxSpend: bigint; spent: bigint; least: bigint }>,
  quote: Quote | undefined,
): Unfunded {
  const { asset, maxSpend, spent, least } = money;
  const amount = (base: bigint): string => formatAmount(base, asset);
  const used = `${amount(spent)} of ${amount(maxSpend)} ${asset} were spent by earlier leases`;
  const need = `another takes at least ${amount(least)}; raise it to go on.`;
  const message = `spec.budget.maxSpendMicroUsd: ${used}, and ${need}`;
  return unfunded('BudgetExhausted', message, quote);
}

/** Nobody said what an IO is worth. */
export function priceUnknown(asset: Asset, quote: Quote | undefined): Unfunded {
  const what = `The hub has no price of ${asset}, so that nothing can be paid in it`;
  const message = `${what}; pay in USDC, or ask who runs the hub for --io-price-micro-usd.`;
  return unfunded('PriceUnknown', message, quote);
}

/** Without the ledger nothing new begins; what runs goes on. */
export function ledgerUnavailable(quote: Quote | undefined): Unfunded {
  return unfunded('LedgerUnavailable', `${ledgerAway} It is asked again.`, quote);
}

const ledgerAway = 'The ledger does not answer now, so nothing can be held.';

function unfunded(reason: Unfunded['reason'], message: string, quote: Quote | undefined): Unfunded {
  return { kind: 'Unfunded', reason, message: boundedMessage(message), quote };
}

/** More workers cannot be paid; the lease goes on as it is. */
export function scaleUpUnfunded(shortage: Shortage | undefined): Refusal {
  const reason = shortage === undefined ? 'LedgerUnavailable' : 'InsufficientFunds';
  const message = shortage === undefined ? ledgerAway : shortageMessage(shortage);
  return { kind: 'Refusal', reason, message: boundedMessage(message), members: [], counts: [] };
}
