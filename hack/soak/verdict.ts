import { sql } from 'kysely';
import { type Database, openDatabase } from '../../operator/adapters/postgres/database.ts';
import { type Billed, compare, type Compared } from './compare.ts';
import type { Absence } from './seen.ts';
import type { Witness } from './witness.ts';

/** Counts of what must not be: all but the seconds that were ready, billed or uncertain are 0. */
export type Verdict = Compared & {
  /** The longest that it took the witness to hear of something. */
  readonly gapSeconds: number;
  /** Leases whose charges are not for the seconds of their intervals. */
  readonly mischargedLeases: number;
  /** Assets whose balances do not add up to 0. */
  readonly unbalancedAssets: number;
  readonly negativeRenters: number;
  /** Leases that are not Closed. */
  readonly openLeases: number;
  readonly deadLetters: number;
};

/** What a verdict has against the ledger, a line each; empty when nothing is wrong. */
export function faultsOf(verdict: Verdict): readonly string[] {
  const must: readonly (readonly [string, number])[] = [
    ['device-seconds were Ready and not billed', verdict.lostSeconds],
    ['device-seconds were billed and not Ready', verdict.overbilledSeconds],
    ['device-seconds were billed twice', verdict.doubledSeconds],
    ['leases are charged for other seconds', verdict.mischargedLeases],
    ['assets do not add up to 0', verdict.unbalancedAssets],
    ['renters are below 0', verdict.negativeRenters],
    ['leases are not closed', verdict.openLeases],
    ['dead letters', verdict.deadLetters],
  ];
  const faults = must.filter(([, count]) => count !== 0).map(([what, count]) => `${count} ${what}`);
  return verdict.billedSeconds === 0 ? [...faults, 'nothing was billed at all'] : faults;
}

const MOST_DETAILS = 20;

/**
 * Compares what was seen with what was billed, when everything has ended; of leases that were opened
 * since the witness watches.
 */
export async function judge(
  url: string,
  witness: Pick<Witness, 'seen' | 'sinceSeconds'>,
  absences: readonly Absence[] = [],
): Promise<Verdict> {
  const database = openDatabase(url, { applicationName: 'soak verdict', maxConnections: 1 });
  try {
    const seen = { ...witness.seen(), absences };
    const compared = compare(await billedOf(database, witness.sinceSeconds), seen);
    const details = [...compared.details, ...(await deadLetters(database))].slice(0, MOST_DETAILS);
    const { gapSeconds } = seen;
    return { ...compared, gapSeconds, ...(await ledgerFaults(database)), details };
  } finally {
    await database.destroy();
  }
}

/** Of an interval that ends after its lease what lies before that is billed. */
const billedUntil = sql`least(coalesce(i.end_s, m.observed_until_s), l.ended_at_s)`;

async function billedOf(database: Database, sinceSeconds: number): Promise<readonly Billed[]> {
  const { rows } = await sql<Billed>`
    select l.lease_id, m.name as member, d.device, i.pod_uid, i.start_s, ${billedUntil} as end_s,
      i.end_reason
    from io.intervals i join io.leases l using (lease_no) join io.lease_devices d using (lease_no, slot)
      join io.members m using (member_no)
    where l.opened_at_s >= ${sinceSeconds}
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
    mischarged: number;
    unbalanced: number;
    negative: number;
    open: number;
    letters: number;
  }>`
    select
      (select count(*)::int from
        (select l.lease_no, sum(greatest(0, ${billedUntil} - i.start_s)) as used
          from io.leases l join io.members m using (member_no) left join io.intervals i using (lease_no)
          where l.state = 'Closed' group by l.lease_no) i
        left join
        (select lease_no, sum(seconds + late_seconds) as charged from io.charges group by lease_no) c
          using (lease_no)
        where coalesce(i.used, 0) <> coalesce(c.charged, 0)) as mischarged,
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
    mischargedLeases: row.mischarged,
    unbalancedAssets: row.unbalanced,
    negativeRenters: row.negative,
    openLeases: row.open,
    deadLetters: row.letters,
  };
}
