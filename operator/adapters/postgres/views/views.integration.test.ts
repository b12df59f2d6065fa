import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { DeviceFilter } from '../../../ports/views.ts';
import { type ViewRow, ViewsRefusedError, type ViewWriter } from '../../../ports/view-writer.ts';
import { accountView } from '../../../domain/views/account.ts';
import { clusterView } from '../../../domain/views/cluster.ts';
import { networkSums } from '../../../domain/views/network.ts';
import { buildInventory, buildMember } from '../../../testing/builders/inventory.ts';
import { inEpoch, ledgerFixture } from '../../../testing/ledger-fixture.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';
import { type TestDatabase, testDatabase } from '../../../testing/postgres.ts';
import { viewAccount, viewCluster } from '../../../testing/views/objects.ts';
import { seededDevice, seededMember, seedViews } from '../../../testing/views/seed.ts';
import { createWallets } from '../wallets.ts';
import { createViews } from './reader.ts';
import { createViewWriter } from './writer.ts';

let database: TestDatabase;
let writer: ViewWriter;
let views: ReturnType<typeof createViews>;
const clock = new ManualClock(Date.parse('2026-11-25T12:00:00Z'));

beforeEach(async () => {
  database = await testDatabase();
  writer = createViewWriter(database.writer);
  // What the API reads with needs no right to write.
  views = createViews(database.reader, clock);
});
afterEach(() => database.close());

const size = { members: 6, devicesPerMember: 80, clusters: 40, suppliers: 3 };
const everything = { limit: 200 };
const wallet = 'So11111111111111111111111111111111111111112';

function clusterRow(name: string, more: Parameters<typeof viewCluster>[1] = {}): ViewRow {
  const cluster = viewCluster(name, more);
  const line = { priority: 0, since: cluster.metadata.creationTimestamp ?? '' };
  return {
    kind: 'cluster',
    scope: cluster.metadata.namespace ?? '',
    name,
    version: `1.${cluster.metadata.resourceVersion}`,
    view: clusterView(cluster, () => undefined),
    account: 'renter',
    line,
  };
}

async function write(...rows: readonly ViewRow[]): Promise<void> {
  await writer.write(await writer.takeOver(), { rows, gone: [] });
}

/** All pages of so many. */
async function allOf<T>(
  read: (page: { limit: number; after?: string | undefined }) => Promise<{
    items: readonly T[];
    next: string | undefined;
  }>,
  limit: number,
): Promise<readonly T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await read({ limit, after });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}

test('nothing was written yet: everything is empty, nothing fails', async () => {
  expect(await views.clusters('team', everything)).toEqual({ items: [], next: undefined });
  expect(await views.devices({}, everything)).toEqual({ items: [], next: undefined });
  expect(await views.deviceCounts({})).toMatchObject({ total: 0, free: 0 });
  expect(await views.network()).toBeUndefined();
  expect([await views.models(), await views.countries()]).toEqual([[], []]);
  expect([await views.history(24), await views.prices('L40S', 24)]).toEqual([[], []]);
  expect(await views.account('team', 'renter')).toBeUndefined();
});

test('pages go through everything once, in order, whatever the filter', async () => {
  await seedViews(writer, size);
  const all = await allOf((page) => views.devices({}, page), 77);
  expect(all).toHaveLength(480);
  const keys = all.map(({ member, name }) => `${member} ${name}`);
  expect(keys).toEqual([...new Set(keys)].toSorted());
  const filters: readonly (readonly [DeviceFilter, (view: (typeof all)[number]) => boolean])[] = [
    [{ account: 'suppliers/supplier-1' }, ({ account }) => account === 'suppliers/supplier-1'],
    [{ member: seededMember(2) }, ({ member }) => member === seededMember(2)],
    [{ model: 'L40S' }, ({ model }) => model === 'L40S'],
    [{ state: 'Leased' }, ({ lease, health }) => lease !== undefined && health === undefined],
    [
      { account: 'suppliers/supplier-1', state: 'Blocked', model: 'L40S' },
      (view) =>
        view.account === 'suppliers/supplier-1' &&
        view.model === 'L40S' &&
        view.blockedBy !== undefined &&
        view.lease === undefined &&
        view.health === undefined,
    ],
    [
      { member: seededMember(3), state: 'Free' },
      (view) =>
        view.member === seededMember(3) &&
        view.blockedBy === undefined &&
        view.lease === undefined &&
        view.health === undefined,
    ],
    [{ account: 'nobody/at-all' }, () => false],
  ];
  for (const [filter, keeps] of filters) {
    const found = await allOf((page) => views.devices(filter, page), 7);
    expect(found).toEqual(all.filter(keeps));
    expect((await views.deviceCounts(filter)).total).toBe(found.length);
  }
  const clusters = await allOf((page) => views.clusters('team-3', page), 3);
  expect(clusters).toHaveLength(4);
  const members = await allOf(
    (page) => views.members({ account: 'suppliers/supplier-1' }, page),
    1,
  );
  expect(members.map(({ name }) => name)).toEqual([seededMember(1), seededMember(4)]);
  expect((await views.cases({ account: 'suppliers/supplier-0' }, everything)).items).toHaveLength(
    1,
  );
  expect((await views.cases({ member: seededMember(1) }, everything)).items).toEqual([]);
  expect(await views.device(seededMember(2), seededDevice(2, 9))).toMatchObject({ index: 1 });
  expect(await views.member('no-such-member')).toBeUndefined();
});

test('counts of devices stay those of the rows, whatever is added, moved and removed', async () => {
  await seedViews(writer, size);
  const term = await writer.takeOver();
  const counted = async () => {
    const { rows } = await sql<{ state: string; stored: number; counted: number }>`
      select state, sum(stored)::integer as stored, sum(counted)::integer as counted from (
        select scope, account, model, state, count(*) as stored, 0 as counted
          from io.view_devices group by 1, 2, 3, 4
        union all select scope, account, model, state, 0, devices from io.view_device_counts
      ) both_of group by scope, account, model, state
      having sum(stored) <> sum(counted)`.execute(database.reader);
    return rows;
  };
  expect(await counted()).toEqual([]);
  const before = await views.deviceCounts({});
  const { items } = await views.devices({ state: 'Free' }, { limit: 100 });
  const rows = items.map(
    (view): ViewRow => ({
      kind: 'device',
      scope: view.member,
      name: view.name,
      version: '2',
      view,
      account: 'suppliers/other',
      model: view.model ?? '',
      state: 'Leased',
    }),
  );
  await writer.write(term, { rows, gone: [] });
  expect(await counted()).toEqual([]);
  expect(await views.deviceCounts({})).toEqual({
    ...before,
    free: before.free - 100,
    leased: before.leased + 100,
  });
  const gone = items.slice(50).map(({ member, name }) => ({
    kind: 'device' as const,
    scope: member,
    name,
  }));
  await writer.write(term, { rows: rows.slice(0, 10), gone: [...gone, ...gone.slice(0, 1)] });
  expect(await counted()).toEqual([]);
  expect((await views.deviceCounts({})).total).toBe(480 - 50);
  expect((await views.deviceCounts({ account: 'suppliers/other' })).total).toBe(50);
});

test('who was superseded writes nothing', async () => {
  const old = await writer.takeOver();
  const other = createViewWriter(database.connect(database.writerUrl));
  const term = await other.takeOver();
  await expect(writer.write(old, { rows: [clusterRow('a')], gone: [] })).rejects.toThrow(
    'another hub writes the views',
  );
  const sums = networkSums([], [], '2026-11-25T12:00:00Z');
  await expect(writer.writeSums(old, sums, 0)).rejects.toThrow('another hub writes the views');
  await other.write(term, { rows: [clusterRow('b')], gone: [] });
  const { items } = await views.clusters('team', everything);
  expect(items.map(({ name }) => name)).toEqual(['b']);
});

test('a batch with a view that cannot be kept is refused as a whole, and said to be', async () => {
  const term = await writer.takeOver();
  const priority = 2 ** 40;
  const bad = { ...clusterRow('bad'), line: { priority, since: 'x' } } as ViewRow;
  const refused = writer.write(term, { rows: [clusterRow('good'), bad], gone: [] });
  await expect(refused).rejects.toThrow(ViewsRefusedError);
  expect((await views.clusters('team', everything)).items).toEqual([]);
});

test('a place in line is that of the hub: by priority, then by age', async () => {
  const at = (minute: number) => `2026-11-24T08:0${minute}:00Z`;
  const waiting = (name: string, priority: number, minute: number, namespace = 'team') => {
    const row = clusterRow(name, { namespace });
    return { ...row, line: { priority, since: at(minute) } } as ViewRow;
  };
  await write(
    waiting('late', 0, 3),
    waiting('early', 0, 1),
    waiting('high', 1_000, 4),
    waiting('elsewhere', 0, 2, 'other'),
    { ...clusterRow('runs'), line: undefined } as ViewRow,
  );
  const places = async () =>
    (await views.clusters('team', everything)).items.map(
      ({ name, queuePosition }) => `${name} ${queuePosition}`,
    );
  expect(await places()).toEqual(['early 2', 'high 1', 'late 4', 'runs undefined']);
  expect((await views.cluster('other', 'elsewhere'))?.queuePosition).toBe(3);
  await write({ ...clusterRow('high', { version: 2 }), line: undefined } as ViewRow);
  expect(await places()).toEqual(['early 1', 'high undefined', 'late 3', 'runs undefined']);
});

test('balances and proofs of wallets are those of the ledger at this moment', async () => {
  const ledger = ledgerFixture(database);
  const account = viewAccount('renter', { spec: { wallet } });
  const row = (): ViewRow => ({
    kind: 'account',
    scope: 'team',
    name: 'renter',
    version: '1',
    view: accountView(account),
  });
  await write(row());
  expect(await views.account('team', 'renter')).toMatchObject({ balances: [] });
  await ledger.fund('team/renter', 12_500_001n);
  const found = await views.account('team', 'renter');
  expect(found).toMatchObject({
    walletProved: false,
    balances: [{ asset: 'USDC', available: '12.500001', held: '0.00', earned: '0.00' }],
  });
  const signature = Buffer.alloc(64).toString('base64');
  const proof = { account: 'team/renter', wallet, message: 'It is mine.', signature };
  await createWallets(database.writer).record(proof, inEpoch(1, 0));
  const { items } = await views.accounts('team', everything);
  expect(items).toMatchObject([{ name: 'renter', walletProved: true }]);
  expect((await views.accounts('other', everything)).items).toEqual([]);
});

test('hostile names and texts come back as they are', async () => {
  const name = `a.${'x'.repeat(250)}`;
  const message = `<script>‮ "\\u0000 \\ ' $1 {},(NULL) \u0000 \ud800 ${'é'.repeat(1_000)}`;
  const row = clusterRow(name, { namespace: 'ns', status: { endpoint: message } });
  await write(row, clusterRow("a'; drop table io.leases; --", { namespace: 'ns' }));
  const found = await views.cluster('ns', name);
  expect(found?.endpoint).toBe(message);
  const after = "'; --\u0001/../%00";
  expect((await views.clusters('ns', { limit: 1, after })).items).toHaveLength(1);
  expect((await views.devices({ model: after }, { limit: 5, after })).items).toEqual([]);
});

const minute = 60;
const startSeconds = Date.parse('2026-11-20T00:00:00Z') / 1000;

test('the history has a point a minute, prices one every ten, and old ones are thinned', async () => {
  const term = await writer.takeOver();
  const { members } = buildInventory([{ member: buildMember(), nodes: [{ devices: 2 }] }]);
  const sums = networkSums(members, [], '2026-11-20T00:00:00Z');
  for (let at = 0; at <= 30; at += 1) {
    await writer.writeSums(term, sums, startSeconds + at * 20);
  }
  const reader = createViews(database.reader, new ManualClock((startSeconds + 10 * minute) * 1000));
  const points = await reader.history(1);
  expect(points.map(({ time }) => time.slice(11, 16))).toEqual(
    Array.from({ length: 11 }, (_, at) => `00:${String(at).padStart(2, '0')}`),
  );
  expect(points[0]).toMatchObject({ devices: 2, leased: 0, waiting: 0, utilisationPermille: 0 });
  expect(await reader.prices('H100-80GB-HBM3', 1)).toEqual([
    { time: '2026-11-20T00:00:00Z', low: 2_500_000, median: 2_500_000, high: 2_500_000 },
    { time: '2026-11-20T00:10:00Z', low: 2_500_000, median: 2_500_000, high: 2_500_000 },
  ]);
  // Three days later only the first point of each hour is left of that day.
  await writer.writeSums(term, sums, startSeconds + 3 * 86_400);
  const later = createViews(database.reader, new ManualClock((startSeconds + 3 * 86_400) * 1000));
  expect((await later.history(100)).map(({ time }) => time)).toEqual([
    '2026-11-20T00:00:00Z',
    '2026-11-23T00:00:00Z',
  ]);
  expect(await later.prices('H100-80GB-HBM3', 100)).toHaveLength(2);
});

test('after 90 days a point a day is left, of the network and of each model, and after 800 none', async () => {
  await sql`insert into io.view_history
    select ${startSeconds}::integer + n * 3600, n, 0, 0, 0 from generate_series(0, 47) n
  `.execute(database.owner);
  await sql`insert into io.view_prices select m, time_s, 1, 2, 3
    from io.view_history, unnest(array['L40S', 'B200']) m`.execute(database.owner);
  const left = async (days: number) => {
    await sql`select io.thin_view_history(${startSeconds + days * 86_400})`.execute(
      database.writer,
    );
    const { rows } = await sql<{ points: string }>`
      select (select count(*) from io.view_history) || ' ' || count(*) as points
      from io.view_prices`.execute(database.reader);
    return rows[0]?.points;
  };
  expect(await left(3)).toBe('48 96');
  expect(await left(89)).toBe('48 96');
  expect(await left(92)).toBe('2 4');
  expect(await left(799)).toBe('2 4');
  expect(await left(802)).toBe('0 0');
});

test('an answer has at most 500 points, however long the time', async () => {
  await sql`insert into io.view_history
    select ${startSeconds}::integer + n * 60, n, 0, 0, 0 from generate_series(0, 2000) n
  `.execute(database.owner);
  const end = new ManualClock((startSeconds + 2_000 * minute) * 1000);
  const reader = createViews(database.reader, end);
  for (const hours of [1, 24, 34, 168, 100_000, 0.5, -3]) {
    const points = await reader.history(hours);
    expect(points.length).toBeLessThanOrEqual(500);
    expect(points.at(-1)?.devices).toBe(2_000);
  }
  expect((await reader.history(24)).length).toBeGreaterThan(450);
});
