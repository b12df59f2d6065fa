import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import {
  type DatabaseServer,
  startDatabaseServer,
  startOwnServer,
  urlFor,
} from '../../hack/federation/database.ts';
import { type Database, openDatabase } from '../adapters/postgres/database.ts';
import { migrate } from '../adapters/postgres/migrate.ts';
import { ensureGroups, ensureLogin, readerGroup, writerGroup } from '../adapters/postgres/roles.ts';
import { ownedRunDirectory } from '../../hack/federation/run-directory.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** The variable by which the workers find the server that all test files share. */
export const TEST_DATABASE_VARIABLE = 'IO_OPERATOR_TEST_DATABASE';

/** Epoch 1 of test databases begins at 2026-11-01T00:00:00Z. */
export const testGenesisSeconds = 1_793_491_200;

const template = 'io_test_template';

/** Not kept through a crash of the machine, which tests do not need. */
const fast = { fsync: 'off', shared_buffers: '256MB', max_connections: '200' };

/** A database of one test file, migrated, and the logins that the processes use. */
export type TestDatabase = {
  /** Connections as the owner, as the writer (hub, api) and as the reader (audit). */
  readonly owner: Database;
  readonly writer: Database;
  readonly reader: Database;
  readonly ownerUrl: string;
  readonly writerUrl: string;
  readonly readerUrl: string;
  /** Another pool, as another process has it; closed by `close`. */
  connect(url: string, maxConnections?: number): Database;
  close(): Promise<void>;
};

export type TestServer = DatabaseServer & {
  /** Makes a database; `migrated: false` leaves it empty. */
  database(options?: { readonly migrated?: boolean }): Promise<TestDatabase>;
};

/** Called once, before all integration tests: starts the shared server and migrates a template. */
export async function startSharedDatabase(directory: string): Promise<void> {
  const { adminUrl } = await startDatabaseServer(join(directory, 'postgres'), fast);
  await prepare(adminUrl);
  process.env[TEST_DATABASE_VARIABLE] = adminUrl;
}

/** A new database on the server that all test files share. */
export function testDatabase(options?: { readonly migrated?: boolean }): Promise<TestDatabase> {
  const adminUrl = process.env[TEST_DATABASE_VARIABLE];
  if (adminUrl === undefined) {
    throw new Error('no shared database: name the file x.integration.test.ts and run it with jest');
  }
  return createDatabase(adminUrl, options?.migrated ?? true);
}

/**
 * A server of one test file alone, which may be killed and started again. Stop it in `afterAll`.
 * `settings` as in postgresql.conf; by default it syncs to disk as a real one does.
 */
export async function startPrivateDatabase(
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  return prepared(await startDatabaseServer(await privateDirectory(), settings));
}

/** The same, with all its files on a disk of so many MiB. Stop it in `afterAll`; the disk goes with it. */
export async function startDatabaseOnSmallDisk(
  mebibytes: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer & Readonly<{ disk: SmallDisk }>> {
  const directory = await privateDirectory();
  const disk = await mountSmallDisk(directory, mebibytes);
  const server = await prepared(await startOwnServer(directory, { settings, place: disk }));
  const stop = async (): Promise<void> => {
    await server.stop();
    await disk.unmount();
  };
  return { ...server, stop, disk };
}

async function privateDirectory(): Promise<string> {
  const shared = process.env['IO_OPERATOR_TEST_CLUSTER'];
  const root = shared === undefined ? await ownedRunDirectory('test') : dirname(shared);
  return join(root, `postgres-${randomBytes(4).toString('hex')}`);
}

async function prepared(server: DatabaseServer): Promise<TestServer> {
  await prepare(server.adminUrl);
  return {
    ...server,
    database: (options) => createDatabase(server.adminUrl, options?.migrated ?? true),
  };
}

/** Passwords of throw-away logins on a server that only this machine reaches. */
const passwordOf = (login: string): string => `${login}-of-tests`;

async function prepare(adminUrl: string): Promise<void> {
  const admin = openDatabase(adminUrl, { applicationName: 'tests', maxConnections: 1 });
  try {
    await ensureGroups(admin);
    for (const [name, group] of [
      ['io_test_writer', writerGroup],
      ['io_test_reader', readerGroup],
    ] as const) {
      await ensureLogin(admin, { name, password: passwordOf(name), group });
    }
    await sql`drop database if exists ${sql.id(template)}`.execute(admin);
    await sql`create database ${sql.id(template)}`.execute(admin);
  } finally {
    await admin.destroy();
  }
  const url = urlFor(adminUrl, { database: template });
  const database = openDatabase(url, { applicationName: 'tests', maxConnections: 1 });
  try {
    await migrate(database, { genesisSeconds: testGenesisSeconds });
  } finally {
    await database.destroy();
  }
}

async function createDatabase(adminUrl: string, migrated: boolean): Promise<TestDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const admin = openDatabase(adminUrl, { applicationName: 'tests', maxConnections: 1 });
  try {
    const from = migrated ? template : 'template0';
    await sql`create database ${sql.id(name)} template ${sql.id(from)}`.execute(admin);
  } finally {
    await admin.destroy();
  }
  const as = (user: string): string =>
    urlFor(adminUrl, { database: name, user, password: passwordOf(user) });
  const pools: Database[] = [];
  const connect = (url: string, maxConnections = 4): Database => {
    const pool = openDatabase(url, { applicationName: 'tests', maxConnections });
    pools.push(pool);
    return pool;
  };
  const ownerUrl = urlFor(adminUrl, { database: name });
  const writerUrl = as('io_test_writer');
  const readerUrl = as('io_test_reader');
  return {
    ownerUrl,
    writerUrl,
    readerUrl,
    owner: connect(ownerUrl),
    writer: connect(writerUrl),
    reader: connect(readerUrl),
    connect,
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()));
    },
  };
}
