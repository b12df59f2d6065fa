import { sql } from 'kysely';
import type { Database } from '../../../operator/adapters/postgres/database.ts';

const EPOCHS_PER_DAY = 24;
const DAYS = 60;
const HOUR_S = 3_600;

export type LedgerRows = Readonly<{
  rows: number;
  /** namespace/name of the IOAccounts that pay, and of those that earn. */
  renters: readonly string[];
  suppliers: readonly string[];
  genesisSeconds: number;
}>;

/**
 * Two months of a ledger: in each epoch the renters pay suppliers, everybody about as often. Written
 * past the rules of posting, in bulk: reading is what is measured.
 */
export async function fillLedger(
  database: Database,
  { rows, renters, suppliers, genesisSeconds }: LedgerRows,
  say: (text: string) => void,
): Promise<void> {
  await addAccounts(database, 'renter:available', renters);
  await addAccounts(database, 'supplier:earned', suppliers);
  const perDay = Math.ceil(rows / DAYS);
  for (let day = 0; day < DAYS; day += 1) {
    const first = 1 + day * EPOCHS_PER_DAY;
    await sql`select io.ensure_epoch_partitions(${first})`.execute(database);
    await sql`
      with payers as (
        select array_agg(account_no order by owner) as numbers from io.accounts
        where kind = 'renter:available' and asset = 'USDC' and owner = any(${renters}::text[])
      ), earners as (
        select array_agg(account_no order by owner) as numbers from io.accounts
        where kind = 'supplier:earned' and asset = 'USDC' and owner = any(${suppliers}::text[])
      )
      insert into io.transfers (epoch, transfer_id, debit, credit, amount, cause, at_s, subject)
      select ${first}::integer + n % ${EPOCHS_PER_DAY}::integer,
        sha256(convert_to('bench ' || ${day}::text || ' ' || n, 'UTF8')),
        payers.numbers[1 + n % ${renters.length}::integer],
        earners.numbers[1 + n / 7 % ${suppliers.length}::integer],
        1 + n % 4980000, 'Usage',
        ${genesisSeconds}::integer + (${first}::integer + n % ${EPOCHS_PER_DAY}::integer) * ${HOUR_S}::integer,
        'lease-' || n
      from payers, earners, generate_series(0, ${perDay}::integer - 1) n`.execute(database);
    if ((day + 1) % 10 === 0) say(`${(day + 1) * perDay} rows of the ledger are written`);
  }
  await sql.raw('vacuum analyze io.transfers').execute(database);
}

async function addAccounts(
  database: Database,
  kind: string,
  owners: readonly string[],
): Promise<void> {
  await sql`insert into io.accounts (kind, owner, asset)
    select ${kind}, owner, 'USDC' from unnest(${owners}::text[]) owner
    on conflict do nothing`.execute(database);
}
