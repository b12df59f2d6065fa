import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addressNamed, bindWallet } from '../../operator/testing/reward-fixture.ts';
import { createRewardRoots } from '../../operator/adapters/postgres/reward-roots.ts';
import { writeHistory } from '../../operator/testing/ledger-history.ts';
import { walletNamed } from '../../operator/testing/wallet.ts';
import { base58Decode } from '../../operator/settlement/base58.ts';
import type { Answer } from '../testing/intake-server.ts';
import { type SeededNames, seedSmallWorld } from '../testing/seeded-views.ts';
import { type As, V1World } from '../testing/v1-world.ts';
import { openApiDocument } from './document.ts';
import type { OpenApiDocument } from './docs/page.ts';
import type { V1Ports } from './ports.ts';

/** A name that has no business in any public answer. */
const secret = 'zzsecret';
const wallet = walletNamed(secret);
const rewardTarget = {
  programId: addressNamed('program'),
  distributor: addressNamed('distributor'),
  mint: addressNamed('mint'),
};

let world: V1World;
let names: SeededNames;
let renter: As;
let stranger: As;
let routes: readonly Route[];

type Route = Readonly<{ method: string; path: string; isPublic: boolean }>;

beforeAll(async () => {
  // Their routes are there; nobody gets as far as to these.
  const ports = {
    invitations: {} as V1Ports['invitations'],
    transactions: {} as V1Ports['transactions'],
  };
  world = await V1World.start({ ports, distributor: rewardTarget.distributor });
  const namespace = await world.cluster.uniqueNamespace(secret);
  names = {
    namespace,
    cluster: `${secret}-cluster`,
    account: `${secret}-account`,
    member: `${secret}-member`,
    device: `${secret}-device`,
    slashCase: `${secret}-case`,
    wallet: wallet.address,
  };
  await writeHistory(world.database.writer, 2, 7);
  await createRewardRoots(world.database.writer, rewardTarget).build(1);
  await seedSmallWorld(world.database.writer, names);
  const account = `${namespace}/${names.account}`;
  await bindWallet(world.database.writer, account, base58Decode(wallet.address));
  const all = ['get', 'list', 'create', 'update', 'patch', 'delete'];
  renter = await world.token(namespace, { ioclusters: all, ioaccounts: all });
  stranger = await world.token(await world.cluster.uniqueNamespace('stranger'), {
    ...{ ioclusters: all, ioaccounts: all, iodevices: all, ioslashcases: all },
  });
  routes = routesOf((await openApiDocument()) as OpenApiDocument);
}, 120_000);
afterAll(() => world.stop());

const routesOf = ({ paths = {} }: OpenApiDocument): readonly Route[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security = [] }]) => ({
      ...{ method: method.toUpperCase(), path, isPublic: security.length === 0 },
    })),
  );

/** What stands for the parts of a path: things that are there, or that are nowhere. */
function filled(path: string, isThere: boolean): string {
  const absent = 'nowhere';
  const named = path.startsWith('/v1/devices')
    ? names.device
    : path.startsWith('/v1/cases')
      ? names.slashCase
      : path.startsWith('/v1/members')
        ? names.member
        : path.startsWith('/v1/accounts')
          ? names.account
          : names.cluster;
  const parts: Record<string, string> = {
    ns: isThere ? names.namespace : absent,
    namespace: isThere ? names.namespace : absent,
    wallet: wallet.address,
    member: isThere ? names.member : absent,
    name: isThere ? named : absent,
    // The newest one has a root.
    epoch: isThere ? '2' : '999',
    file: 'epoch.json',
    model: 'H100-80GB-HBM3',
    month: '2026-11',
    year: '2026',
    handle: 'A'.repeat(43),
    signature: '1'.repeat(64),
  };
  return path.replaceAll(/\{(\w+)\}/g, (_, part: string) => parts[part] ?? part);
}

const isStream = ({ path }: Route): boolean => path.endsWith('/events') && !path.includes('{');
/** Where people go, not programs: these answer with a redirect. */
const isRedirect = ({ path }: Route): boolean => path.startsWith('/v1/session/oidc/');

async function ask(route: Route, path: string, as?: As): Promise<Answer> {
  const { method } = route;
  return world.send(path, as, method === 'GET' ? {} : { method, body: {} });
}

const listed = (): readonly Route[] =>
  routes.filter((route) => !isStream(route) && !isRedirect(route));

test('every private route answers nobody', async () => {
  const answered: string[] = [];
  for (const route of listed().filter(({ isPublic }) => !isPublic)) {
    const { status } = await ask(route, filled(route.path, true));
    if (status === 429) throw new Error('the test asks too often');
    if (status !== 401) answered.push(`${route.method} ${route.path} ${status}`);
  }
  expect(answered).toEqual([]);
  expect(listed().filter(({ isPublic }) => !isPublic).length).toBeGreaterThan(20);
});

test('somebody else cannot tell what is there from what is not', async () => {
  const told: string[] = [];
  for (const route of listed().filter(({ isPublic, path }) => !isPublic && path.includes('{'))) {
    const [there, nowhere] = [filled(route.path, true), filled(route.path, false)];
    const real = await ask(route, there, stranger);
    const none = await ask(route, nowhere, stranger);
    const text = JSON.stringify(real.body)
      .replaceAll(names.namespace, 'nowhere')
      .replaceAll(new RegExp(`${secret}-\\w+`, 'g'), 'nowhere');
    const isSame = real.status === none.status && text === JSON.stringify(none.body);
    if (real.status < 400 || !isSame) told.push(`${route.method} ${there} ${real.status} ${text}`);
  }
  expect(told).toEqual([]);
});

test('lists of somebody else hold nothing of ours', async () => {
  for (const path of ['/v1/accounts', '/v1/devices', '/v1/members', '/v1/cases', '/v1/session']) {
    const { body } = await world.send(path, stranger);
    expect(JSON.stringify(body)).not.toContain(secret);
  }
});

test('the owner reads everything that is theirs', async () => {
  const missing: string[] = [];
  const owner = world.wallet(wallet.address);
  for (const route of listed().filter(({ isPublic, method }) => !isPublic && method === 'GET')) {
    if (route.path.startsWith('/v1/transactions')) continue;
    const isOfAccount = ['/v1/devices', '/v1/devices/counts', '/v1/members', '/v1/cases'];
    const whose = `?account=${names.namespace}/${names.account}`;
    const path = `${filled(route.path, true)}${isOfAccount.includes(route.path) ? whose : ''}`;
    const as = route.path.startsWith('/v1/namespaces') ? renter : owner;
    const { status, text } = await world.read(path, as);
    if (status !== 200) missing.push(`${path} ${status} ${text}`);
  }
  expect(missing).toEqual([]);
});

test('a wallet sees what earns for its account, and nothing else', async () => {
  const owner = world.wallet(wallet.address);
  const other = world.wallet(walletNamed('another').address);
  const { body } = await world.send('/v1/session', owner);
  expect(body).toMatchObject({
    ...{ via: 'wallet', wallet: wallet.address, namespaces: [names.namespace] },
    accounts: [{ namespace: names.namespace, name: names.account, kind: 'Both' }],
  });
  for (const path of [
    `/v1/devices/${names.member}/${names.device}`,
    `/v1/members/${names.member}`,
    `/v1/cases/${names.member}/${names.slashCase}`,
    `/v1/accounts/${names.namespace}/${names.account}`,
  ]) {
    expect((await world.send(path, owner)).status).toBe(200);
    expect((await world.send(path, other)).status).toBe(404);
  }
  const clusters = `/v1/namespaces/${names.namespace}/clusters`;
  expect((await world.send(clusters, owner)).status).toBe(404);
});

describe('what everybody may see', () => {
  test('names nobody', async () => {
    const forbidden = new RegExp(
      [secret, 'paris', 'oslo', 'lima', 'team-', '/rich', '/poor', 'pod', 'GPU-', 'uid'].join('|'),
    );
    const shown: string[] = [];
    for (const route of listed().filter(({ isPublic, method }) => isPublic && method === 'GET')) {
      const path = filled(route.path, true);
      const { status, text } = await world.read(path);
      // This wallet has no rewards, of which everybody may know.
      const isFound = status === 200 || (status === 404 && path.includes(wallet.address));
      if (!isFound) shown.push(`${path} ${status} ${text}`);
      if (forbidden.test(text)) shown.push(`${path}: ${forbidden.exec(text)?.[0]} in ${text}`);
    }
    expect(shown).toEqual([]);
  });

  test('is all there', async () => {
    const bodies = await Promise.all(
      ['/v1/network/models', '/v1/network/countries', '/v1/epochs', '/v1/chain/events'].map(
        async (path) => (await world.send(path)).body as { items: unknown[] },
      ),
    );
    for (const { items } of bodies) expect(items.length).toBeGreaterThan(0);
  });
});
