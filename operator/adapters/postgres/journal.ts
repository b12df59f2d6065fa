import { sql } from 'kysely';
import type { Transfer } from '../../domain/ledger/journal.ts';
import type { Database } from './database.ts';

/** A transfer to be posted; it belongs to the epoch that is closed next. */
export type Posting = Omit<Transfer, 'epoch'> & Readonly<{ leaseNo?: bigint }>;

/** Most transfers in one call. */
const maxPostings = 20_000;

/**
 * Posts transfers and moves the balances with them, wholly or not at all. Accounts are made where they
 * are missing; transfers that were posted before in this epoch are left out, and refused when the
 * amount was another. Returns how many are new.
 */
export async function post(
  database: Database,
  postings: readonly Posting[],
  nowSeconds: number,
): Promise<number> {
  if (postings.length > maxPostings) {
    throw new RangeError(`${postings.length} transfers at once are more than ${maxPostings}`);
  }
  const [first] = postings;
  if (first !== undefined && postings.length === 1) return postOne(database, first, nowSeconds);
  const { rows } = await sql<{ posted: number }>`
    select io.post(
      ${postings.map(({ cause }) => cause)}::text[],
      ${postings.map(({ debit }) => debit.asset)}::text[],
      ${postings.map(({ debit }) => debit.kind)}::text[],
      ${postings.map(({ debit }) => debit.owner)}::text[],
      ${postings.map(({ credit }) => credit.kind)}::text[],
      ${postings.map(({ credit }) => credit.owner)}::text[],
      ${postings.map(({ amount }) => amount)}::bigint[],
      ${postings.map(({ subject }) => subject)}::text[],
      ${postings.map(({ leaseNo }) => leaseNo ?? null)}::bigint[],
      ${nowSeconds}::integer) as posted`.execute(database);
  return rows[0]?.posted ?? 0;
}

async function postOne(database: Database, posting: Posting, nowSeconds: number): Promise<number> {
  const { cause, debit, credit, amount, subject, leaseNo } = posting;
  const { rows } = await sql<{ posted: number }>`
    select io.post_one(${cause}, ${debit.asset}, ${debit.kind}, ${debit.owner}, ${credit.kind},
      ${credit.owner}, ${amount}, ${subject}, ${leaseNo ?? null}, ${nowSeconds}) as posted`.execute(
    database,
  );
  return rows[0]?.posted ?? 0;
}
