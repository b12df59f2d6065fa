import { type RawBuilder, sql } from 'kysely';
import type { DeviceState } from '../../../domain/views/device.ts';
import type { DeviceView, Page, PageRequest } from '../../../domain/views/types.ts';
import type { DeviceCounts, DeviceFilter } from '../../../ports/views.ts';
import type { Database } from '../database.ts';
import { keyAfter, limitOf, pageOf } from './pages.ts';

/** Devices that a filter leaves, ordered by member and name. */
export async function devices(
  database: Database,
  filter: DeviceFilter,
  page: PageRequest,
): Promise<Page<DeviceView>> {
  const limit = limitOf(page);
  const { scope, name } = orderOf(filter);
  const after = keyAfter(page.after);
  const conditions = [
    ...conditionsOf(filter, scope),
    ...(after === undefined ? [] : [sql`(${scope}, ${name}) > (${after.scope}, ${after.name})`]),
  ];
  const { rows } = await sql<{ view: DeviceView }>`
    select view from io.view_devices where ${allOf(conditions)}
    order by ${scope}, ${name} limit ${limit + 1}`.execute(database);
  return pageOf(
    rows.map(({ view }) => view),
    limit,
    (view) => `${view.member}/${view.name}`,
  );
}

/** See migration 0010: which index can serve a filter shows in the collation of the order. */
function orderOf({ account, model, state }: DeviceFilter) {
  const isPlain = account === undefined && model === undefined && state === undefined;
  const collation = isPlain ? sql`` : sql`collate "POSIX"`;
  return { scope: sql`scope ${collation}`, name: sql`name ${collation}` };
}

function conditionsOf(
  { account, member, model, state }: DeviceFilter,
  scope: RawBuilder<unknown>,
): readonly RawBuilder<unknown>[] {
  const wanted: readonly (readonly [RawBuilder<unknown>, string | undefined])[] = [
    [sql`account`, account],
    [scope, member],
    [sql`model`, model],
    [sql`state`, state],
  ];
  return wanted.flatMap(([column, value]) =>
    value === undefined ? [] : [sql`${column} = ${value}`],
  );
}

const allOf = (conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `);

/** How many devices a filter leaves, by state: from sums that each write keeps. */
export async function deviceCounts(
  database: Database,
  filter: DeviceFilter,
): Promise<DeviceCounts> {
  const { rows } = await sql<{ state: DeviceState; devices: number }>`
    select state, sum(devices)::integer as devices from io.view_device_counts
    where ${allOf(conditionsOf(filter, sql`scope`))} group by state`.execute(database);
  const of = (state: DeviceState): number => rows.find((row) => row.state === state)?.devices ?? 0;
  return {
    total: rows.reduce((sum, row) => sum + row.devices, 0),
    free: of('Free'),
    leased: of('Leased'),
    blocked: of('Blocked'),
    broken: of('Broken'),
  };
}
