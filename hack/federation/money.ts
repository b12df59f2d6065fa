import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { openDatabase } from '../../operator/adapters/postgres/database.ts';
import {
  ensureGroups,
  ensureLogin,
  readerGroup,
  writerGroup,
} from '../../operator/adapters/postgres/roles.ts';
import { type DatabaseServer, keptPassword, startDatabaseServer, urlFor } from './database.ts';
import type { Federation } from './index.ts';
import { ClusterPki, type KeyPairFiles, writePrivate } from './pki.ts';
import { reservePorts } from './ports.ts';

const run = promisify(execFile);
const CLI_WITHIN_MS = 120_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024 ** 2;

/** The logins of the processes, and what they may do. */
const logins = [
  { name: 'io_hub', group: writerGroup },
  { name: 'io_api', group: writerGroup },
  { name: 'io_audit', group: readerGroup },
] as const;

/** What the money of a federation runs on. */
export type MoneyBase = {
  readonly database: DatabaseServer;
  /** Connection string of the superuser to the ledger's database, for looking at it and for harm. */
  readonly ownerUrl: string;
  /** Connection string of the reader. */
  readonly readerUrl: string;
  /** Files with connection strings, for `--database-url-file`. */
  readonly ownerUrlFile: string;
  readonly hubUrlFile: string;
  readonly apiUrlFile: string;
  readonly readerUrlFile: string;
  /** Key and certificate of `io-operator api`, and the CA that signs agents and it. */
  readonly apiTls: KeyPairFiles;
  readonly authority: string;
  readonly apiPort: number;
};

export type MoneyPlan = Readonly<{
  /** First second of epoch 1; default: the present hour. */
  genesis?: string;
  /** Nothing is closed until somebody resumes it. */
  pausedBecause?: string;
}>;

/** Starts PostgreSQL, makes the ledger's database and its logins, and migrates it with `bundle`. */
export async function prepareMoney(
  federation: Federation,
  directory: string,
  bundle: string,
  { genesis, pausedBecause }: MoneyPlan = {},
): Promise<MoneyBase> {
  const database = await startDatabaseServer(join(directory, 'postgres'));
  const name = await createLedgerDatabase(database.adminUrl, directory);
  const urlFile = (login: string, url: string): string => {
    const path = join(directory, `${login}-database-url`);
    writePrivate(path, url);
    return path;
  };
  const urlOf = (user: string): string =>
    urlFor(database.adminUrl, { database: name, user, password: keptPassword(directory, user) });
  const ownerUrl = urlFor(database.adminUrl, { database: name });
  const ownerUrlFile = urlFile('owner', ownerUrl);
  const onDatabase = [`--database-url-file=${ownerUrlFile}`];
  await runCli(bundle, [
    'migrate',
    ...onDatabase,
    ...(genesis === undefined ? [] : [`--genesis=${genesis}`]),
  ]);
  if (pausedBecause !== undefined) {
    await runCli(bundle, ['epochs', ...onDatabase, '--action=pause', `--reason=${pausedBecause}`]);
  }
  const { directory: hubDirectory, name: hubName, network } = federation.hub;
  const hosts = network === undefined ? [] : [network.hostAddress];
  const pki = new ClusterPki(join(hubDirectory, 'pki'), hubName, hosts);
  const [apiPort = 0] = await reservePorts(1, directory);
  return {
    database,
    ownerUrl,
    readerUrl: urlOf('io_audit'),
    ownerUrlFile,
    hubUrlFile: urlFile('hub', urlOf('io_hub')),
    apiUrlFile: urlFile('api', urlOf('io_api')),
    readerUrlFile: urlFile('audit', urlOf('io_audit')),
    apiTls: pki.serverFiles('io-api'),
    authority: pki.authorityFiles.certificate,
    apiPort,
  };
}

/** Runs a command of the product to its end; a failure throws with what it said. */
export async function runCli(bundle: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [bundle, ...args], {
    timeout: CLI_WITHIN_MS,
    maxBuffer: OUTPUT_LIMIT_BYTES,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return stdout;
}

async function createLedgerDatabase(adminUrl: string, directory: string): Promise<string> {
  const name = 'io';
  const admin = openDatabase(adminUrl, { applicationName: 'set-up', maxConnections: 1 });
  try {
    await ensureGroups(admin);
    for (const { name: login, group } of logins) {
      const password = keptPassword(directory, login);
      await ensureLogin(admin, { name: login, password, group });
    }
    const { rows } = await sql`select 1 from pg_database where datname = ${name}`.execute(admin);
    if (rows.length === 0) await sql`create database ${sql.id(name)}`.execute(admin);
    return name;
  } finally {
    await admin.destroy();
  }
}
