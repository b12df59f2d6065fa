import { sql } from 'kysely';
import type { ClusterView, Page, PageRequest } from '../../../domain/views/types.ts';
import type { Database } from '../database.ts';
import { limitOf, pageOf } from './pages.ts';

type ClusterRow = Readonly<{ view: ClusterView; waits: boolean }>;

/** Clusters of a namespace, ordered by name. */
export async function clusters(
  database: Database,
  namespace: string,
  page: PageRequest,
): Promise<Page<ClusterView>> {
  const limit = limitOf(page);
  const { rows } = await sql<ClusterRow>`
    select view, priority is not null as waits from io.view_clusters
    where scope = ${namespace} and name > ${page.after ?? ''}
    order by name limit ${limit + 1}`.execute(database);
  const { items, next } = pageOf(rows, limit, ({ view }) => view.name);
  return { items: await withPlaces(database, namespace, items), next };
}

/** One cluster. */
export async function cluster(
  database: Database,
  namespace: string,
  name: string,
): Promise<ClusterView | undefined> {
  const { rows } = await sql<ClusterRow>`
    select view, priority is not null as waits from io.view_clusters
    where (scope, name) = (${namespace}, ${name})`.execute(database);
  const [found] = await withPlaces(database, namespace, rows);
  return found;
}

/** The place in line is counted when somebody looks: it changes with every cluster before it. */
async function withPlaces(
  database: Database,
  namespace: string,
  rows: readonly ClusterRow[],
): Promise<readonly ClusterView[]> {
  const names = rows.filter(({ waits }) => waits).map(({ view }) => view.name);
  const places = names.length === 0 ? new Map() : await placesOf(database, namespace, names);
  return rows.map(({ view }) => {
    const queuePosition: number | undefined = places.get(view.name);
    return queuePosition === undefined ? view : { ...view, queuePosition };
  });
}

/** Higher priority first, then who came first: as the hub calls them. */
async function placesOf(
  database: Database,
  namespace: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ name: string; place: bigint }>`
    with line as (
      select scope, name, row_number() over (order by priority desc, since, scope, name) as place
      from io.view_clusters where priority is not null
    )
    select name, place from line
    where scope = ${namespace} and name = any(${[...names]}::text[])`.execute(database);
  return new Map(rows.map(({ name, place }) => [name, Number(place)]));
}
