import { compareText } from '../order.ts';
import type { AccountKey, AccountKind, Asset, Charge, TransferCause } from './types.ts';

/** One side of a transfer. The owner of the network's accounts is ''. */
export type Account = Readonly<{ kind: AccountKind; owner: AccountKey; asset: Asset }>;

/** Moves `amount`, which is more than 0, from debit to credit. */
export type Transfer = Readonly<{
  epoch: number;
  debit: Account;
  credit: Account;
  amount: bigint;
  cause: TransferCause;
  /** What it is for, where two transfers could be alike otherwise: a lease, a deposit; or empty. */
  subject: string;
}>;

/** Who pays whom for a lease. */
export type Parties = Readonly<{ renter: AccountKey; supplier: AccountKey; asset: Asset }>;

/** What a row of io.charges moves. */
export type Settlement = Parties &
  Readonly<{ regular: Charge; correction: Charge; renewed: bigint }>;

/**
 * The bytes whose sha256 is the id of a transfer: its parts in UTF-8, each after its length in four
 * bytes, most significant first. The amount is not in it, so that the same transfer with another
 * amount is found out.
 */
export function transferIdBytes(transfer: Omit<Transfer, 'amount'>): Uint8Array {
  const { cause, epoch, debit, credit, subject } = transfer;
  const names = [debit.kind, debit.owner, credit.kind, credit.owner];
  return lengthPrefixed([cause, String(epoch), debit.asset, ...names, subject]);
}

/**
 * The transfers of a close, or of one lease that has ended: one for each cause and pair of accounts,
 * with the sum over all settlements. A sum below zero is a transfer the other way; 0 is none.
 */
export function transfersOf(
  epoch: number,
  settlements: readonly Settlement[],
  subject = '',
): readonly Transfer[] {
  const sums = new Map<string, Transfer>();
  for (const settlement of settlements) {
    for (const { cause, debit, credit, amount } of movesOf(settlement)) {
      if (amount === 0n) continue;
      const key = [cause, nameOf(debit), nameOf(credit)].join(' ');
      const before = sums.get(key)?.amount ?? 0n;
      sums.set(key, { epoch, debit, credit, cause, subject, amount: before + amount });
    }
  }
  const entries = [...sums].toSorted(([left], [right]) => compareText(left, right));
  return entries.flatMap(([, transfer]) => (transfer.amount === 0n ? [] : [forward(transfer)]));
}

/** What a transfer does to the balance of each account, added up. Debits count against it. */
export function balanceChanges(transfers: readonly Transfer[]): ReadonlyMap<string, bigint> {
  const changes = new Map<string, bigint>();
  const add = (account: Account, amount: bigint): void => {
    const name = nameOf(account);
    changes.set(name, (changes.get(name) ?? 0n) + amount);
  };
  for (const { debit, credit, amount } of transfers) {
    add(debit, -amount);
    add(credit, amount);
  }
  return changes;
}

/** Names an account in a map, a table or a message: `renter:held ns/name USDC`. */
export function nameOf({ kind, owner, asset }: Account): string {
  return `${kind} ${owner} ${asset}`;
}

type Move = Pick<Transfer, 'cause' | 'debit' | 'credit' | 'amount'>;

function movesOf({ regular, correction, renewed, ...parties }: Settlement): readonly Move[] {
  const { renter, supplier, asset } = parties;
  const available: Account = { kind: 'renter:available', owner: renter, asset };
  const held: Account = { kind: 'renter:held', owner: renter, asset };
  const earned: Account = { kind: 'supplier:earned', owner: supplier, asset };
  const fees: Account = { kind: 'network:fees', owner: '', asset };
  const rounding: Account = { kind: 'network:rounding', owner: '', asset };
  return [
    { cause: 'HoldRenewed', debit: available, credit: held, amount: renewed },
    { cause: 'Usage', debit: held, credit: earned, amount: regular.usage },
    { cause: 'RenterFee', debit: held, credit: fees, amount: regular.renterFee },
    { cause: 'SupplierFee', debit: earned, credit: fees, amount: regular.supplierFee },
    { cause: 'Rounding', debit: held, credit: rounding, amount: regular.rounding },
    { cause: 'Correction', debit: held, credit: earned, amount: correction.usage },
    { cause: 'Correction', debit: held, credit: fees, amount: correction.renterFee },
    { cause: 'Correction', debit: earned, credit: fees, amount: correction.supplierFee },
    { cause: 'Correction', debit: held, credit: rounding, amount: correction.rounding },
  ];
}

function forward(transfer: Transfer): Transfer {
  if (transfer.amount > 0n) return transfer;
  const { debit, credit, amount } = transfer;
  return { ...transfer, debit: credit, credit: debit, amount: -amount };
}

function lengthPrefixed(parts: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const encoded = parts.map((part) => encoder.encode(part));
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of encoded) {
    view.setUint32(at, part.length);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}
