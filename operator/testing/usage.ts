import { sql } from 'kysely';
import type { Database } from '../adapters/postgres/database.ts';
import type { IntervalChange, UsageReport } from '../domain/metering/types.ts';
import { testGenesisSeconds } from './postgres.ts';

/** Leases of these helpers open at this second. */
export const openedAt = testGenesisSeconds;

/** Writes a lease of a member with devices `gpu-0`, `gpu-1`, …, as the ledger does; no money is held. */
export async function writeLease(
  database: Database,
  member: string,
  leaseId: string,
  devices = 4,
): Promise<void> {
  await sql`insert into io.members (name) values (${member}) on conflict do nothing`.execute(
    database,
  );
  await sql`
    with lease as (
      insert into io.leases (lease_id, cluster_uid, cluster, member_no, renter, supplier, asset,
        renter_basis_points, supplier_basis_points, opened_at_s, hold_base)
      select ${leaseId}, ${leaseId}, 'renters/' || ${leaseId}::text, member_no, 'renters/r',
        'suppliers/s', 'USDC', 225, 25, ${openedAt}, 0
      from io.members where name = ${member}
      returning lease_no
    )
    insert into io.lease_devices (lease_no, slot, device, rate_per_hour, added_at_s)
    select lease_no, slot, 'gpu-' || slot, 2490000, ${openedAt}
    from lease, generate_series(0, ${devices - 1}::integer) slot`.execute(database);
}

/** Ends a lease; `Closed` is one that was settled. */
export async function endLease(
  database: Database,
  leaseId: string,
  endSeconds: number,
  state: 'Closing' | 'Closed',
): Promise<void> {
  await sql`update io.leases set ended_at_s = ${endSeconds}, state = ${state}
    where lease_id = ${leaseId}`.execute(database);
}

const podUid = (pod: number): string =>
  `0a0b0c0d-0000-4000-8000-${pod.toString(16).padStart(12, '0')}`;

type Span = Readonly<{ lease: string; gpu?: number; pod?: number; start: number; end?: number }>;

/** An interval began, or is told whole; `start` and `end` count from the opening of the lease. */
export function change({ lease, gpu = 0, pod = 1, start, end }: Span): IntervalChange {
  const key = {
    leaseId: lease,
    podUid: podUid(pod),
    device: `gpu-${gpu}`,
    startSeconds: openedAt + start,
  };
  return end === undefined
    ? { kind: 'Opened', ...key }
    : { kind: 'Closed', ...key, endSeconds: openedAt + end, reason: 'NotReady' };
}

/** A report of a spool; `until` counts from the opening of the lease. */
export function usageReport(
  sequence: number,
  until: number,
  changes: readonly IntervalChange[] = [],
  spoolId = 'spool-0123456789abcdef',
): UsageReport {
  const observedUntilSeconds = openedAt + until;
  return {
    spoolId,
    sequence,
    sentAtMs: observedUntilSeconds * 1000,
    observedUntilSeconds,
    changes,
  };
}

/** The intervals of a lease in a form to compare: `gpu pod start-end reason`, in their order. */
export async function intervalsOf(database: Database, leaseId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ line: string }>`
    select i.slot || ' ' || right(i.pod_uid::text, 1) || ' ' || (start_s - ${openedAt}::integer) || '-'
      || coalesce((end_s - ${openedAt}::integer)::text, '') || coalesce(' ' || end_reason, '') as line
    from io.intervals i join io.leases l using (lease_no)
    where l.lease_id = ${leaseId} order by slot, start_s`.execute(database);
  return rows.map(({ line }) => line);
}

/** Until when a member's reports reach, counted from the opening of the leases. */
export async function watermarkOf(database: Database, member: string): Promise<number> {
  const { rows } = await sql<{ until: number }>`
    select observed_until_s - ${openedAt}::integer as until from io.members where name = ${member}
  `.execute(database);
  return rows[0]?.until ?? Number.NaN;
}
