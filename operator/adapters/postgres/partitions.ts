import { sql } from 'kysely';
import type { Database } from './database.ts';
import { errorCode } from './errors.ts';

const daySeconds = 86_400;
/** Partitions are made so long before they are needed. */
const aheadSeconds = 14 * daySeconds;
/** Heartbeats and evidence are kept so long: what pays rewards looks back hours, audits weeks. */
const keptDays = 35;
/** One report reaches no further than its leases do; each try makes one partition. */
const maxTries = 100;

/** Makes the partitions of the next two weeks and removes heartbeats and evidence that nobody needs. */
export async function maintainPartitions(database: Database, nowMs: number): Promise<void> {
  const now = Math.floor(nowMs / 1000);
  await ensurePartitions(database, now, now + aheadSeconds);
  const before = now - keptDays * daySeconds;
  await sql`select io.drop_heartbeats(${Math.floor(before / 60)})`.execute(database);
  await sql`select io.drop_evidence(${before})`.execute(database);
}

/** Makes the partitions of intervals, heartbeats and evidence for these seconds where they are missing. */
export async function ensurePartitions(
  database: Database,
  fromSeconds: number,
  toSeconds: number,
): Promise<void> {
  await sql`select io.ensure_partitions(${fromSeconds}, ${toSeconds}),
    io.ensure_evidence_partitions(${fromSeconds}, ${toSeconds})`.execute(database);
}

/** Runs a transaction, and again after making the partition that it found missing. */
export async function withPartitions<T>(database: Database, work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const seconds = missingAt(error);
      if (seconds === undefined || tries >= maxTries) throw error;
      await ensurePartitions(database, seconds, seconds);
    }
  }
}

/** The second of a row that no partition takes; undefined for any other error. */
function missingAt(error: unknown): number | undefined {
  if (errorCode(error) !== '23514' || !(error instanceof Error)) return undefined;
  if (!error.message.startsWith('no partition of relation') || !('detail' in error)) {
    return undefined;
  }
  const [, column, value] =
    /\((start_s|bucket_start_s|minute)\) = \((\d+)\)/.exec(String(error.detail)) ?? [];
  if (value === undefined) return undefined;
  return Number(value) * (column === 'minute' ? 60 : 1);
}
