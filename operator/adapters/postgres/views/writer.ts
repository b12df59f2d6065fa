import { sql } from 'kysely';
import { type Changed, inFewWords } from '../../../domain/views/changes.ts';
import type { NetworkSums } from '../../../domain/views/network.ts';
import {
  type ViewBatch,
  type ViewKey,
  type ViewKind,
  viewKinds,
  type ViewRow,
  ViewsRefusedError,
  ViewsTakenOverError,
  type ViewWriter,
} from '../../../ports/view-writer.ts';
import type { Database } from '../database.ts';
import { errorCode, withStore } from '../errors.ts';

/** The channel of what changed; each message is a ViewChange in JSON. */
export const viewChannel = 'io_views';

/** A point of the history each minute, of the prices of a model every ten. */
const historySeconds = 60;
const priceSeconds = 600;
const thinSeconds = 3_600;

/** Where the views of a kind are. */
export const viewTables: Readonly<Record<ViewKind, string>> = {
  account: 'io.view_accounts',
  member: 'io.view_members',
  cluster: 'io.view_clusters',
  case: 'io.view_cases',
  device: 'io.view_devices',
};

/** Writes views to PostgreSQL: the tables of migration 0010. */
export function createViewWriter(database: Database): ViewWriter {
  const inTerm = (term: number, work: (transaction: Database) => Promise<void>): Promise<void> =>
    withStore(() =>
      database.transaction().execute(async (transaction) => {
        await lockTerm(transaction, term);
        await work(transaction);
      }),
    );
  return {
    takeOver: () => withStore(() => takeOver(database)),
    stored: (kind, after, limit) => withStore(() => stored(database, kind, after, limit)),
    write: (term, batch) =>
      orRefused(() => inTerm(term, (transaction) => writeBatch(transaction, batch))),
    writeSums: (term, sums, nowSeconds) =>
      inTerm(term, (transaction) => writeSums(transaction, sums, nowSeconds)),
  };
}

/** Classes of SQLSTATE that speak of the rows: values that a column cannot hold, or may not. */
const ofRows = ['22', '23'];

async function orRefused(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!ofRows.includes(errorCode(error)?.slice(0, 2) ?? '')) throw error;
    throw new ViewsRefusedError((error as Error).message, { cause: error });
  }
}

async function takeOver(database: Database): Promise<number> {
  const { rows } = await sql<{ term: number }>`
    update io.view_term set term = term + 1 returning term`.execute(database);
  const [row] = rows;
  if (row === undefined) throw new Error('io.view_term is empty: run io-operator migrate');
  return row.term;
}

/** Keeps others from taking over until the end of the transaction. */
async function lockTerm(transaction: Database, term: number): Promise<void> {
  const { rows } = await sql<{ term: number }>`
    select term from io.view_term for share`.execute(transaction);
  const found = rows[0]?.term;
  if (found === term) return;
  throw new ViewsTakenOverError(`another hub writes the views: its term is ${found}, not ${term}`);
}

async function stored(
  database: Database,
  kind: ViewKind,
  after: Readonly<{ scope: string; name: string }> | undefined,
  limit: number,
): ReturnType<ViewWriter['stored']> {
  const { rows } = await sql<{ scope: string; name: string; version: string }>`
    select scope, name, version from ${sql.table(viewTables[kind])}
    where ${after === undefined ? sql`true` : sql`(scope, name) > (${after.scope}, ${after.name})`}
    order by scope, name limit ${limit}`.execute(database);
  return rows;
}

async function writeBatch(transaction: Database, { rows, gone }: ViewBatch): Promise<void> {
  for (const kind of viewKinds) {
    await remove(
      transaction,
      kind,
      gone.filter((key) => key.kind === kind),
    );
    await upsert(
      transaction,
      kind,
      rows.filter((row) => row.kind === kind),
    );
  }
  await tell(transaction, [...rows, ...gone].map(changeOf));
}

/** A member is its own scope for those who listen. */
const changeOf = ({ kind, scope, name }: ViewKey): Changed =>
  kind === 'member' ? { kind, scope: name, name } : { kind, scope, name };

async function remove(
  transaction: Database,
  kind: ViewKind,
  keys: readonly ViewKey[],
): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    delete from ${sql.table(viewTables[kind])} v
    using unnest(${keys.map(({ scope }) => scope)}::text[], ${keys.map(({ name }) => name)}::text[])
      as k (scope, name)
    where (v.scope, v.name) = (k.scope, k.name)`.execute(transaction);
}

type Column = Readonly<{ name: string; type: string; of: (row: ViewRow) => unknown }>;

const accountColumn: Column = {
  name: 'account',
  type: 'text',
  of: (row) => (row.kind === 'account' ? '' : row.account),
};

/** What each kind is found by, beside its key. */
const columnsOf: Readonly<Record<ViewKind, readonly Column[]>> = {
  account: [],
  member: [accountColumn],
  case: [accountColumn],
  cluster: [
    accountColumn,
    {
      name: 'priority',
      type: 'integer',
      of: (row) => (row.kind === 'cluster' ? (row.line?.priority ?? null) : null),
    },
    {
      name: 'since',
      type: 'text',
      of: (row) => (row.kind === 'cluster' ? (row.line?.since ?? null) : null),
    },
  ],
  device: [
    accountColumn,
    { name: 'model', type: 'text', of: (row) => (row.kind === 'device' ? row.model : '') },
    { name: 'state', type: 'text', of: (row) => (row.kind === 'device' ? row.state : '') },
  ],
};

const commonColumns: readonly Column[] = [
  { name: 'scope', type: 'text', of: ({ scope }) => scope },
  { name: 'name', type: 'text', of: ({ name }) => name },
  { name: 'version', type: 'text', of: ({ version }) => version },
  // As text: so that no character of a name has to be one that PostgreSQL can keep.
  { name: 'view', type: 'text', of: ({ view }) => JSON.stringify(view) },
];

async function upsert(
  transaction: Database,
  kind: ViewKind,
  rows: readonly ViewRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = [...commonColumns, ...columnsOf[kind]];
  const names = columns.map(({ name }) => sql.ref(name));
  const values = columns.map(({ name }) =>
    name === 'view' ? sql`r.view::json` : sql.ref(`r.${name}`),
  );
  const lists = columns.map(({ type, of }) => sql`${rows.map(of)}::${sql.raw(type)}[]`);
  const changed = columns
    .filter(({ name }) => name !== 'scope' && name !== 'name')
    .map(({ name }) => sql`${sql.ref(name)} = excluded.${sql.ref(name)}`);
  await sql`
    insert into ${sql.table(viewTables[kind])} (${sql.join(names)})
    select ${sql.join(values)} from unnest(${sql.join(lists)}) as r (${sql.join(names)})
    on conflict (scope, name) do update set ${sql.join(changed)}`.execute(transaction);
}

async function tell(transaction: Database, changes: readonly Changed[]): Promise<void> {
  const messages = inFewWords(changes).map((change) => JSON.stringify(change));
  if (messages.length === 0) return;
  await sql`select pg_notify(${viewChannel}, m) from unnest(${messages}::text[]) m`.execute(
    transaction,
  );
}

async function writeSums(
  transaction: Database,
  sums: NetworkSums,
  nowSeconds: number,
): Promise<void> {
  const { network, models, countries } = sums;
  await sql`
    insert into io.view_sums as s (name, body) values
      ('network', ${JSON.stringify(network)}::json), ('models', ${JSON.stringify(models)}::json),
      ('countries', ${JSON.stringify(countries)}::json)
    on conflict (name) do update set body = excluded.body
    where s.body::text <> excluded.body::text`.execute(transaction);
  if (await isNewPoint(transaction, network, nowSeconds - (nowSeconds % historySeconds))) {
    await writePrices(transaction, models, nowSeconds - (nowSeconds % priceSeconds));
    if (nowSeconds % thinSeconds < historySeconds) {
      await sql`select io.thin_view_history(${nowSeconds})`.execute(transaction);
    }
  }
  await tell(transaction, [{ kind: 'network', scope: '', name: '' }]);
}

/** Adds a point to the history, unless that has one for this time. */
async function isNewPoint(
  transaction: Database,
  { devices, clusters, utilisationPermille }: NetworkSums['network'],
  timeSeconds: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into io.view_history (time_s, devices, leased, waiting, utilisation_permille)
    values (${timeSeconds}, ${devices.total}, ${devices.leased}, ${clusters.waiting},
      ${utilisationPermille})
    on conflict do nothing`.execute(transaction);
  return numAffectedRows === 1n;
}

async function writePrices(
  transaction: Database,
  models: NetworkSums['models'],
  timeSeconds: number,
): Promise<void> {
  const priced = models.flatMap(({ model, onDemandMicroUsdPerHour: prices }) =>
    prices === undefined ? [] : [{ model, ...prices }],
  );
  if (priced.length === 0) return;
  await sql`
    insert into io.view_prices (model, time_s, low, median, high)
    select m, ${timeSeconds}, l, d, h from unnest(
      ${priced.map(({ model }) => model)}::text[], ${priced.map(({ low }) => low)}::bigint[],
      ${priced.map(({ median }) => median)}::bigint[], ${priced.map(({ high }) => high)}::bigint[]
    ) as r (m, l, d, h) on conflict do nothing`.execute(transaction);
}
