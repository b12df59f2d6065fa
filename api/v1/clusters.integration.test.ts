import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ioClusterResource } from '../../crds/schema/index.ts';
import { createIdempotencyKeys } from '../../operator/adapters/postgres/idempotency-keys.ts';
import { createAccountLedger } from '../../operator/adapters/postgres/account-ledger.ts';
import { createViews } from '../../operator/adapters/postgres/views/reader.ts';
import { createViewWriter } from '../../operator/adapters/postgres/views/writer.ts';
import { clusterView } from '../../operator/domain/views/cluster.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { seedViews } from '../../operator/testing/views/seed.ts';
import { type As, V1World } from '../testing/v1-world.ts';
import type { Answer } from '../testing/intake-server.ts';

/** IOClusters by the API: a real API server judges and keeps them, a real PostgreSQL is read. */

const spec = { ray: { version: '2.52.1' }, workerGroups: [{ name: 'gpu', replicas: 2 }] };
let world: V1World;
let namespace: string;
let owner: As;
let viewer: As;
let other: As;
let keys = 0;

beforeAll(async () => {
  world = await V1World.start();
}, 60_000);
afterAll(() => world?.stop());

beforeEach(async () => {
  [namespace] = [await world.cluster.uniqueNamespace('clusters')];
  const elsewhere = await world.cluster.uniqueNamespace('elsewhere');
  const all = ['get', 'list', 'create', 'patch', 'delete'];
  [owner, viewer, other] = await Promise.all([
    world.token(namespace, { ioclusters: all }),
    world.token(namespace, { ioclusters: ['get', 'list'] }),
    world.token(elsewhere, { ioclusters: all }),
  ]);
});

const path = (rest = ''): string => `/v1/namespaces/${namespace}/clusters${rest}`;
const post = (as: As, body: unknown, headers: Record<string, string> = {}, query = '') =>
  world.send(path(query), as, { method: 'POST', body, headers });
const patch = (as: As, body: unknown, headers: Record<string, string> = { 'if-match': '*' }) =>
  world.send(path('/first'), as, { method: 'PATCH', body, headers });
const remove = (as: As, headers: Record<string, string> = {}) =>
  world.send(path('/first'), as, { method: 'DELETE', body: {}, headers });
const found = (name = 'first') => world.client.get(ioClusterResource, name, namespace);

/** Made by the API, and in the read model as the hub puts it there. */
async function made(): Promise<Answer> {
  const answer = await post(owner, { name: 'first', spec });
  expect(answer.status).toBe(201);
  const cluster = await found();
  const view = clusterView(cluster!, () => undefined);
  const writer = createViewWriter(world.database.writer);
  const row = { kind: 'cluster' as const, scope: namespace, name: 'first', version: '1', view };
  await writer.write(await writer.takeOver(), {
    rows: [{ ...row, account: '', line: undefined }],
    gone: [],
  });
  return answer;
}

describe('making one', () => {
  test('writes it, with who asked for it', async () => {
    const { status, body } = await post(owner, { name: 'first', spec });
    expect([status, body]).toMatchObject([201, { namespace, name: 'first', phase: 'Waiting' }]);
    // Before the hub has put it into the read model.
    expect((await world.send(path('/first'), viewer)).body).toEqual(body);
    const { metadata } = (await found())!;
    expect(metadata.resourceVersion).toBe(body['resourceVersion']);
    expect(metadata.annotations?.['compute.io.net/requested-by']).toMatch(
      /^system:serviceaccount:clusters-/,
    );
  });

  test('only to have it judged writes nothing', async () => {
    expect(await post(owner, { name: 'first', spec }, {}, '?dryRun=true')).toMatchObject({
      ...{ status: 200, body: { capacity: 'OnDemand' } },
    });
    expect(await found()).toBeUndefined();
  });

  test('the same key makes one, and names no other', async () => {
    keys += 1;
    const headers = { 'idempotency-key': `key-${keys}` };
    const answers = [];
    for (let time = 1; time <= 2; time += 1) {
      answers.push(await post(owner, { name: 'first', spec }, headers));
    }
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    expect(await post(owner, { name: 'second', spec }, headers)).toMatchObject({
      ...{ status: 409, body: { reason: 'KeyReused' } },
    });
    expect(await post(owner, { name: 'first', spec })).toMatchObject({
      ...{ status: 409, body: { reason: 'AlreadyExists' } },
    });
  });

  test.each([
    '<script>alert(1)</script>',
    '../../kube-system',
    'A',
    'a'.repeat(64),
    '\u202egnp.exe',
    '',
    "x'; drop table io.epochs; --",
  ])('called %j is refused before anything is asked', async (name) => {
    const { status, body } = await post(owner, { name, spec });
    expect([status, body['reason']]).toEqual([400, 'ValidationFailed']);
    expect(body['errors']).toMatchObject([{ field: 'name' }]);
  });

  test('what the API server refuses is told by its fields', async () => {
    const wrong = { ...spec, capacity: 'Free', workerGroups: [{ name: 'gpu', replcias: 1 }] };
    const { status, body } = await post(owner, { name: 'first', spec: wrong });
    expect([status, body['reason']]).toEqual([422, 'Invalid']);
    const { body: late } = await post(owner, {
      name: 'first',
      spec: { ...spec, capacity: 'Free' },
    });
    expect(late['errors']).toContainEqual({
      field: 'spec.capacity',
      got: '"Free"',
      expected: 'supported values: "OnDemand", "Spot"',
    });
  });
});

describe('who may not', () => {
  test('is told so where they see it, and nothing where they do not', async () => {
    await made();
    const body = { suspend: true };
    const answers = {
      viewer: [
        await post(viewer, { name: 'mine', spec }),
        await patch(viewer, body),
        await remove(viewer),
      ],
      other: [
        await post(other, { name: 'mine', spec }),
        await patch(other, body),
        await remove(other),
        await world.send(path(), other),
        await world.send(path('/first'), other),
        await world.send(path('/first/usage'), other),
        await world.send(path('/first/events'), other),
      ],
    };
    expect(answers.viewer.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(answers.other.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404, 404]);
    expect((await world.send(path('/first'))).status).toBe(401);
    expect((await found())?.spec.suspend).toBe(false);
    expect(await found('mine')).toBeUndefined();
    const hidden = (await world.send(path('/first'), other)).body;
    const none = (await world.send(path('/none'), other)).body;
    expect(JSON.stringify(hidden).replace('first', 'none')).toBe(JSON.stringify(none));
  });
});

describe('changing one', () => {
  test('needs the version that was seen, and has an effect once', async () => {
    const { body } = await made();
    const seen = { 'if-match': `"${String(body['resourceVersion'])}"` };
    const change = { workerGroups: [{ name: 'gpu', replicas: 3 }], ttl: '8h' };
    expect(await patch(owner, change, {})).toMatchObject({ status: 428 });
    expect(await patch(owner, change, seen)).toMatchObject({
      status: 200,
      body: { workerGroups: [{ name: 'gpu', replicas: 3 }] },
    });
    for (const stale of [seen, { 'if-match': '"1"' }, { 'if-match': 'W/"x"' }]) {
      expect(await patch(owner, { suspend: true }, stale)).toMatchObject({
        ...{ status: 412, body: { reason: 'Changed' } },
      });
      expect(await remove(owner, stale)).toMatchObject({ status: 412 });
    }
    expect((await found())?.spec).toMatchObject({ suspend: false, lifetime: { ttl: '8h' } });
    expect((await remove(owner)).status).toBe(202);
    expect(await found()).toBeUndefined();
    expect((await remove(owner)).status).toBe(404);
  });

  test.each([
    [{}, 400],
    [{ ttl: 'soon' }, 400],
    [{ suspend: 'yes' }, 400],
    [{ accountRef: { name: 'other' } }, 400],
    [{ workerGroups: [{ name: 'gpu', replicas: -1 }] }, 400],
    [{ workerGroups: [{ name: '<b>', replicas: 1 }] }, 422],
  ])('to %j is answered with %d', async (body, status) => {
    await made();
    expect((await patch(owner, body)).status).toBe(status);
  });
});

test('reading lists, pages and details of what is there', async () => {
  await made();
  const { body, headers } = await world.send(path('/first'), viewer);
  expect(body).toMatchObject({ name: 'first', rayVersion: '2.52.1', refusals: [] });
  const known = { 'if-none-match': String(headers['etag']) };
  expect((await world.send(path('/first'), viewer, { headers: known })).status).toBe(304);
  expect((await world.send(path('?limit=1'), viewer)).body['items']).toHaveLength(1);
  expect((await world.send(path('?limit=0'), viewer)).status).toBe(400);
  expect((await world.send(path('?cursor=xyz'), viewer)).status).toBe(400);
  expect((await world.send(path('/first/usage'), viewer)).body).toEqual({ items: [], total: [] });
  expect((await world.send(path('/first/events'), viewer)).body).toEqual({ items: [] });
  expect((await world.send(path('/none'), viewer)).status).toBe(404);
});

describe('a quote', () => {
  const ask = (as: As, body: object) => world.send('/v1/quotes', as, { method: 'POST', body });

  /** Answers as the hub does. */
  async function answer(): Promise<void> {
    const [asked] = await eventually(async () => {
      const { items } = await world.client.list(ioClusterResource, { namespace });
      expect(items).toHaveLength(1);
      return items;
    });
    const payment = { asset: 'USDC', perHour: '5.1125', hold: '10.225' };
    const quote = { devices: 2, priceMicroUsdPerHour: 5_000_000, payment };
    const refusals = [{ reason: 'NoCapacity', members: 3, devices: 4 }];
    const message = 'secret-member-1 has 1 of 2 free';
    const condition = { type: 'Admitted', status: 'False', reason: 'NoCapacity', message };
    const conditions = [{ ...condition, lastTransitionTime: '2026-11-25T10:00:00Z' }];
    const { name } = asked!.metadata;
    const status = { status: { quote, refusals, conditions } };
    await world.client.mergePatch(ioClusterResource, name, namespace, status, {
      subresource: 'status',
    });
  }

  test('says what the hub says, where else it may fit, and what to apply', async () => {
    const size = { members: 4, devicesPerMember: 64, clusters: 0, suppliers: 1 };
    await seedViews(createViewWriter(world.database.writer), size);
    const wish = { ...spec, placement: { countries: ['JP'] } };
    const asked = ask(owner, { namespace, name: 'first', spec: wish });
    await answer();
    const { status, body } = await asked;
    expect([status, body]).toMatchObject([
      200,
      {
        ...{ feasible: false, devices: 2, priceMicroUsdPerHour: 5_000_000 },
        payment: { asset: 'USDC', perHour: '5.1125' },
        refusals: [{ reason: 'NoCapacity', members: 3, devices: 4 }],
      },
    ]);
    expect(body['yaml']).toContain('kind: IOCluster');
    expect(JSON.stringify(body)).not.toMatch(/secret|member-000/);
    expect(await found()).toBeUndefined();
    expect((await world.client.list(ioClusterResource, { namespace })).items).toEqual([]);
    // The same question is not asked again at once.
    expect((await ask(owner, { namespace, name: 'first', spec: wish })).body).toEqual(body);
  });

  test('is for those who may make one, and of what is right', async () => {
    expect((await ask(viewer, { namespace, spec })).status).toBe(403);
    expect((await ask(other, { namespace, spec })).status).toBe(404);
    const wrong = await ask(owner, { namespace, spec: { ...spec, capacity: 'Free' } });
    expect([wrong.status, wrong.body['reason']]).toEqual([422, 'Invalid']);
    expect((await world.client.list(ioClusterResource, { namespace })).items).toEqual([]);
  });
});

describe('while the database is away', () => {
  let lame: V1World;

  beforeAll(async () => {
    const away = world.database.connect('postgres://nobody@127.0.0.1:1/none');
    lame = await V1World.start({
      ports: {
        views: createViews(away, systemClock),
        keys: createIdempotencyKeys(away),
        accountLedger: createAccountLedger(away),
      },
    });
  }, 60_000);
  afterAll(() => lame?.stop());

  test('that is said, and nothing is done twice', async () => {
    const answers = [
      await lame.send(path(), owner),
      await lame.send(path('/first'), owner),
      await lame.send(path('/first/usage'), owner),
      await lame.send(path(), owner, {
        method: 'POST',
        body: { name: 'first', spec },
        headers: { 'idempotency-key': 'x' },
      }),
    ];
    for (const { status, body, headers } of answers) {
      expect([status, body['reason']]).toEqual([503, 'StoreUnavailable']);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(await found()).toBeUndefined();
  });
});
