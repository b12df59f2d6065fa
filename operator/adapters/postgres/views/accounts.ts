import { sql } from 'kysely';
import type { Asset } from '../../../domain/ledger/types.ts';
import { formatAmount } from '../../../domain/pricing/assets.ts';
import type { AccountView, Page, PageRequest } from '../../../domain/views/types.ts';
import type { Database } from '../database.ts';
import { limitOf, pageOf } from './pages.ts';

type Written = Omit<AccountView, 'balances' | 'walletProved'>;

/** Accounts of a namespace, ordered by name, with what the ledger has of them at this moment. */
export async function accounts(
  database: Database,
  namespace: string,
  page: PageRequest,
): Promise<Page<AccountView>> {
  const limit = limitOf(page);
  const { rows } = await sql<{ view: Written }>`
    select view from io.view_accounts
    where scope = ${namespace} and name > ${page.after ?? ''}
    order by name limit ${limit + 1}`.execute(database);
  const { items, next } = pageOf(
    rows.map(({ view }) => view),
    limit,
    ({ name }) => name,
  );
  return { items: await withMoney(database, items), next };
}

/** One account, with what the ledger has of it at this moment. */
export async function account(
  database: Database,
  namespace: string,
  name: string,
): Promise<AccountView | undefined> {
  const { rows } = await sql<{ view: Written }>`
    select view from io.view_accounts
    where (scope, name) = (${namespace}, ${name})`.execute(database);
  const [found] = await withMoney(
    database,
    rows.map(({ view }) => view),
  );
  return found;
}

type BalanceRow = Readonly<{
  owner: string;
  asset: Asset;
  available: bigint;
  held: bigint;
  earned: bigint;
}>;

async function withMoney(
  database: Database,
  found: readonly Written[],
): Promise<readonly AccountView[]> {
  if (found.length === 0) return [];
  const keys = found.map(({ namespace, name }) => `${namespace}/${name}`);
  const [balances, wallets] = await Promise.all([
    balancesOf(database, keys),
    provedWallets(database, keys),
  ]);
  return found.map((view, at) => {
    const key = keys[at] ?? '';
    return {
      ...view,
      walletProved: view.wallet !== undefined && wallets.get(key) === view.wallet,
      balances: balances
        .filter(({ owner }) => owner === key)
        .map(({ asset, available, held, earned }) => ({
          asset,
          available: formatAmount(available, asset),
          held: formatAmount(held, asset),
          earned: formatAmount(earned, asset),
        })),
    };
  });
}

/** As the status of an IOAccount has them: USDC before IO. */
async function balancesOf(
  database: Database,
  keys: readonly string[],
): Promise<readonly BalanceRow[]> {
  const { rows } = await sql<BalanceRow>`
    select owner, asset,
      coalesce(sum(balance) filter (where kind = 'renter:available'), 0)::bigint as available,
      coalesce(sum(balance) filter (where kind = 'renter:held'), 0)::bigint as held,
      coalesce(sum(balance) filter (where kind in ('supplier:earned', 'supplier:rewards')), 0)::bigint
        as earned
    from io.accounts where owner = any(${[...keys]}::text[])
      and kind in ('renter:available', 'renter:held', 'supplier:earned', 'supplier:rewards')
    group by owner, asset order by asset desc`.execute(database);
  return rows;
}

/** The wallet that each account proved last. */
async function provedWallets(
  database: Database,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ account: string; wallet: string }>`
    select distinct on (account) account, wallet from io.wallets
    where account = any(${[...keys]}::text[]) order by account, wallet_no desc`.execute(database);
  return new Map(rows.map(({ account: key, wallet }) => [key, wallet]));
}
