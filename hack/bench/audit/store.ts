import { join } from 'node:path';
import { type Database, openDatabase } from '../../../operator/adapters/postgres/database.ts';
import { migrate } from '../../../operator/adapters/postgres/migrate.ts';
import { startDatabaseServer, urlFor } from '../../federation/database.ts';
import { ownedRunDirectory } from '../../federation/run-directory.ts';

/** First second of epoch 1. */
export const genesisSeconds = 1_793_491_200;
const statementTimeoutMs = 600_000;

/** What is measured is reading and computing, so what is prepared may be lost in a crash. */
const settings = { fsync: 'off', shared_buffers: '1GB', max_wal_size: '8GB' };

/** Runs `work` on a new database, migrated, on a server of its own. */
export async function withStore(work: (database: Database) => Promise<void>): Promise<void> {
  const server = await startDatabaseServer(
    join(await ownedRunDirectory('bench'), 'store'),
    settings,
  );
  const url = urlFor(server.adminUrl, { database: 'postgres' });
  const database = openDatabase(url, { applicationName: 'bench', statementTimeoutMs });
  try {
    await migrate(database, { genesisSeconds });
    await work(database);
  } finally {
    await database.destroy();
    await server.stop();
  }
}
