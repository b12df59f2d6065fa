import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { sql as usage } from './migrations/0001-usage.ts';
import { sql as ledger } from './migrations/0002-ledger.ts';
import { sql as rewards } from './migrations/0003-rewards.ts';
import { sql as evidence } from './migrations/0004-evidence.ts';
import { sql as chainOperations } from './migrations/0005-chain-operations.ts';
import { sql as chainMirror } from './migrations/0006-chain-mirror.ts';
import { sql as rewardRoots } from './migrations/0007-reward-roots.ts';
import { sql as payments } from './migrations/0008-payments.ts';
import { sql as members } from './migrations/0009-members.ts';
import { sql as views } from './migrations/0010-views.ts';
import { sql as accountLedger } from './migrations/0011-account-ledger.ts';
import { sql as publicApi } from './migrations/0012-public-api.ts';
import { ensureGroups } from './roles.ts';

/** Forward only; each is applied once, in this order. */
const migrations: Readonly<Record<string, string>> = {
  '0001-usage': usage,
  '0002-ledger': ledger,
  '0003-rewards': rewards,
  '0004-evidence': evidence,
  '0005-chain-operations': chainOperations,
  '0006-chain-mirror': chainMirror,
  '0007-reward-roots': rewardRoots,
  '0008-payments': payments,
  '0009-members': members,
  '0010-views': views,
  '0011-account-ledger': accountLedger,
  '0012-public-api': publicApi,
};

/** Names of all migrations, oldest first. */
export const migrationNames = Object.keys(migrations);

export type MigrateOptions = Readonly<{
  /** First second of epoch 1, on a full hour; kept from the first migration on. */
  genesisSeconds: number;
  /** For tests: stop after this one. */
  upTo?: string;
}>;

/**
 * Brings a database to this version, as its owner. Several processes may do so at once; one works,
 * the others wait. Returns the names of the migrations that were applied now.
 */
export async function migrate(
  database: Database,
  { genesisSeconds: genesis, upTo }: MigrateOptions,
): Promise<readonly string[]> {
  await ensureGroups(database);
  // "if not exists" alone fails where two make it in the same moment.
  await sql`do $$ begin create schema if not exists io;
    exception when duplicate_schema or unique_violation then null; end $$`.execute(database);
  const migrator = new Migrator({
    db: database,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(migrations).map(([name, text]) => [name, migrationOf(text)]),
        ),
    },
    migrationTableSchema: 'io',
  });
  const { error, results = [] } =
    upTo === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(upTo);
  if (error !== undefined) throw error;
  await sql`insert into io.settings (genesis_s) values (${genesis}) on conflict do nothing`.execute(
    database,
  );
  return results.flatMap(({ status, migrationName }) =>
    status === 'Success' ? [migrationName] : [],
  );
}

const migrationOf = (text: string): Migration => ({
  up: async (db) => {
    await sql.raw(text).execute(db);
  },
});

/** First second of epoch 1. Throws when the database was never migrated. */
export async function genesisSeconds(database: Database): Promise<number> {
  const { rows } = await sql<{ genesis_s: number }>`select genesis_s from io.settings`.execute(
    database,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('io.settings is empty: run io-operator migrate');
  return row.genesis_s;
}
