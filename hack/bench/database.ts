import { join } from 'node:path';
import { type Database, openDatabase } from '../../operator/adapters/postgres/database.ts';
import { migrate } from '../../operator/adapters/postgres/migrate.ts';
import { ensureGroups, ensureLogin, writerGroup } from '../../operator/adapters/postgres/roles.ts';
import { startDatabaseServer, urlFor } from '../federation/database.ts';
import { ownedRunDirectory } from '../federation/run-directory.ts';

/** First second of epoch 1. */
export const genesisSeconds = 1_793_491_200;

/** Each commit is synced; the rest is what docs/operations.md asks of a server for a hub of this size. */
const settings = {
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  wal_buffers: '128MB',
  wal_compression: 'on',
};
const filling = { applicationName: 'bench', statementTimeoutMs: 600_000 };
const password = 'of-this-bench';
const login = 'io_bench_writer';

/** A migrated database on a server of its own, and how to connect as its owner and as the hub does. */
export type BenchDatabase = Readonly<{ owner: Database; ownerUrl: string; writerUrl: string }>;

/** Runs `work` on a server that is stopped after it. */
export async function withDatabase(
  work: (database: BenchDatabase) => Promise<void>,
): Promise<void> {
  const directory = join(await ownedRunDirectory('bench'), 'postgres');
  const server = await startDatabaseServer(directory, settings);
  const owner = openDatabase(server.adminUrl, filling);
  try {
    await ensureGroups(owner);
    await ensureLogin(owner, { name: login, password, group: writerGroup });
    await migrate(owner, { genesisSeconds });
    const writerUrl = urlFor(server.adminUrl, { user: login, password });
    await work({ owner, ownerUrl: server.adminUrl, writerUrl });
  } finally {
    await owner.destroy();
    await server.stop();
  }
}
