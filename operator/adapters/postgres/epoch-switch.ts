import { sql } from 'kysely';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

/** An epoch that was closed. */
export type ClosedEpoch = Readonly<{
  epoch: number;
  closedAtSeconds: number;
  leases: number;
  corrections: number;
  shortfalls: number;
  /** Hex sha256 that chains the journal up to here. */
  chain: string;
}>;

/** What a person does with epochs. */
export type EpochSwitch = Readonly<{
  /** The last epochs that were closed, newest first. */
  closed: (limit: number) => Promise<readonly ClosedEpoch[]>;
  /** Holds closes back, or lets them go on: they follow one another, and nothing is left out. */
  setPaused: (paused: boolean, reason: string, nowSeconds: number) => Promise<void>;
}>;

export function createEpochSwitch(database: Database): EpochSwitch {
  return {
    closed: (limit) => withStore(() => closed(database, limit)),
    setPaused: (paused, reason, nowSeconds) =>
      withStore(async () => {
        await sql`insert into io.close_switches (paused, reason, at_s)
          values (${paused}, ${reason}, ${nowSeconds})`.execute(database);
      }),
  };
}

async function closed(database: Database, limit: number): Promise<readonly ClosedEpoch[]> {
  const { rows } = await sql<ClosedEpoch>`
    select epoch, closed_at_s as "closedAtSeconds", leases, corrections, shortfalls,
      encode(chain, 'hex') as chain
    from io.epochs order by epoch desc limit ${limit}`.execute(database);
  return rows;
}
