import { type RawBuilder, sql } from 'kysely';
import type { CaseView, MemberView, Page, PageRequest } from '../../../domain/views/types.ts';
import type { Views } from '../../../ports/views.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Database } from '../database.ts';
import { withStore } from '../errors.ts';
import { account, accounts } from './accounts.ts';
import { cluster, clusters } from './clusters.ts';
import { deviceCounts, devices } from './devices.ts';
import { history, prices, sumOf } from './market.ts';
import { keyAfter, limitOf, pageOf } from './pages.ts';
import { viewTables } from './writer.ts';

/** What the hub wrote for people, from PostgreSQL. The clock says what the last hours are. */
export function createViews(database: Database, clock: Pick<Clock, 'now'>): Views {
  return {
    clusters: (namespace, page) => withStore(() => clusters(database, namespace, page)),
    cluster: (namespace, name) => withStore(() => cluster(database, namespace, name)),
    devices: (filter, page) => withStore(() => devices(database, filter, page)),
    device: (member, name) => withStore(() => one(database, 'device', member, name)),
    deviceCounts: (filter) => withStore(() => deviceCounts(database, filter)),
    members: (filter, page) => withStore(() => members(database, filter, page)),
    member: (name) => withStore(() => one(database, 'member', '', name)),
    accounts: (namespace, page) => withStore(() => accounts(database, namespace, page)),
    account: (namespace, name) => withStore(() => account(database, namespace, name)),
    cases: (filter, page) => withStore(() => cases(database, filter, page)),
    case: (member, name) => withStore(() => one(database, 'case', member, name)),
    network: () => withStore(() => sumOf(database, 'network')),
    models: () => withStore(async () => (await sumOf(database, 'models')) ?? []),
    countries: () => withStore(async () => (await sumOf(database, 'countries')) ?? []),
    history: (hours) => withStore(() => history(database, hours, clock)),
    prices: (model, hours) => withStore(() => prices(database, model, hours, clock)),
  };
}

/** A view as it was written. */
async function one<T>(
  database: Database,
  kind: 'device' | 'member' | 'case',
  scope: string,
  name: string,
): Promise<T | undefined> {
  const { rows } = await sql<{ view: T }>`
    select view from ${sql.table(viewTables[kind])}
    where (scope, name) = (${scope}, ${name})`.execute(database);
  return rows[0]?.view;
}

/** Ordered by name. */
async function members(
  database: Database,
  { account: of }: Readonly<{ account?: string | undefined }>,
  page: PageRequest,
): Promise<Page<MemberView>> {
  const limit = limitOf(page);
  const { rows } = await sql<{ view: MemberView }>`
    select view from io.view_members
    where scope = '' and name > ${page.after ?? ''} and ${equals('account', of)}
    order by name limit ${limit + 1}`.execute(database);
  const found = rows.map(({ view }) => view);
  return pageOf(found, limit, ({ name }) => name);
}

/** Ordered by member and name. */
async function cases(
  database: Database,
  filter: Readonly<{ account?: string | undefined; member?: string | undefined }>,
  page: PageRequest,
): Promise<Page<CaseView>> {
  const limit = limitOf(page);
  const { scope, name } = keyAfter(page.after) ?? { scope: '', name: '' };
  const { rows } = await sql<{ view: CaseView }>`
    select view from io.view_cases
    where (scope, name) > (${scope}, ${name})
      and ${equals('account', filter.account)} and ${equals('scope', filter.member)}
    order by scope, name limit ${limit + 1}`.execute(database);
  const found = rows.map(({ view }) => view);
  return pageOf(found, limit, (view) => `${view.member}/${view.name}`);
}

const equals = (column: string, value: string | undefined): RawBuilder<unknown> =>
  value === undefined ? sql`true` : sql`${sql.ref(column)} = ${value}`;
