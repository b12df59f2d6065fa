import { sql } from 'kysely';
import { epochAt, epochEnd } from '../../domain/epoch.ts';
import type { AccountKey, Asset } from '../../domain/ledger/types.ts';
import { linesOf } from '../../domain/statements/lease-lines.ts';
import type { Balance, Movement, Statement } from '../../domain/statements/types.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { genesisSeconds } from './migrate.ts';
import { leasesOfAccount } from './statement-leases.ts';
import { rewardsOfAccount } from './statement-rewards.ts';

/** Reads what an account earned and spent in a month, as `YYYY-MM` in UTC, all of one instant. */
export function readStatement(
  database: Database,
  account: AccountKey,
  month: string,
): Promise<Statement> {
  return withStore(() =>
    database
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute((snapshot) => read(snapshot, account, month)),
  );
}

async function read(snapshot: Database, account: AccountKey, month: string): Promise<Statement> {
  const genesis = await genesisSeconds(snapshot);
  const [year = 0, number = 1] = month.split('-').map(Number);
  const periodStartSeconds = Date.UTC(year, number - 1) / 1_000;
  const periodEndSeconds = Date.UTC(year, number) / 1_000;
  const from = Math.max(1, epochAt(periodStartSeconds, genesis));
  const to = Math.min(epochAt(periodEndSeconds - 1, genesis), await openEpoch(snapshot));
  const common = { account, month, periodStartSeconds, periodEndSeconds };
  if (to < from) return { ...common, epochs: undefined, ...nothing };
  const span = { from, to };
  const leases = await leasesOfAccount(snapshot, account, span);
  const lines = leases
    .flatMap((lease) => linesOf(lease, from, genesis))
    .toSorted((a, b) => a.epoch - b.epoch);
  const { rewards, unrewarded } = await rewardsOfAccount(snapshot, account, span);
  return {
    ...common,
    epochs: span,
    rented: lines.filter(({ renter }) => renter === account),
    supplied: lines.filter(({ supplier }) => supplier === account),
    rewards: rewards.map((reward) => ({ ...reward, endSeconds: epochEnd(reward.epoch, genesis) })),
    unrewarded,
    ...(await accountsOf(snapshot, account, span)),
  };
}

const nothing = {
  rented: [],
  supplied: [],
  rewards: [],
  unrewarded: [],
  movements: [],
  balances: [],
};

/** The epoch that is not closed yet: leases that ended are settled in it. */
export async function openEpoch(snapshot: Database): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`
    select coalesce(max(epoch), 0) + 1 as epoch from io.epochs`.execute(snapshot);
  return rows[0]?.epoch ?? 1;
}

type MoveRow = Readonly<{
  kind: string;
  asset: Asset;
  balance: bigint;
  cause: string;
  inside: bigint;
  after: bigint;
}>;

/** What moved on the accounts of an owner, and what they had before and after. */
async function accountsOf(
  snapshot: Database,
  owner: AccountKey,
  { from, to }: Readonly<{ from: number; to: number }>,
): Promise<Readonly<{ movements: readonly Movement[]; balances: readonly Balance[] }>> {
  const { rows } = await sql<MoveRow>`
    with own as (select account_no, kind, asset, balance from io.accounts where owner = ${owner}),
    moves as (
      select t.epoch, o.account_no, t.cause, -t.amount as amount
      from io.transfers t join own o on o.account_no = t.debit where t.epoch >= ${from}
      union all
      select t.epoch, o.account_no, t.cause, t.amount
      from io.transfers t join own o on o.account_no = t.credit where t.epoch >= ${from}
    )
    select o.kind, o.asset, o.balance, coalesce(m.cause, '') as cause,
      coalesce(sum(m.amount) filter (where m.epoch <= ${to}), 0)::bigint as inside,
      coalesce(sum(m.amount) filter (where m.epoch > ${to}), 0)::bigint as after
    from own o left join moves m using (account_no)
    group by o.kind, o.asset, o.balance, m.cause
    order by o.kind collate "C", o.asset, m.cause collate "C"`.execute(snapshot);
  const balances = new Map<string, Balance>();
  for (const { kind, asset, balance, inside, after } of rows) {
    const known = balances.get(`${kind} ${asset}`);
    const { opening, closing } = known ?? { opening: balance, closing: balance };
    balances.set(`${kind} ${asset}`, {
      account: kind,
      asset,
      opening: opening - inside - after,
      closing: closing - after,
    });
  }
  const movements = rows.flatMap(({ kind, asset, cause, inside }) =>
    inside === 0n ? [] : [{ account: kind, asset, cause, amount: inside }],
  );
  return { movements, balances: [...balances.values()] };
}
