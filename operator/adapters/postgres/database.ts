import { readFileSync } from 'node:fs';
import { Kysely, PostgresDialect } from 'kysely';
import { type CustomTypesConfig, Pool, types } from 'pg';

/** Typed queries are written with the `sql` tag: each names the shape of its rows. */
export type Database = Kysely<unknown>;

export type DatabaseOptions = Readonly<{
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Most connections of this process; what comes on top of it waits. Default 8. */
  maxConnections?: number;
  /** A statement that runs longer is cancelled by the server. Default 30 s. */
  statementTimeoutMs?: number;
}>;

const connectTimeoutMs = 5_000;
const idleTimeoutMs = 30_000;
/** How texts are read, by the type id of pg_type: int8 and its array. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = { 20: BigInt, 1016: bigints };

/** Opens a pool; it connects when it is used. int8 is read as bigint, nothing is read as a float. */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const pool = new Pool({
    connectionString: url,
    application_name: options.applicationName,
    max: options.maxConnections ?? 8,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    keepAlive: true,
    types: { getTypeParser },
  });
  // A server that goes away breaks idle connections; the next query opens a new one or says why not.
  pool.on('error', () => {});
  // The same under a transaction that is just not waiting for an answer: the pool does not listen then.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
}

const getTypeParser: CustomTypesConfig['getTypeParser'] = (oid, format) =>
  (format === 'binary' ? undefined : parsers[oid]) ?? types.getTypeParser(oid, format);

/** `{1,2}` as bigints; arrays with NULL do not occur. */
function bigints(text: string): bigint[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt);
}

/** The connection string of `--database-url-file` or the environment; undefined when there is none. */
export function databaseUrl(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (file !== undefined) return readFileSync(file, 'utf8').trim();
  const url = environment['IO_DATABASE_URL'] ?? environment['DATABASE_URL'];
  return url === '' ? undefined : url;
}
