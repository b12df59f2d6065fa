import { sql } from 'kysely';
import { type Database, openDatabase } from '../../operator/adapters/postgres/database.ts';
import { type Billed, compare, type Seen } from './compare.ts';

/** Counts of what must not be; all are 0 when nothing was lost. Seconds are device-seconds. */
export type Verdict = {
  readonly readySeconds: number;
  readonly billedSeconds: number;
  /** Ready, and not billed, beyond what whole seconds round away. */
  readonly lostSeconds: number;
  /**
   * Ready in the end while the member's agent was killed, and gone when it came back: nobody can
   * vouch for them, so nobody is billed for them.
   */
  readonly unobservedSeconds: number;
  /** Billed, and not Ready. */
  readonly overbilledSeconds: number;
  /** Billed twice: intervals of one device of a lease that overlap. */
  readonly doubledIntervals: number;
  /** Assets whose balances do not add up to 0. */
  readonly unbalancedAssets: number;
  readonly negativeRenters: number;
  /** Leases that are not Closed. */
  readonly openLeases: number;
  readonly deadLetters: number;
  /** What went wrong with which pod, at most 20 lines. */
  readonly details: readonly string[];
};

/** What a verdict has against the ledger, a line each; empty when nothing is wrong. */
export function faultsOf(verdict: Verdict): readonly string[] {
  const must: readonly (readonly [string, number])[] = [
    ['device-seconds were Ready and not billed', verdict.lostSeconds],
    ['device-seconds were billed and not Ready', verdict.overbilledSeconds],
    ['pairs of intervals overlap', verdict.doubledIntervals],
    ['assets do not add up to 0', verdict.unbalancedAssets],
    ['renters are below 0', verdict.negativeRenters],
    ['leases are not closed', verdict.openLeases],
    ['dead letters', verdict.deadLetters],
  ];
  const faults = must.filter(([, count]) => count !== 0).map(([what, count]) => `${count} ${what}`);
  return verdict.billedSeconds === 0 ? [...faults, 'nothing was billed at all'] : faults;
}

const MOST_DETAILS = 20;

/** Compares what was seen with what was billed, when everything has ended. */
export async function judge(url: string, seen: Seen): Promise<Verdict> {
  const database = openDatabase(url, { applicationName: 'soak verdict', maxConnections: 1 });
  try {
    const billed = await billedOf(database);
    const compared = compare(billed, await endsOf(database), seen);
    const details = [...compared.details, ...(await deadLetters(database))].slice(0, MOST_DETAILS);
    return { ...compared, ...(await ledgerFaults(database)), details };
  } finally {
    await database.destroy();
  }
}

async function billedOf(database: Database): Promise<readonly Billed[]> {
  const { rows } = await sql<Billed>`
    select l.lease_id, i.pod_uid, i.start_s, i.end_s, i.end_reason
    from io.intervals i join io.leases l using (lease_no)
  `.execute(database);
  return rows;
}

async function deadLetters(database: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ text: string }>`
    select reason || ': ' || message || ' ' || change::text as text from io.dead_letters
    where state = 'Open' order by letter_no limit ${MOST_DETAILS}
  `.execute(database);
  return rows.map(({ text: line }) => line);
}

async function ledgerFaults(database: Database) {
  const { rows } = await sql<{
    doubled: number;
    unbalanced: number;
    negative: number;
    open: number;
    letters: number;
  }>`
    select
      (select count(*)::int from io.intervals a join io.intervals b
        on a.lease_no = b.lease_no and a.slot = b.slot
        and (a.pod_uid, a.start_s) < (b.pod_uid, b.start_s)
        and a.start_s < coalesce(b.end_s, 2147483647) and b.start_s < coalesce(a.end_s, 2147483647)
      ) as doubled,
      (select count(*)::int from
        (select asset from io.accounts group by asset having sum(balance) <> 0) s) as unbalanced,
      (select count(*)::int from io.accounts
        where kind in ('renter:available', 'renter:held') and balance < 0) as negative,
      (select count(*)::int from io.leases where state <> 'Closed') as open,
      (select count(*)::int from io.dead_letters where state = 'Open') as letters
  `.execute(database);
  const [row] = rows;
  if (row === undefined) throw new Error('the ledger gave no answer');
  return {
    doubledIntervals: row.doubled,
    unbalancedAssets: row.unbalanced,
    negativeRenters: row.negative,
    openLeases: row.open,
    deadLetters: row.letters,
  };
}

/** When each lease was given back: from then on nobody is billed, though its pods may linger. */
async function endsOf(database: Database): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ lease_id: string; ended_at_s: number }>`
    select lease_id, ended_at_s from io.leases where ended_at_s is not null
  `.execute(database);
  return new Map(rows.map(({ lease_id: lease, ended_at_s: end }) => [lease, end]));
}
