import { sql } from 'kysely';
import type { Tenants } from '../../ports/tenants.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

/** Whose is what, from proved wallets and the read model. */
export function createTenants(database: Database): Tenants {
  return {
    accountOf: (wallet) =>
      withStore(async () => {
        // Who proved another wallet since then is not reached by the former one any more, nor is an
        // account that somebody else made under a name that was free again.
        const { rows } = await sql<{ account: string }>`
          select o.account from io.wallet_owners o
          join io.view_accounts v on v.scope = split_part(o.account, '/', 1)
            and v.name = split_part(o.account, '/', 2)
          where o.wallet = ${wallet} and v.view->>'wallet' = o.wallet and o.wallet = (
            select w.wallet from io.wallets w where w.account = o.account
            order by w.wallet_no desc limit 1)`.execute(database);
        return rows[0]?.account;
      }),
    namespaces: (limit) =>
      withStore(async () => {
        const { rows } = await sql<{ namespace: string }>`
          select scope as namespace from io.view_accounts
          union select scope from io.view_clusters
          order by 1 limit ${limit}`.execute(database);
        return rows.map(({ namespace }) => namespace);
      }),
    earnsFor: (member, account) =>
      withStore(async () => {
        const { rows } = await sql`
          select 1 from io.view_members where name = ${member} and account = ${account}`.execute(
          database,
        );
        return rows.length > 0;
      }),
  };
}
