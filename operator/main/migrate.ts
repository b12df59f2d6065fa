import { genesisSeconds, migrate } from '../adapters/postgres/migrate.ts';
import { maintainPartitions } from '../adapters/postgres/partitions.ts';
import type { MigrateConfig } from '../config.ts';
import { epochSeconds } from '../domain/epoch.ts';
import { withDatabase } from './database.ts';

/**
 * `io-operator migrate`: brings the database to this version, as its owner. Epoch 1 begins with
 * `--genesis`, or with the hour in which a database is migrated for the first time.
 */
export async function runMigrate(config: MigrateConfig): Promise<void> {
  const now = Date.now();
  const thisHour = Math.floor(now / 1000 / epochSeconds) * epochSeconds;
  await withDatabase(config, async (database) => {
    const applied = await migrate(database, { genesisSeconds: config.genesis ?? thisHour });
    await maintainPartitions(database, now);
    const genesis = await genesisSeconds(database);
    if (config.genesis !== undefined && config.genesis !== genesis) {
      throw new Error(`--genesis cannot be changed: epoch 1 began at ${isoTime(genesis)}`);
    }
    for (const name of applied) process.stdout.write(`applied ${name}\n`);
    process.stdout.write(`the database is up to date; epoch 1 began at ${isoTime(genesis)}\n`);
  });
}

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();
