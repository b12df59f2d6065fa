import { sql } from 'kysely';
import type { Database } from '../../../operator/adapters/postgres/database.ts';
import { endIntervals, observeUntil, openIntervals } from '../epoch/fixture.ts';
import { genesisSeconds } from './store.ts';

const renters = 2_000;
const suppliers = 500;
const members = 1_000;
const depositEach = 10n ** 15n;
const hold = 5_000_000n;
const rate = 2_490_000n;
const batch = 50_000;

/** Opens leases of one device each, with a hold of their own, and the device is Ready from then on. */
export async function openLeases(database: Database, leases: number): Promise<void> {
  await sql`insert into io.members (name, observed_until_s)
    select 'member-' || n, ${genesisSeconds} from generate_series(1, ${members}::integer) n`.execute(
    database,
  );
  await sql`select io.deposit('d' || n, 'renters/r' || n, 'USDC', ${depositEach}, 'bench', ${genesisSeconds})
    from generate_series(0, ${renters}::integer - 1) n`.execute(database);
  for (let first = 0; first < leases; first += batch) {
    await openBatch(database, first, Math.min(leases, first + batch));
  }
  await sql`select io.ensure_partitions(${genesisSeconds}, ${genesisSeconds} + 172800)`.execute(
    database,
  );
  await openIntervals(database, sql`true`, genesisSeconds);
  await sql.raw('vacuum analyze').execute(database);
}

async function openBatch(database: Database, first: number, end: number): Promise<void> {
  await sql`
    with opened as (
      insert into io.leases (lease_id, cluster_uid, cluster, member_no, renter, supplier, asset,
        renter_basis_points, supplier_basis_points, opened_at_s, hold_base)
      select 'lease-' || n, 'uid-' || n, 'renters/c' || n, 1 + n % ${members}::integer,
        'renters/r' || n % ${renters}::integer, 'suppliers/s' || n % ${suppliers}::integer, 'USDC', 225, 25,
        ${genesisSeconds}, ${hold}
      from generate_series(${first}::integer, ${end - 1}::integer) n
      returning lease_no, lease_id, renter, hold_base
    ), devices as (
      insert into io.lease_devices (lease_no, slot, device, rate_per_hour, added_at_s)
      select lease_no, 0, 'gpu-' || lease_no, ${rate}, ${genesisSeconds} from opened
    )
    select io.post(array_agg('Hold'::text), array_agg('USDC'::text),
      array_agg('renter:available'::text), array_agg(renter), array_agg('renter:held'::text),
      array_agg(renter), array_agg(hold_base), array_agg(lease_id), array_agg(lease_no),
      ${genesisSeconds})
    from opened`.execute(database);
}

/** Lets an hour pass, in which one device of a hundred restarts, and closes its epoch. */
export async function passEpoch(database: Database, epoch: number): Promise<void> {
  const end = genesisSeconds + epoch * 3_600;
  const which = sql`lease_no % 100 = ${epoch}`;
  await endIntervals(database, which, end - 1_801);
  await openIntervals(database, which, end - 1_700);
  await observeUntil(database, end);
  await sql`select io.close_epoch(${epoch}, ${end + 120})`.execute(database);
}
