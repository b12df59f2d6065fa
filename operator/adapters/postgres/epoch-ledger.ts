import { sql } from 'kysely';
import type { EpochCloseReport, EpochLedger } from '../../ports/epoch-ledger.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { genesisSeconds } from './migrate.ts';

/**
 * A lease that has ended is settled with what is known of it when its member has reported nothing of
 * its last seconds for so long: nobody waits longer for the rest of a hold.
 */
export const silenceSeconds = 86_400;

/** Closing takes seconds with hundreds of thousands of leases; then something is wrong. */
const closeTimeout = '10min';

/**
 * Closing epochs on PostgreSQL. The work is done by functions of migration 0002, each in one
 * transaction; what an epoch's digest is made of says operator/domain/ledger/digest.ts.
 */
export function createEpochLedger(database: Database): EpochLedger {
  return {
    genesisSeconds: () => withStore(() => genesisSeconds(database)),
    lastClosed: () => withStore(() => lastClosed(database)),
    pausedBecause: () => withStore(() => pausedBecause(database)),
    closeEpoch: (epoch, nowSeconds) => withStore(() => closeEpoch(database, epoch, nowSeconds)),
    settleClosing: (limit, nowSeconds) =>
      withStore(() => settleClosing(database, limit, nowSeconds)),
  };
}

async function lastClosed(database: Database): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`
    select coalesce(max(epoch), 0) as epoch from io.epochs`.execute(database);
  return rows[0]?.epoch ?? 0;
}

async function pausedBecause(database: Database): Promise<string | undefined> {
  const { rows } = await sql<{ paused: boolean; reason: string }>`
    select paused, reason from io.close_switches order by switch_no desc limit 1`.execute(database);
  return rows[0]?.paused === true ? rows[0].reason : undefined;
}

function closeEpoch(
  database: Database,
  epoch: number,
  nowSeconds: number,
): Promise<EpochCloseReport> {
  return database.transaction().execute(async (transaction) => {
    await sql`set local statement_timeout = ${sql.lit(closeTimeout)}`.execute(transaction);
    const { rows } = await sql<EpochCloseReport>`
      select closed, (report).epoch, (report).leases, (report).corrections, (report).shortfalls,
        encode((report).chain, 'hex') as digest
      from io.close_epoch(${epoch}, ${nowSeconds})`.execute(transaction);
    if (rows[0] === undefined) throw new Error('io.close_epoch told nothing');
    return rows[0];
  });
}

async function settleClosing(
  database: Database,
  limit: number,
  nowSeconds: number,
): Promise<number> {
  // Most of the time there is nothing to do: then nobody who posts has to wait.
  const ready = await sql`
    select from io.leases l join io.members m using (member_no)
    where l.state = 'Closing'
      and io.may_settle(l, m, ${silenceSeconds}::integer, ${nowSeconds}::integer)
    limit 1`.execute(database);
  if (ready.rows.length === 0) return 0;
  const { rows } = await sql<{ settled: number }>`
    select io.settle_closing(${limit}, ${silenceSeconds}, ${nowSeconds}) as settled`.execute(
    database,
  );
  return rows[0]?.settled ?? 0;
}
