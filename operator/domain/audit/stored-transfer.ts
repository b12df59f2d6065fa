import { type Account, type Transfer, transferIdBytes } from '../ledger/journal.ts';
import type { AccountKind, Asset, TransferCause } from '../ledger/types.ts';

/** A transfer as it is written down. */
export type StoredTransfer = Readonly<{
  transferId: string;
  transfer: Transfer;
  leaseNo: bigint | undefined;
  atSeconds: number;
}>;

/** Lower-case hexadecimal sha256 of bytes; injected, since the core does no I/O. */
export type Sha256Hex = (bytes: Uint8Array) => string;

/** Reads a line as `transferLine` writes it. */
export function parseTransfer(line: string): StoredTransfer {
  const fields = line.split('|');
  const at = (index: number): string => fields[index] ?? '';
  const asset = at(3) as Asset;
  const account = (index: number): Account => ({
    kind: at(index) as AccountKind,
    owner: at(index + 1),
    asset,
  });
  return {
    transferId: at(2),
    transfer: {
      epoch: Number(at(1)),
      debit: account(4),
      credit: account(6),
      amount: BigInt(at(8)),
      cause: at(9) as TransferCause,
      subject: textOf(at(12)),
    },
    leaseNo: at(10) === '' ? undefined : BigInt(at(10)),
    atSeconds: Number(at(11)),
  };
}

/** The id that a transfer has to have. */
export function transferIdOf(transfer: Transfer, sha256: Sha256Hex): string {
  return sha256(transferIdBytes(transfer));
}

/** A transfer without its id: what a table of expected ones is compared by. */
export function describe({ cause, debit, credit, amount }: Transfer): string {
  const name = ({ kind, owner }: Account): string => (owner === '' ? kind : `${kind} ${owner}`);
  return `${cause} ${name(debit)} to ${name(credit)} ${amount} ${debit.asset}`;
}

function textOf(hex: string): string {
  return decodeURIComponent(hex.replaceAll(/../g, '%$&'));
}
