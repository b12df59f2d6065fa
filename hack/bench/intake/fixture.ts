import { sql } from 'kysely';
import type { Database } from '../../../operator/adapters/postgres/database.ts';
import { ensurePartitions } from '../../../operator/adapters/postgres/partitions.ts';

export const devicesPerLease = 8;
export const leasesPerMember = 75;
export const devicesPerMember = devicesPerLease * leasesPerMember;

export const memberName = (member: number): string => `member-${member}`;
export const leaseName = (member: number, lease: number): string => `lease-${member}-${lease}`;

/** Uid of the n-th pod that runs on a device. */
export function podUid(member: number, device: number, n: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return `${hex(member, 8)}-${hex(device, 4)}-4000-8000-${hex(n, 12)}`;
}

/**
 * Members whose devices are all leased and Ready since `startSeconds`: written in bulk as the owner,
 * and packed as if it had grown.
 */
export async function fill(
  database: Database,
  members: number,
  startSeconds: number,
): Promise<void> {
  await ensurePartitions(database, startSeconds, startSeconds + 86_400);
  await sql`insert into io.members (name)
    select 'member-' || n from generate_series(0, ${members}::integer - 1) n`.execute(database);
  await sql`insert into io.leases (lease_id, cluster_uid, cluster, member_no, renter, supplier,
      asset, renter_basis_points, supplier_basis_points, opened_at_s, hold_base)
    select 'lease-' || m || '-' || l, m || '-' || l, 'renters/c' || m || '-' || l, member_no,
      'renters/r' || l, 'suppliers/s' || m, 'USDC', 225, 25, ${startSeconds}, 0
    from generate_series(0, ${members}::integer - 1) m
    join io.members on name = 'member-' || m,
    generate_series(0, ${leasesPerMember}::integer - 1) l`.execute(database);
  await sql`insert into io.lease_devices (lease_no, slot, device, rate_per_hour, added_at_s)
    select lease_no, slot, 'gpu-' || slot, 2490000, ${startSeconds}
    from io.leases, generate_series(0, ${devicesPerLease}::integer - 1) slot`.execute(database);
  await sql`insert into io.intervals
      (lease_no, slot, pod_uid, start_s, rate_per_hour, received_ms)
    select lease_no, slot, (lpad(to_hex(split_part(lease_id, '-', 2)::integer), 8, '0') || '-'
        || lpad(to_hex(split_part(lease_id, '-', 3)::integer * ${devicesPerLease}::integer + slot), 4, '0')
        || '-4000-8000-000000000000')::uuid,
      ${startSeconds}, rate_per_hour, ${startSeconds}::bigint * 1000
    from io.leases join io.lease_devices using (lease_no) order by lease_no, slot`.execute(
    database,
  );
  await sql.raw('vacuum analyze').execute(database);
}

/** Bytes of the tables that the intake writes, with their indexes. */
export async function intakeBytes(database: Database): Promise<number> {
  const { rows } = await sql<{ bytes: bigint }>`
    select sum(pg_total_relation_size(t.relid))::bigint as bytes
    from unnest(array['members', 'rosters', 'dead_letters', 'intervals', 'heartbeats']) name,
      pg_partition_tree(('io.' || name)::regclass) t`.execute(database);
  return Number(rows[0]?.bytes ?? 0);
}
