import { sql } from 'kysely';
import type { AccountKey, Asset } from '../../domain/ledger/types.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

/** What came into custody, and nobody knows for whom. */
export type SuspenseItem = Readonly<{
  /** Of its transfer: signature and index, or plan and number. */
  subject: string;
  asset: Asset;
  amount: bigint;
  atSeconds: number;
  /** What is known of where it came from. */
  payload: Readonly<Record<string, string>>;
}>;

export type Suspense = Readonly<{
  /** What waits, oldest first; at most `limit`. */
  list: (limit: number) => Promise<readonly SuspenseItem[]>;
  /** Books it to an account, once. False: no such transfer waits. */
  assign: (
    subject: string,
    account: AccountKey,
    reason: string,
    nowSeconds: number,
  ) => Promise<boolean>;
}>;

/** Suspense on PostgreSQL. */
export function createSuspense(database: Database): Suspense {
  return {
    list: (limit) => withStore(() => list(database, limit)),
    assign: (subject, account, reason, nowSeconds) =>
      withStore(async () => {
        const { rows } = await sql<{ assigned: boolean }>`
          select io.assign_suspense(${subject}, ${account}, ${reason}, ${nowSeconds}) as assigned
        `.execute(database);
        return rows[0]?.assigned ?? false;
      }),
  };
}

async function list(database: Database, limit: number): Promise<readonly SuspenseItem[]> {
  const { rows } = await sql<SuspenseItem>`
    select s.subject, s.asset, s.amount, s.at_s as "atSeconds",
      coalesce(e.payload, '{}'::jsonb) as payload
    from io.suspense s
    left join io.chain_events e on e.signature = split_part(s.subject, '/', 1)
      and e.index::text = split_part(s.subject, '/', 2)
    where s.account is null order by s.at_s, s.subject limit ${limit}`.execute(database);
  return rows;
}
