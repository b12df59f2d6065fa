import { sql } from 'kysely';
import { epochAt } from '../../domain/epoch.ts';
import type { AccountKey, Asset } from '../../domain/ledger/types.ts';
import { type ClusterUsage, clusterUsageItems } from '../../domain/statements/cluster-usage.ts';
import { linesOf } from '../../domain/statements/lease-lines.ts';
import type { AccountFlow } from '../../domain/statements/series.ts';
import type { AccountLedger } from '../../ports/account-ledger.ts';
import { accountLines } from './account-lines.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { genesisSeconds } from './migrate.ts';
import { leasesOfCluster } from './statement-leases.ts';
import { openEpoch, readStatement } from './statement-reader.ts';

/** What the ledger says to owners of money, from PostgreSQL: the indexes of migration 0011. */
export function createAccountLedger(database: Database): AccountLedger {
  return {
    lines: (account, page) => withStore(() => accountLines(database, account, page)),
    flows: (account, fromMonth) => withStore(() => flows(database, account, fromMonth)),
    statement: (account, month) => readStatement(database, account, month),
    clusterUsage: (uid, epochs) => withStore(() => clusterUsage(database, uid, epochs)),
  };
}

async function flows(
  database: Database,
  owner: AccountKey,
  fromMonth: string,
): Promise<readonly AccountFlow[]> {
  const genesis = await genesisSeconds(database);
  const [year = 0, number = 1] = fromMonth.split('-').map(Number);
  const from = Math.max(1, epochAt(Date.UTC(year, number - 1) / 1000, genesis));
  const { rows } = await sql<AccountFlow>`
    with own as materialized (
      select account_no, kind, asset from io.accounts
      where owner = ${owner} and kind in ('renter:held', 'supplier:earned', 'supplier:rewards')
    ), moves as (
      -- Looked up account by account: offset keeps it from being a join with the whole journal.
      select o.kind, o.asset, m.* from own o cross join lateral (
        (select t.epoch, t.credit as other, t.cause, -t.amount as amount from io.transfers t
          where t.debit = o.account_no and t.epoch >= ${sql.lit(from)} offset 0)
        union all
        (select t.epoch, t.debit, t.cause, t.amount from io.transfers t
          where t.credit = o.account_no and t.epoch >= ${sql.lit(from)} offset 0)
      ) m
    )
    select to_char(to_timestamp(${sql.lit(genesis)} + (m.epoch - 1) * 3600::bigint)
        at time zone 'UTC', 'YYYY-MM') as month,
      m.asset, m.kind as account, a.kind as other, m.cause, sum(m.amount)::bigint as amount
    from moves m join io.accounts a on a.account_no = m.other
    group by 1, 2, 3, 4, 5`.execute(database);
  return rows;
}

/** All of one instant. What the renter paid for a lease stands in its last row of io.charges. */
function clusterUsage(database: Database, uid: string, epochs: number): Promise<ClusterUsage> {
  return database
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      const genesis = await genesisSeconds(snapshot);
      const to = (await openEpoch(snapshot)) - 1;
      const from = Math.max(1, to - epochs + 1);
      const leases = await leasesOfCluster(snapshot, uid, { from, to });
      const { rows: total } = await sql<{ asset: Asset; amount: bigint }>`
        select l.asset, sum(c.collected_sum)::bigint as amount
        from io.leases l
        join io.charges c on c.lease_no = l.lease_no and c.epoch = coalesce(l.closed_epoch, ${to})
        where l.cluster_uid = ${uid} group by l.asset order by l.asset`.execute(snapshot);
      return {
        items: clusterUsageItems(leases.flatMap((lease) => linesOf(lease, from, genesis))),
        total,
      };
    });
}
