import type { Transfer } from './journal.ts';

/**
 * The digest of an epoch, by which a change of its charges or transfers is found out, even one made by
 * a superuser of the database:
 *
 * - Every row of io.charges and of io.transfers of the epoch is a line of UTF-8 that ends with a
 *   line feed (`chargeLine`, `transferLine`). Numbers are decimal, bytes are lower-case hexadecimal,
 *   and what is absent is empty.
 * - Charges stand in the order of their lease number; those with the same `chargeBlock` are a block.
 *   Transfers stand in the order of the bytes of their id; those with the same `transferBlock` are
 *   a block. A block's digest is the sha256 of its lines; there are no empty blocks.
 * - The digest is the sha256 of the digests of all blocks, charges before transfers, in order.
 * - The chain is the sha256 of the chain of the epoch before, 32 zero bytes before epoch 1, and the
 *   digest.
 */

/** The fields of a charge that the digest covers; numbers as bigint or number. */
export type ChargeFields = Readonly<{
  epoch: number;
  leaseNo: bigint;
  countedUntilSeconds: number;
  firstUsedSeconds: number | undefined;
  seconds: bigint;
  lateSeconds: bigint;
  rawSum: bigint;
  lateRaw: bigint;
  totalSum: bigint;
  usageSum: bigint;
  renterFeeSum: bigint;
  supplierFeeSum: bigint;
  collectedSum: bigint;
  renewedSum: bigint;
  final: boolean;
}>;

/** The fields of a transfer that the digest covers. */
export type TransferFields = Omit<Transfer, 'subject'> &
  Readonly<{
    /** Hexadecimal. */
    transferId: string;
    leaseNo: bigint | undefined;
    atSeconds: number;
    /** The subject's UTF-8 in hexadecimal, since a person may have written it. */
    subjectHex: string;
  }>;

/** The chain before epoch 1. */
export const firstChain: Uint8Array = new Uint8Array(32);

const leasesPerBlock = 10_000n;

/** Number of the block that a charge is in. */
export const chargeBlock = (leaseNo: bigint): bigint => leaseNo / leasesPerBlock;

/** Number of the block that a transfer is in: the first byte of its id. */
export const transferBlock = (transferId: string): number =>
  Number.parseInt(transferId.slice(0, 2), 16);

/** The line of a charge. */
export function chargeLine(row: ChargeFields): string {
  const fields = [
    'C',
    row.epoch,
    row.leaseNo,
    row.countedUntilSeconds,
    row.firstUsedSeconds ?? '',
    row.seconds,
    row.lateSeconds,
    row.rawSum,
    row.lateRaw,
    row.totalSum,
    row.usageSum,
    row.renterFeeSum,
    row.supplierFeeSum,
    row.collectedSum,
    row.renewedSum,
    row.final ? 1 : 0,
  ];
  return `${fields.join('|')}\n`;
}

/** The line of a transfer. */
export function transferLine(row: TransferFields): string {
  const fields = [
    'T',
    row.epoch,
    row.transferId,
    row.debit.asset,
    row.debit.kind,
    row.debit.owner,
    row.credit.kind,
    row.credit.owner,
    row.amount,
    row.cause,
    row.leaseNo ?? '',
    row.atSeconds,
    row.subjectHex,
  ];
  return `${fields.join('|')}\n`;
}
