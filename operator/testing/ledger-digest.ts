import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../adapters/postgres/database.ts';
import {
  type ChargeFields,
  chargeBlock,
  chargeLine,
  type TransferFields,
  transferBlock,
  transferLine,
} from '../domain/ledger/digest.ts';
import type { Transfer } from '../domain/ledger/journal.ts';

/** All transfers, each with its id in hexadecimal. */
export async function transferRows(
  database: Database,
): Promise<readonly (Transfer & Readonly<{ transferId: string }>)[]> {
  const { rows } = await sql<Transfer & { transferId: string }>`
    select t.epoch, encode(transfer_id, 'hex') as "transferId", amount, cause, subject,
      json_build_object('kind', d.kind, 'owner', d.owner, 'asset', d.asset) as debit,
      json_build_object('kind', c.kind, 'owner', c.owner, 'asset', c.asset) as credit
    from io.transfers t
    join io.accounts d on d.account_no = t.debit
    join io.accounts c on c.account_no = t.credit`.execute(database);
  return rows;
}

/** The digest of an epoch, computed from its rows as digest.ts says. */
export async function digestOfRows(database: Database, epoch: number): Promise<Buffer> {
  const charges = await sql<ChargeFields>`
    select epoch, lease_no as "leaseNo", counted_until_s as "countedUntilSeconds",
      first_used_s as "firstUsedSeconds", seconds, late_seconds as "lateSeconds",
      raw_sum as "rawSum", late_raw as "lateRaw", total_sum as "totalSum", usage_sum as "usageSum",
      renter_fee_sum as "renterFeeSum", supplier_fee_sum as "supplierFeeSum",
      collected_sum as "collectedSum", renewed_sum as "renewedSum", final
    from io.charges where epoch = ${epoch} order by lease_no`.execute(database);
  const transfers = await sql<TransferFields>`
    select t.epoch, encode(transfer_id, 'hex') as "transferId", amount, cause, lease_no as "leaseNo",
      at_s as "atSeconds", encode(convert_to(subject, 'UTF8'), 'hex') as "subjectHex",
      json_build_object('kind', d.kind, 'owner', d.owner, 'asset', d.asset) as debit,
      json_build_object('kind', c.kind, 'owner', c.owner, 'asset', c.asset) as credit
    from io.transfers t
    join io.accounts d on d.account_no = t.debit join io.accounts c on c.account_no = t.credit
    where t.epoch = ${epoch} order by transfer_id`.execute(database);
  const digest = createHash('sha256');
  for (const block of Map.groupBy(charges.rows, ({ leaseNo }) => chargeBlock(leaseNo)).values()) {
    digest.update(sha256(block.map(chargeLine).join('')));
  }
  const blocks = Map.groupBy(transfers.rows, ({ transferId }) => transferBlock(transferId));
  for (const block of blocks.values()) digest.update(sha256(block.map(transferLine).join('')));
  return digest.digest();
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
