import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { openDatabase } from '../../operator/adapters/postgres/database.ts';
import type { World } from '../federation/world.ts';

const TABLES = ['members', 'leases', 'lease_devices', 'intervals', 'charges', 'dead_letters'];

/** Leaves logs, spools and tables in a folder, for whoever looks for the cause of a fault. */
export async function keepEvidence(world: World, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const operator = join(world.federation.runDirectory, 'operator');
  for (const part of ['logs', 'spool']) {
    cpSync(join(operator, part), join(directory, part), { recursive: true });
  }
  for (const { profile, controlPlane } of world.federation.members) {
    const logs = join(controlPlane.directory, 'logs');
    cpSync(logs, join(directory, profile.name), { recursive: true });
  }
  const database = openDatabase(world.operator.money?.readerUrl ?? '', {
    applicationName: 'evidence',
    maxConnections: 1,
  });
  try {
    for (const table of TABLES) {
      const { rows } = await sql<{ line: string }>`
        select row_to_json(t)::text as line from ${sql.table(`io.${table}`)} t
      `.execute(database);
      writeFileSync(
        join(directory, `${table}.jsonl`),
        rows.map(({ line }) => `${line}\n`).join(''),
      );
    }
  } finally {
    await database.destroy();
  }
}
