import { sql } from 'kysely';
import { openDatabase } from '../../../operator/adapters/postgres/database.ts';
import { createEpochLedger } from '../../../operator/adapters/postgres/epoch-ledger.ts';
import { epochEnd } from '../../../operator/domain/epoch.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { genesisSeconds, withDatabase } from '../database.ts';
import { quantile } from '../statistics.ts';
import { endIntervals, fillLeases, observeUntil, openIntervals } from './fixture.ts';

const LEASES = 600_000;
const RENTERS = 2_000;
const SUPPLIERS = 500;
const MEMBERS = 1_000;
const SUPPLIERS_PER_RENTER = 10;
const EPOCHS = 6;
/** The first close has nothing before it, and fills caches. */
const UNCOUNTED = 1;
/** One device of so many restarts in an hour. */
const RESTARTS = 20;

/** How long it takes to close an hour of many leases. */
export async function epoch(context: BenchContext): Promise<void> {
  const leases = scaled(context, LEASES);
  await withDatabase(async ({ owner, writerUrl }) => {
    context.say(`opening ${leases} leases`);
    const who = { renters: RENTERS, suppliers: SUPPLIERS, members: MEMBERS };
    const fixture = { leases, ...who, suppliersPerRenter: SUPPLIERS_PER_RENTER };
    await fillLeases(owner, fixture, genesisSeconds);
    const writer = openDatabase(writerUrl, { applicationName: 'bench', maxConnections: 1 });
    const ledger = createEpochLedger(writer);
    const seconds: number[] = [];
    for (let number = 1; number <= EPOCHS; number += 1) {
      const end = epochEnd(number, genesisSeconds);
      const restarted = sql`lease_no % ${RESTARTS} = ${number}`;
      await endIntervals(owner, restarted, end - 1_800);
      await openIntervals(owner, restarted, end - 1_700);
      await observeUntil(owner, end + 60);
      // As between two hours: what was written is on disk, and the statistics know of it.
      await sql.raw('vacuum analyze').execute(owner);
      await sql.raw('checkpoint').execute(owner);
      const start = performance.now();
      const report = await ledger.closeEpoch(number, end + 120);
      const took = (performance.now() - start) / 1_000;
      if (report.leases !== leases) throw new Error(`${report.leases} leases were settled`);
      if (number > UNCOUNTED) seconds.push(took);
      context.say(`epoch ${number} in ${took.toFixed(2)} s`);
    }
    await writer.destroy();
    const [row] = (
      await sql<{ transfers: bigint }>`
        select count(*) as transfers from io.transfers where epoch = ${EPOCHS}`.execute(owner)
    ).rows;
    context.figures.add({
      name: 'epoch_close_600k_s',
      value: quantile(seconds, 0.5),
      unit: 's',
      n: leases,
      note:
        `${leases} leases of one device, ${RENTERS} renters with ${SUPPLIERS_PER_RENTER} of ` +
        `${SUPPLIERS} suppliers each, ${row?.transfers ?? 0n} transfers; one device of ${RESTARTS} ` +
        `restarts each hour; commit synced; median of ${seconds.length}, slowest ` +
        `${Math.max(...seconds).toFixed(2)} s`,
    });
  });
}
