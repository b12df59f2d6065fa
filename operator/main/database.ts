import { type Database, databaseUrl, openDatabase } from '../adapters/postgres/database.ts';
import { type Config, ConfigError } from '../config.ts';

type WithDatabase = Extract<Config, { 'database-url-file'?: string | undefined }>;

/** The connection string that a command cannot do without. Throws ConfigError. */
export function requiredDatabaseUrl(config: WithDatabase): string {
  const url = databaseUrl(config['database-url-file'], process.env);
  if (url !== undefined) return url;
  throw new ConfigError(
    `io-operator ${config.command}: --database-url-file or IO_DATABASE_URL is needed`,
  );
}

/** Runs `work` on one connection, and closes it. */
export async function withDatabase<T>(
  config: WithDatabase,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase(requiredDatabaseUrl(config), {
    applicationName: `io-operator ${config.command}`,
    maxConnections: 1,
  });
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}
