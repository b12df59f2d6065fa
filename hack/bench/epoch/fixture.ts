import { sql } from 'kysely';
import type { Database } from '../../../operator/adapters/postgres/database.ts';

/** Renters, suppliers and members with leases. */
export type Leases = Readonly<{
  leases: number;
  /** How many devices leases have, one after the other. */
  devices: readonly number[];
  renters: number;
  suppliers: number;
  members: number;
  /** How many suppliers each renter rents from. */
  suppliersPerRenter: number;
}>;

const depositEach = 10n ** 15n;
/** Of a lease, for each device. */
const hold = 5_000_000n;
const rate = 2_490_000n;

/** Opens leases as the owner, in bulk: each holds money, and its devices are Ready from `openedAtSeconds` on. */
export async function fillLeases(
  database: Database,
  { leases, devices, renters, suppliers, members, suppliersPerRenter }: Leases,
  openedAtSeconds: number,
): Promise<void> {
  await sql`insert into io.members (name, observed_until_s)
    select 'member-' || n, ${openedAtSeconds} from generate_series(1, ${members}::integer) n`.execute(
    database,
  );
  await sql`select io.deposit('d' || n, 'renters/r' || n, 'USDC', ${depositEach}, 'bench', ${openedAtSeconds})
    from generate_series(0, ${renters}::integer - 1) n`.execute(database);
  await sql`insert into io.leases (lease_id, cluster_uid, cluster, member_no, renter, supplier, asset,
      renter_basis_points, supplier_basis_points, opened_at_s, hold_base)
    select 'lease-' || n, 'uid-' || n, 'renters/c' || n, 1 + n % ${members}::integer,
      'renters/r' || n % ${renters}::integer,
      'suppliers/s' || (n % ${renters}::integer + n / ${renters}::integer % ${suppliersPerRenter}::integer * 17)
        % ${suppliers}::integer,
      'USDC', 225, 25, ${openedAtSeconds},
      ${hold} * (${devices}::integer[])[1 + n % ${devices.length}::integer]
    from generate_series(0, ${leases}::integer - 1) n`.execute(database);
  await sql`insert into io.lease_devices (lease_no, slot, device, rate_per_hour, added_at_s)
    select lease_no, slot, 'gpu-' || lease_no || '-' || slot, ${rate}, ${openedAtSeconds}
    from io.leases, generate_series(0, hold_base / ${hold} - 1) slot`.execute(database);
  await sql`select io.post(array_agg('Hold'::text), array_agg('USDC'::text),
      array_agg('renter:available'::text), array_agg(renter), array_agg('renter:held'::text),
      array_agg(renter), array_agg(held), array_agg('bench'::text), array_agg(null::bigint),
      ${openedAtSeconds})
    from (select renter, sum(hold_base)::bigint as held from io.leases group by renter) s`.execute(
    database,
  );
  await sql`select io.ensure_partitions(${openedAtSeconds}, ${openedAtSeconds} + 86400)`.execute(
    database,
  );
  await openIntervals(database, sql`true`, openedAtSeconds);
  await sql.raw('vacuum analyze').execute(database);
}

/** The devices of these leases are Ready from then on. */
export async function openIntervals(
  database: Database,
  which: ReturnType<typeof sql>,
  startSeconds: number,
): Promise<void> {
  await sql`insert into io.intervals (lease_no, slot, pod_uid, start_s, rate_per_hour, received_ms)
    select lease_no, slot, gen_random_uuid(), ${startSeconds}, rate_per_hour,
      ${startSeconds}::bigint * 1000
    from io.lease_devices where ${which} order by lease_no, slot`.execute(database);
}

/** All members have reported everything until then. */
export async function observeUntil(database: Database, seconds: number): Promise<void> {
  await sql`update io.members set observed_until_s = ${seconds}`.execute(database);
}

/** Ends the intervals that are open, of these leases. */
export async function endIntervals(
  database: Database,
  which: ReturnType<typeof sql>,
  endSeconds: number,
): Promise<void> {
  await sql`update io.intervals set end_s = ${endSeconds}, end_reason = 'NotReady'
    where end_s is null and ${which}`.execute(database);
}
