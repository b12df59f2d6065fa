import { sql } from 'kysely';
import { openDatabase } from '../../../operator/adapters/postgres/database.ts';
import { post } from '../../../operator/adapters/postgres/journal.ts';
import type { BenchContext } from '../bench.ts';
import { type BenchDatabase, genesisSeconds, withDatabase } from '../database.ts';
import { quantile } from '../statistics.ts';
import { pgbench, preparePgbench } from './pgbench.ts';

const WRITERS = 16;
const RENTERS = 2_000;
const ROUNDS = 3;
const SECONDS = 10;

/** Postings by many writers, and what the same server does of pgbench's transactions. */
export async function postings(context: BenchContext): Promise<void> {
  const seconds = Math.max(1, Math.round(SECONDS * context.scale));
  await withDatabase(async (database) => {
    await sql`select io.deposit('d' || n, 'renters/r' || n, 'USDC', 1000000000000, 'bench', ${genesisSeconds})
      from generate_series(0, ${RENTERS}::integer - 1) n`.execute(database.owner);
    const how = await preparePgbench(database.ownerUrl, WRITERS);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      context.say(`round ${round + 1} of ${ROUNDS}`);
      ours.push(await postFor(database, round, seconds));
      theirs.push(await pgbench(database.ownerUrl, how, WRITERS, seconds));
    }
    const rounds = `${WRITERS} connections, ${seconds} s, commit synced; median of ${ROUNDS} rounds in turn`;
    context.figures.add({
      name: 'postings_per_s_16_writers',
      value: quantile(ours, 0.5),
      unit: '1/s',
      n: WRITERS,
      note: `holds of ${RENTERS} renters: a transfer and two balances in one call; ${rounds}`,
    });
    context.figures.add({
      name: 'pgbench_tps_16_writers',
      value: quantile(theirs, 0.5),
      unit: '1/s',
      n: WRITERS,
      note: `${how.note}; ${rounds}`,
    });
  });
}

/** Returns postings per second; each is a transaction. */
async function postFor(
  { writerUrl }: BenchDatabase,
  round: number,
  seconds: number,
): Promise<number> {
  const database = openDatabase(writerUrl, {
    applicationName: 'bench',
    maxConnections: WRITERS,
  });
  const start = performance.now();
  const end = start + seconds * 1_000;
  let posted = 0;
  const write = async (_: unknown, writer: number): Promise<void> => {
    for (let number = 0; performance.now() < end; number += 1) {
      const owner = `renters/r${(number * 7_919 + writer * 131) % RENTERS}`;
      const subject = `${round}-${writer}-${number}`;
      const debit = { kind: 'renter:available', owner, asset: 'USDC' } as const;
      const credit = { ...debit, kind: 'renter:held' } as const;
      const posting = { cause: 'Hold', debit, credit, amount: 1n, subject } as const;
      const one = await post(database, [posting], genesisSeconds);
      posted += one;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  const took = (performance.now() - start) / 1_000;
  await database.destroy();
  return posted / took;
}
