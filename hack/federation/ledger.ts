import { sql } from 'kysely';
import type { Database } from '../../operator/adapters/postgres/database.ts';

/** Device-seconds that were reported for a lease so far. */
export async function meteredSeconds(database: Database, lease: string): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    select coalesce(sum(coalesce(i.end_s, m.observed_until_s) - i.start_s), 0)::int as seconds
    from io.intervals i join io.leases l using (lease_no) join io.members m using (member_no)
    where l.lease_id = ${lease}
  `.execute(database);
  return rows[0]?.seconds ?? 0;
}

/** Seconds in which two leases of one cluster are both billed, over all clusters and devices. */
export async function billedOverlapSeconds(database: Database): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    with billed as (
      select l.cluster_uid, l.lease_no, i.start_s,
        least(coalesce(i.end_s, m.observed_until_s), l.ended_at_s) as end_s
      from io.intervals i join io.leases l using (lease_no) join io.members m using (member_no))
    select coalesce(sum(greatest(0, least(a.end_s, b.end_s) - greatest(a.start_s, b.start_s))), 0)::int
      as seconds
    from billed a join billed b on a.cluster_uid = b.cluster_uid and a.lease_no < b.lease_no
  `.execute(database);
  return rows[0]?.seconds ?? 0;
}

/** Leases of which not everything is told and settled. */
export async function unsettledLeases(database: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from io.leases where state <> 'Closed'
  `.execute(database);
  return rows[0]?.count ?? 0;
}

/** Adds one base unit to a charge as only a superuser can: past triggers and privileges. */
export async function tamperWithCharge(database: Database): Promise<void> {
  await sql`
    set session_replication_role = replica;
    update io.charges set total_sum = total_sum + 1
      where (epoch, lease_no) in (select epoch, lease_no from io.charges where final limit 1);
    set session_replication_role = origin;
  `.execute(database);
}
