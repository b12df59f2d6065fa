import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import type { Server } from 'node:https';
import { createDeposits } from '../../operator/adapters/postgres/deposits.ts';
import { proveWallet } from '../../operator/testing/reward-fixture.ts';
import { walletNamed } from '../../operator/testing/wallet.ts';
import type { Answer } from '../testing/intake-server.ts';
import { seedSmallWorld } from '../testing/seeded-views.ts';
import { type As, V1World, worldSite } from '../testing/v1-world.ts';
import { guardRoutes } from './auth/access.ts';
import { Authenticator } from './auth/authenticator.ts';
import { Authority } from './auth/authority.ts';
import { SiteCookies } from './auth/cookies.ts';
import { Sealer } from './auth/sealer.ts';

const wallet = walletNamed('renter of sessions');
const origin = `https://${worldSite.domain}`;
let nowMs = Date.now();
/** While a test says so, no time passes for buckets. */
let stoppedAtMs: number | undefined;
let world: V1World;
let namespace: string;
let account: string;

beforeAll(async () => {
  const clock = { now: () => nowMs, monotonicMs: () => stoppedAtMs ?? performance.now() };
  world = await V1World.start({ ports: { clock } });
  namespace = await world.cluster.uniqueNamespace('session');
  account = `${namespace}/renter`;
  const member = { member: 'm', device: 'd', slashCase: 'c' };
  await seedSmallWorld(world.database.writer, {
    ...{ namespace, cluster: 'one', account: 'renter', wallet: wallet.address },
    ...member,
  });
  await proveWallet(world.database.writer, account, wallet);
  const deposit = {
    reference: account,
    owner: account,
    asset: 'USDC',
    amount: 3_000_000n,
  } as const;
  await createDeposits(world.database.writer).deposit(
    { ...deposit, source: 'test' },
    1_793_491_200,
  );
}, 120_000);
afterAll(() => world.stop());
beforeEach(() => {
  nowMs = Date.now();
});

const problem = (status: number, reason: string) => ({ status, body: { status, reason } });
const post = (path: string, body: unknown, headers = {}, as?: As): Promise<Answer> =>
  world.send(path, as, { method: 'POST', body, headers });

async function challenge(address = wallet.address): Promise<string> {
  const { status, body } = await post('/v1/session/wallet/challenge', { wallet: address });
  expect(status).toBe(200);
  return String(body['message']);
}

async function signed(message: string, by = wallet): Promise<object> {
  const signature = Buffer.from(await by.sign(Buffer.from(message))).toString('base64');
  return { message, signature };
}

const cookieOf = ({ headers }: Answer): As => {
  const [text = ''] = headers['set-cookie'] ?? [];
  return { cookie: /^__Host-io-session=([^;]*);/.exec(text)?.[1] ?? 'none' };
};

describe('a wallet', () => {
  test('signs in, is known by the cookie alone, and signs out', async () => {
    const answer = await post('/v1/session/wallet', await signed(await challenge()), { origin });
    expect(answer.status).toBe(204);
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^__Host-io-session=[\w.-]+; Path=\/; Max-Age=28800; HttpOnly; Secure; SameSite=Strict$/,
      ),
    ]);
    const as = cookieOf(answer);
    expect(await world.send('/v1/session', as)).toMatchObject({
      status: 200,
      body: { via: 'wallet', username: `compute.io.net:wallet:${wallet.address}` },
    });
    const out = await world.send('/v1/session', as, { method: 'DELETE' });
    expect(out).toMatchObject({ status: 204 });
    expect(out.headers['set-cookie']).toEqual([expect.stringMatching(/=; .*Max-Age=0/)]);
  });

  test('is nobody after eight hours', async () => {
    const as = world.wallet(wallet.address);
    nowMs += 8 * 3_600_000 - 1_000;
    expect((await world.send('/v1/session', as)).status).toBe(200);
    nowMs += 1_000;
    expect(await world.send('/v1/session', as)).toMatchObject(problem(401, 'Unauthenticated'));
  });

  test.each([
    ['signed by another wallet', 422, 'WrongSignature', (text: string) => text, 'another'],
    [
      'for another site',
      422,
      'WrongDomain',
      (text: string) => text.replace('api.example.com', 'evil.example'),
      '',
    ],
    [
      'for another chain',
      422,
      'UnknownChallenge',
      (text: string) => text.replace('Chain ID: localnet', 'Chain ID: mainnet'),
      '',
    ],
    [
      'that nobody asked for',
      422,
      'UnknownChallenge',
      (text: string) => text.replace(/Nonce: \w{4}/, 'Nonce: 0000'),
      '',
    ],
    [
      'for an account',
      422,
      'WrongAccount',
      (text: string) =>
        text.replace('urn:compute.io.net:session', 'urn:compute.io.net:account:a/b'),
      '',
    ],
    ['of something else', 422, 'NotASignIn', () => 'pay everything to Mallory', ''],
  ])('is not let in by a text %s', async (_, status, reason, changed, by) => {
    const text = changed(await challenge());
    const proof = await signed(text, by === '' ? wallet : walletNamed(by));
    const answer = await post('/v1/session/wallet', proof, { origin });
    expect(answer).toMatchObject(problem(status, reason));
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('is let in by a text once, also when it is sent twice at once', async () => {
    const proof = await signed(await challenge());
    const send = () => post('/v1/session/wallet', proof, { origin });
    const statuses = (await Promise.all([send(), send(), send()])).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([204, 409, 409]);
    expect(await send()).toMatchObject(problem(409, 'ChallengeUsed'));
  });

  test('is not let in too late, or by another site for it', async () => {
    const proof = await signed(await challenge());
    const evil = { origin: 'https://evil.example' };
    expect(await post('/v1/session/wallet', proof, evil)).toMatchObject(problem(403, 'CrossSite'));
    nowMs += 300_000;
    expect(await post('/v1/session/wallet', proof)).toMatchObject(problem(422, 'Expired'));
  });

  test('is told which field is wrong', async () => {
    const answer = await post('/v1/session/wallet/challenge', { wallet: '0x12', more: 1 });
    expect(answer).toMatchObject({
      ...problem(400, 'ValidationFailed'),
      body: { errors: [{ field: 'wallet', expected: 'an address in base58' }, { field: 'more' }] },
    });
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });
});

describe('a session', () => {
  const withdrawal = { asset: 'USDC', amount: '0.25' };
  const path = () => `/v1/accounts/${account}/withdrawals`;

  test('reaches the routes about accounts that are older than it', async () => {
    const as = world.wallet(wallet.address);
    const key = { 'idempotency-key': 'one' };
    expect(await post(path(), withdrawal, key, as)).toMatchObject({ status: 202 });
    expect(await world.send(path(), as)).toMatchObject({
      status: 200,
      body: { items: [{ reference: 'one', amount: '0.25' }] },
    });
    const other = world.wallet(walletNamed('somebody else').address);
    expect(await post(path(), withdrawal, key, other)).toMatchObject(
      problem(404, 'AccountNotFound'),
    );
    expect(await world.send(path(), other)).toMatchObject(problem(404, 'AccountNotFound'));
    expect(await world.send(path())).toMatchObject(problem(401, 'Unauthenticated'));
  });

  test.each([
    ['of another site', { origin: 'https://evil.example' }],
    ['of a frame without an origin', { origin: 'null' }],
    ['of a neighbour', { origin: '', 'sec-fetch-site': 'same-site' }],
  ])('changes nothing for a page %s', async (_, headers: Record<string, string>) => {
    const as = world.wallet(wallet.address);
    const sent = { 'idempotency-key': 'evil', ...headers };
    expect(await post(path(), withdrawal, sent, as)).toMatchObject(problem(403, 'CrossSite'));
    expect(JSON.stringify((await world.send(path(), as)).body)).not.toContain('evil');
  });

  test('a token needs no origin, and wins over a cookie', async () => {
    const token = await world.token(namespace, { ioaccounts: ['get'] });
    const both = { ...world.credential(world.wallet(wallet.address)), origin: 'https://a.example' };
    const headers = { ...both, 'idempotency-key': 'two' };
    const answer = await post(path(), withdrawal, headers, token);
    expect(answer).toMatchObject(problem(403, 'Forbidden'));
  });
});

describe('a token', () => {
  test('is who the hub says, with what RBAC allows', async () => {
    const token = await world.token(namespace, {
      ioclusters: ['list'],
      ioaccounts: ['list', 'get'],
    });
    expect(await world.send('/v1/session', token)).toMatchObject({
      status: 200,
      body: {
        ...{ via: 'token', username: token.username, namespaces: [namespace] },
        accounts: [{ namespace, name: 'renter', kind: 'Both' }],
      },
    });
  });

  test('is good from an address from which others look too often without signing in', async () => {
    const token = await world.token(namespace, { ioclusters: ['list'] });
    // All buckets are full then, and none is filled again.
    stoppedAtMs = performance.now() + 30_000;
    const looks = Array.from({ length: 101 }, () => world.send('/v1/site'));
    const statuses = (await Promise.all(looks)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect((await world.send('/v1/session', token)).status).toBe(200);
  });

  test('of nobody is refused, and after many of them nobody is asked', async () => {
    // All buckets are full then.
    stoppedAtMs = performance.now() + 60_000;
    const statuses = new Map<number, number>();
    for (let at = 0; at < 130; at += 1) {
      const { status } = await world.send('/v1/session', { token: `wrong-${at}` });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([statuses.get(401), statuses.get(429)]).toEqual([100, 30]);
  });
});

test('a route that does not say who may use it keeps the server from starting', async () => {
  const server = fastify<Server>();
  const sealer = new Sealer(world.ports.sessionKey);
  const cookies = new SiteCookies('');
  const authenticator = new Authenticator({ ...world.ports, sealer, cookies, domain: 'a' });
  server.register(async (guarded) => {
    guardRoutes(guarded, { ...world.ports, authenticator, authority: new Authority(world.ports) });
    guarded.get('/open', { config: { access: 'public' } }, async () => 'for all');
    guarded.get('/forgotten', async () => 'a secret');
  });
  await expect(server.ready()).rejects.toThrow('GET /forgotten does not say who may use it');
});
