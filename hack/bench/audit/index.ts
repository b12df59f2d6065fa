import { sql } from 'kysely';
import { audit as runAudit } from '../../../operator/adapters/audit/audit.ts';
import { createAuditSource } from '../../../operator/adapters/postgres/audit-reader.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { openLeases, passEpoch } from './leases.ts';
import { withStore } from './store.ts';

const EPOCHS = 24;
const LEASES = 600_000;
const MIB = 1024 ** 2;

/** How long it takes to compute a day again, and how much memory. */
export async function audit(context: BenchContext): Promise<void> {
  const leases = scaled(context, LEASES);
  await withStore(async (database) => {
    context.say(`${leases} leases of one device each`);
    await openLeases(database, leases);
    for (let epoch = 1; epoch <= EPOCHS; epoch += 1) {
      await passEpoch(database, epoch);
      context.say(`epoch ${epoch} closed`);
    }
    await sql.raw('vacuum analyze').execute(database);
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 100);
    const start = performance.now();
    const { differences, first } = await runAudit(createAuditSource(database), 1, EPOCHS);
    const seconds = (performance.now() - start) / 1_000;
    clearInterval(watch);
    if (differences > 0) throw new Error(`the audit found ${JSON.stringify(first[0])}`);
    context.figures.add({
      name: 'audit_24_epochs_s',
      value: seconds,
      unit: 's',
      n: leases * EPOCHS,
      note:
        `${EPOCHS} epochs with ${leases} leases of one device: charges, transfers, balances and digests ` +
        `computed again and compared; one device of a hundred restarts each hour; the process grew ` +
        `to ${Math.round(peak / MIB)} MiB`,
    });
  });
}
