import type { Transfer } from '../ledger/journal.ts';
import type { AccountKey } from '../ledger/types.ts';
import {
  type BookedEvent,
  mayOwn,
  movesOf,
  type Payee,
  walletOwner,
} from '../settlement/mirror.ts';
import { describe, type StoredTransfer } from './stored-transfer.ts';
import type { Report } from './types.ts';

/** An event of the chain as it was written down. */
export type StoredChainEvent = BookedEvent &
  Readonly<{
    /** `signature/index`, which its transfers have for their subject. */
    subject: string;
    postedEpoch: number;
    /** The account that proved the wallet that it is about, if one did. */
    provedBy: AccountKey | undefined;
    /** For a payment: for whom it was. */
    payees: readonly Payee[];
  }>;

/** What was decided about a subject: whose suspense is, a repair, or what goes out of custody. */
export type StoredDecision = Omit<Transfer, 'epoch'>;

/** The transfers that an event makes. Says when it was booked to somebody whose it cannot be. */
export function transfersOfEvent(
  event: StoredChainEvent,
  referenceOf: (account: AccountKey) => string,
  report: Report,
): readonly Transfer[] {
  const { subject, postedEpoch: epoch, provedBy, payees, kind, owner, fields } = event;
  if (!mayOwn(event, () => provedBy, referenceOf)) {
    const computed = `whose ${fields['reference'] ?? fields['owner'] ?? fields['wallet'] ?? 'nobody'} is`;
    report({ epoch, table: 'chain_events', row: `${kind} ${subject}`, stored: owner, computed });
  }
  return movesOf(event, subject, () => payees).map((move) => ({ ...move, epoch }));
}

/** Compares what was decided with its transfers; what came to an account with its wallet too. */
export function auditDecisions(
  transfers: readonly StoredTransfer[],
  decisions: readonly StoredDecision[],
  accountOf: (wallet: string) => AccountKey | undefined,
  report: Report,
): void {
  const known = new Map(decisions.map((each) => [`${each.cause} ${each.subject}`, each]));
  for (const { transfer } of transfers) {
    const { epoch, cause, subject } = transfer;
    const decision = known.get(`${cause} ${subject}`);
    const stored = describe(transfer);
    const expected = decision === undefined ? undefined : describe({ ...decision, epoch });
    if (expected === stored || (cause === 'Assigned' && isAdoption(transfer, accountOf))) continue;
    const computed = expected ?? 'nobody decided so';
    report({ epoch, table: 'transfers', row: `${cause} of ${subject}`, stored, computed });
  }
}

/** Whether it gives to an account what was booked to its wallet before it had proved that. */
function isAdoption(
  { debit, credit, subject }: Transfer,
  accountOf: (wallet: string) => AccountKey | undefined,
): boolean {
  const wallet = walletIn(subject);
  if (wallet === undefined || debit.kind !== credit.kind) return false;
  const sides = [debit.owner, credit.owner];
  const account = accountOf(wallet);
  return account !== undefined && sides.includes(account) && sides.includes(walletOwner(wallet));
}

/** The wallet of `wallet/<base58> after event <number>`. */
export function walletIn(subject: string): string | undefined {
  return /^wallet\/(\S+) after event \d+$/.exec(subject)?.[1];
}
