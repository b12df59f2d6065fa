import { sql } from 'kysely';
import { type Database, openDatabase } from '../../../operator/adapters/postgres/database.ts';
import { createEpochLedger } from '../../../operator/adapters/postgres/epoch-ledger.ts';
import { epochEnd } from '../../../operator/domain/epoch.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { genesisSeconds, withDatabase } from '../database.ts';
import { quantile } from '../statistics.ts';
import { endIntervals, fillLeases, observeUntil, openIntervals } from './fixture.ts';

const DEVICES = 600_000;
const RENTERS = 2_000;
const SUPPLIERS = 500;
const MEMBERS = 1_000;
const SUPPLIERS_PER_RENTER = 10;
const EPOCHS = 6;
/** The first close has nothing before it, and fills caches. */
const UNCOUNTED = 1;
/** The devices of one lease of so many restart in an hour. */
const RESTARTS = 20;

/** How long it takes to close an hour in which so many devices were leased. */
export async function epoch(context: BenchContext): Promise<void> {
  await measure(context, 'epoch_close_600k_s', [1, 2, 4, 8]);
  await measure(context, 'epoch_close_600k_leases_s', [1]);
}

/** @param devices of the leases, one after the other */
async function measure(
  context: BenchContext,
  name: string,
  devices: readonly number[],
): Promise<void> {
  const perRound = devices.reduce((sum, count) => sum + count, 0);
  const leases = Math.round((scaled(context, DEVICES) * devices.length) / perRound);
  await withDatabase(async ({ owner, writerUrl }) => {
    context.say(`opening ${leases} leases of ${devices.join(', ')} devices`);
    const who = { renters: RENTERS, suppliers: SUPPLIERS, members: MEMBERS };
    const fixture = { leases, devices, ...who, suppliersPerRenter: SUPPLIERS_PER_RENTER };
    await fillLeases(owner, fixture, genesisSeconds);
    const writer = openDatabase(writerUrl, { applicationName: 'bench', maxConnections: 1 });
    const seconds: number[] = [];
    for (let number = 1; number <= EPOCHS; number += 1) {
      await passHour(owner, number);
      const took = await close(writer, number, leases);
      if (number > UNCOUNTED) seconds.push(took);
      context.say(`epoch ${number} in ${took.toFixed(2)} s`);
    }
    await writer.destroy();
    const [row] = (
      await sql<{ transfers: bigint }>`
        select count(*) as transfers from io.transfers where epoch = ${EPOCHS}`.execute(owner)
    ).rows;
    context.figures.add({
      name,
      value: quantile(seconds, 0.5),
      unit: 's',
      n: scaled(context, DEVICES),
      note:
        `${leases} leases of ${devices.join(', ')} devices, ${RENTERS} renters with ` +
        `${SUPPLIERS_PER_RENTER} of ${SUPPLIERS} suppliers each, ${row?.transfers ?? 0n} transfers; ` +
        `one lease of ${RESTARTS} restarts each hour; commit synced; median of ${seconds.length}, ` +
        `slowest ${Math.max(...seconds).toFixed(2)} s`,
    });
  });
}

/** An hour in which some leases restarted, and all of which was reported. */
async function passHour(owner: Database, number: number): Promise<void> {
  const end = epochEnd(number, genesisSeconds);
  const restarted = sql`lease_no / 4 % ${RESTARTS} = ${number}`;
  await endIntervals(owner, restarted, end - 1_800);
  await openIntervals(owner, restarted, end - 1_700);
  await observeUntil(owner, end + 60);
  // As between two hours: what was written is on disk, and the statistics know of it.
  await sql.raw('vacuum analyze').execute(owner);
  await sql.raw('checkpoint').execute(owner);
}

async function close(writer: Database, number: number, leases: number): Promise<number> {
  const ledger = createEpochLedger(writer);
  const start = performance.now();
  const report = await ledger.closeEpoch(number, epochEnd(number, genesisSeconds) + 120);
  if (report.leases !== leases) throw new Error(`${report.leases} leases were settled`);
  return (performance.now() - start) / 1_000;
}
