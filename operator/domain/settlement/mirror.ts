import type { Account } from '../ledger/journal.ts';
import type { AccountKey, Asset, TransferCause } from '../ledger/types.ts';
import type { ChainTransaction } from './types.ts';

/**
 * What a final transaction does to the ledger. Events of the program tell it; what came into custody
 * beside them is a plain transfer of tokens. Ids are lower-case hexadecimal, addresses base58.
 */

/** An event as it is written down: of the program, or `Received` for a plain transfer into custody. */
export type ChainEvent = Readonly<{
  kind: string;
  /** All values as text; numbers are decimal. */
  fields: Readonly<Record<string, string>>;
}>;

/** The events that the program logged; `complete` is false when the log was cut off. */
export type LoggedEvents = Readonly<{ events: readonly ChainEvent[]; complete: boolean }>;

/** What the mirror knows of the deployment. */
export type MirroredDeployment = Readonly<{
  programId: string;
  mints: Readonly<Record<Asset, string>>;
  /** Token accounts that custody lies in. */
  custody: Readonly<Record<Asset, string>>;
}>;

/** Whose is whose. */
export type Parties = Readonly<{
  /** The account that proved a wallet. */
  ownerOf: (wallet: string) => AccountKey | undefined;
  /** The account whose deposits carry a reference. */
  accountOf: (reference: string) => AccountKey | undefined;
  /** For whom an operation paid out; empty when nobody asked for it. */
  payeesOf: (operationId: string) => readonly Payee[];
}>;

export type Payee = Readonly<{ owner: AccountKey; amount: bigint }>;

/** A transfer before it belongs to an epoch. */
export type Move = Readonly<{
  cause: TransferCause;
  debit: Account;
  credit: Account;
  amount: bigint;
  /** `signature/index`, by which an event is booked once. */
  subject: string;
}>;

/** An event with whom it was booked to: `''` when that is nobody. */
export type BookedEvent = ChainEvent & Readonly<{ owner: AccountKey }>;

/** A transaction as it is written down. Its events are numbered from 0. */
export type MirroredTransaction = Readonly<{
  signature: string;
  slot: bigint;
  atSeconds: number;
  complete: boolean;
  events: readonly BookedEvent[];
  moves: readonly Move[];
}>;

/** What a complete log says of custody is not what happened to it: a node or the program is wrong. */
export class ContradictionError extends Error {
  override readonly name = 'ContradictionError';
}

const assets = ['IO', 'USDC'] as const;
/** Of a text that a stranger wrote; what cannot be printed is not kept either. */
const maxMemoLength = 128;

/** Whom a wallet's stake and claims are booked to, while no account proved it. */
export const walletOwner = (wallet: string): AccountKey => `wallet/${wallet}`;

/**
 * What a transaction does to the ledger. Where its log was cut off, what it told before counts, and
 * what came into custody beside that is suspense, so that no money is without an owner; whatever else
 * happened is left out. It is never guessed: it shows as drift, and a person approves the repair.
 * @param referenceIn the reference that a memo names, if it names one
 * @throws ContradictionError
 */
export function mirror(
  transaction: ChainTransaction,
  logged: LoggedEvents,
  deployment: MirroredDeployment,
  parties: Parties,
  referenceIn: (memo: string) => string | undefined,
): MirroredTransaction {
  const { signature, slot, blockTimeSeconds: atSeconds } = transaction;
  if (transaction.logs.length === 0)
    throw new ContradictionError(`${signature} comes without logs`);
  const told = logged.events.map((event) => withAsset(event, deployment));
  const memo = memoOf(transaction.memos, parties, referenceIn);
  const received = assets.flatMap((asset): readonly ChainEvent[] => {
    const plain = plainChange(transaction, told, deployment.custody[asset], asset);
    if (plain < 0n && logged.complete) {
      const message = `custody of ${asset} lost ${-plain} more than ${signature} tells`;
      throw new ContradictionError(message);
    }
    if (plain <= 0n) return [];
    return [{ kind: 'Received', fields: { asset, amount: String(plain), ...memo } }];
  });
  const events = [...told, ...received].map((event) => ({
    ...event,
    owner: ownerOfEvent(event, parties),
  }));
  const moves = events.flatMap((event, index) =>
    movesOf(event, `${signature}/${index}`, parties.payeesOf),
  );
  return { signature, slot, atSeconds, complete: logged.complete, events, moves };
}

/** What an event moves, given whom it was booked to. */
export function movesOf(
  { kind, fields, owner }: BookedEvent,
  subject: string,
  payeesOf: Parties['payeesOf'],
): readonly Move[] {
  const amount = BigInt(fields['amount'] ?? 0);
  if (amount === 0n) return [];
  const asset = fields['asset'] === 'USDC' ? 'USDC' : 'IO';
  const from = (account: Account, to: Account, cause: TransferCause): readonly Move[] => [
    { cause, debit: account, credit: to, amount, subject },
  ];
  const of = ioAccounts(owner);
  switch (kind) {
    case 'Deposited':
    case 'Received':
      return owner === ''
        ? from(custody(asset), suspense(asset), 'Unassigned')
        : from(custody(asset), { kind: 'renter:available', owner, asset }, 'Deposit');
    case 'PaidOut':
      return paidOut(asset, amount, payeesOf(fields['operationId'] ?? ''), subject);
    case 'Staked':
      return from(vault, of.staked, 'Stake');
    case 'Withdrawn':
      return from(of.staked, vault, 'Unstake');
    case 'CaseOpened':
      return from(of.staked, of.escrow, 'CaseOpened');
    case 'CaseReversed':
      return from(of.escrow, of.staked, 'CaseReversed');
    case 'CaseBurnt':
      return from(of.escrow, burnt, 'Burn');
    case 'Claimed':
      return from(of.rewards, of.claimed, 'Claim');
    default:
      return [];
  }
}

/** Whom an event may be booked to by anyone who checks it; the reference binds an account's name. */
export function mayOwn(
  { kind, fields, owner }: BookedEvent,
  ownerOf: Parties['ownerOf'],
  referenceOf: (account: AccountKey) => string,
): boolean {
  if (isDeposit(kind)) return owner === '' || referenceOf(owner) === fields['reference'];
  const wallet = walletOf(fields);
  if (wallet === undefined) return owner === '';
  return owner === walletOwner(wallet) || owner === ownerOf(wallet);
}

const vault: Account = { kind: 'vault:stake', owner: '', asset: 'IO' };
const burnt: Account = { kind: 'burn', owner: '', asset: 'IO' };
const custody = (asset: Asset): Account => ({ kind: 'custody', owner: '', asset });
const suspense = (asset: Asset): Account => ({ kind: 'suspense', owner: '', asset });
const isDeposit = (kind: string): boolean => kind === 'Deposited' || kind === 'Received';

/** What one owner has of stake and rewards. */
function ioAccounts(owner: AccountKey) {
  const asset = 'IO';
  return {
    staked: { kind: 'supplier:staked', owner, asset },
    escrow: { kind: 'case:escrow', owner, asset },
    rewards: { kind: 'supplier:rewards', owner, asset },
    claimed: { kind: 'rewards:claimed', owner, asset },
  } as const;
}

/** A batch that nobody asked for, or that is not what was asked for, is taken from nobody's account. */
function paidOut(
  asset: Asset,
  amount: bigint,
  payees: readonly Payee[],
  subject: string,
): readonly Move[] {
  const sums = new Map<AccountKey, bigint>();
  for (const payee of payees) sums.set(payee.owner, (sums.get(payee.owner) ?? 0n) + payee.amount);
  const total = [...sums.values()].reduce((sum, each) => sum + each, 0n);
  const parts = total === amount ? [...sums] : [['', amount] as const];
  return parts.map(([owner, part]) => ({
    cause: 'PaidOut',
    debit: { kind: 'payout:pending', owner, asset },
    credit: custody(asset),
    amount: part,
    subject,
  }));
}

function ownerOfEvent({ kind, fields }: ChainEvent, parties: Parties): AccountKey {
  if (isDeposit(kind)) return parties.accountOf(fields['reference'] ?? '') ?? '';
  const wallet = walletOf(fields);
  return wallet === undefined ? '' : (parties.ownerOf(wallet) ?? walletOwner(wallet));
}

/** Whose stake or claim an event is about. */
function walletOf(fields: ChainEvent['fields']): string | undefined {
  return fields['owner'] ?? fields['wallet'];
}

function withAsset(event: ChainEvent, { mints }: MirroredDeployment): ChainEvent {
  const { mint } = event.fields;
  if (mint === undefined) return event;
  const asset = assets.find((each) => mints[each] === mint);
  if (asset !== undefined) return { ...event, fields: { ...event.fields, asset } };
  throw new ContradictionError(`${event.kind} of ${mint}, which is neither IO nor USDC here`);
}

/** What custody gained beside the events; below zero: it lost more than they tell. */
function plainChange(
  { tokenChanges }: ChainTransaction,
  events: readonly ChainEvent[],
  account: string,
  asset: Asset,
): bigint {
  const change = tokenChanges.find((each) => each.account === account);
  let plain = change === undefined ? 0n : change.after - change.before;
  for (const { kind, fields } of events) {
    if (fields['asset'] !== asset) continue;
    if (kind === 'Deposited') plain -= BigInt(fields['amount'] ?? 0);
    if (kind === 'PaidOut') plain += BigInt(fields['amount'] ?? 0);
  }
  return plain;
}

/** The reference that all memos agree on; otherwise the first memo, for who has to look into it. */
function memoOf(
  memos: readonly string[],
  { accountOf }: Parties,
  referenceIn: (memo: string) => string | undefined,
): Readonly<Record<string, string>> {
  const references = new Set(
    memos.flatMap((memo) => {
      const reference = referenceIn(memo.trim());
      return reference === undefined || accountOf(reference) === undefined ? [] : [reference];
    }),
  );
  const [reference] = references;
  const memo = memos[0]?.slice(0, maxMemoLength).toWellFormed().replaceAll(/\p{C}/gu, '\u{fffd}');
  return {
    ...(memo === undefined ? {} : { memo }),
    ...(reference === undefined || references.size > 1 ? {} : { reference }),
  };
}
