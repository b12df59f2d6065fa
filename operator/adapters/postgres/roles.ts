import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Group roles, to which migrations grant: who writes the ledger, and who only reads it. */
export const writerGroup = 'io_writer';
export const readerGroup = 'io_reader';

/** Makes the group roles where they are missing; roles belong to the whole server. */
export async function ensureGroups(database: Database): Promise<void> {
  for (const group of [writerGroup, readerGroup]) {
    await createRole(database, group, 'nologin');
  }
}

/** Makes or renews a login that is a member of a group. For servers that we set up ourselves. */
export async function ensureLogin(
  database: Database,
  login: Readonly<{ name: string; password: string; group: string }>,
): Promise<void> {
  await createRole(database, login.name, 'login');
  await sql`alter role ${sql.id(login.name)} with login password ${sql.lit(login.password)}`.execute(
    database,
  );
  await sql`grant ${sql.id(login.group)} to ${sql.id(login.name)}`.execute(database);
}

async function createRole(
  database: Database,
  name: string,
  kind: 'login' | 'nologin',
): Promise<void> {
  // There is no "create role if not exists"; two that make it at once are both content.
  const statement = `create role "${name}" ${kind}`;
  await sql
    .raw(
      `do $$ begin
        if not exists (select from pg_roles where rolname = '${name}') then ${statement}; end if;
      exception when duplicate_object or unique_violation then null; end $$`,
    )
    .execute(database);
}
