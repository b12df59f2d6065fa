import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPeopleProvider } from '../../operator/adapters/oidc/people-provider.ts';
import type { Answer } from '../testing/intake-server.ts';
import { followTo, oidcClient, OidcSite } from '../testing/oidc-site.ts';
import { V1World, worldSite } from '../testing/v1-world.ts';

const prefix = '/gpu';
const origin = `https://${worldSite.domain}`;
const callback = `${origin}${prefix}/v1/session/oidc/callback`;
let site: OidcSite;
let world: V1World;
let nowMs = Date.now();

beforeAll(async () => {
  site = await OidcSite.start(callback);
  const provider = createPeopleProvider({
    ...{ name: 'Tests', issuer: site.issuer, scopes: 'openid profile groups' },
    ...{ clientId: oidcClient.id, clientSecret: oidcClient.secret, groupsClaim: 'groups' },
  });
  world = await V1World.start({
    ports: {
      site: { ...worldSite, prefix },
      oidc: { provider, prefixes: { username: 'oidc:', groups: '' } },
      clock: { now: () => nowMs, monotonicMs: () => performance.now() },
    },
  });
}, 60_000);
afterAll(async () => {
  await world.stop();
  await site.stop();
});

const cookiesOf = ({ headers }: Answer): Record<string, string> =>
  Object.fromEntries(
    (headers['set-cookie'] as string[] | undefined)?.map((text) => {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      return [name, value];
    }) ?? [],
  );

/** Begins to sign in. Returns where the browser is sent, and what it keeps. */
async function begin(returnTo = '/gpu/console/cloud?x=1') {
  const path = `${prefix}/v1/session/oidc/login?returnTo=${encodeURIComponent(returnTo)}`;
  const answer = await world.send(path);
  expect(answer.status).toBe(302);
  const cookie = cookiesOf(answer)['__Secure-io-oidc'] ?? '';
  return { to: String(answer.headers['location']), cookie, answer };
}

/** Comes back from the provider. */
function come(back: string, cookie: string): Promise<Answer> {
  const path = back.slice(origin.length);
  return world.send(path, undefined, { headers: { cookie: `__Secure-io-oidc=${cookie}` } });
}

test('somebody signs in by their provider, and is who it says', async () => {
  site.person = { id: 'jo', name: 'Jo', groups: ['gpu-users', 'system:masters'] };
  const { to, cookie, answer } = await begin();
  expect(answer.headers['set-cookie']).toEqual([
    expect.stringMatching(
      /^__Secure-io-oidc=[\w.-]+; Path=\/gpu; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/,
    ),
  ]);
  expect(new URL(to).searchParams.get('code_challenge_method')).toBe('S256');
  const back = await followTo(to, site.issuer);
  expect(back.startsWith(`${callback}?`)).toBe(true);
  const done = await come(back, cookie);
  expect(done).toMatchObject({ status: 302, headers: { location: '/gpu/console/cloud?x=1' } });
  const { '__Secure-io-session': session = '', '__Secure-io-oidc': begun } = cookiesOf(done);
  expect(begun).toBe('');
  expect(String(done.headers['set-cookie'])).toContain('SameSite=Strict');
  const headers = { cookie: `__Secure-io-session=${session}` };
  expect(await world.send(`${prefix}/v1/session`, undefined, { headers })).toMatchObject({
    status: 200,
    body: { via: 'oidc', username: 'oidc:jo', displayName: 'Jo', namespaces: [], accounts: [] },
  });
  const [body = ''] = session.split('.');
  const { g } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { g: string[] };
  expect(g).toEqual(['gpu-users', 'system:authenticated']);
});

test('what they may do is what RBAC gives their groups', async () => {
  const namespace = await world.cluster.uniqueNamespace('oidc');
  const group = `group-of-${namespace}`;
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: 'viewers', namespace };
  const rules = [{ apiGroups: ['compute.io.net'], resources: ['ioclusters'], verbs: ['list'] }];
  await world.admin.apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
  await world.admin.apply({
    ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'viewers' },
    subjects: [{ kind: 'Group', name: group, apiGroup: rbac }],
  });
  const somebody = { username: 'oidc:jo', via: 'oidc', displayName: 'Jo' } as const;
  const path = `/v1/namespaces/${namespace}/clusters`;
  const mine = world.session({ ...somebody, groups: [group] });
  const other = world.session({ ...somebody, groups: ['others'] });
  expect((await world.send(path, mine)).status).toBe(200);
  expect((await world.send(path, other)).status).toBe(404);
});

describe('nobody is signed in', () => {
  const failed = (problem: string) => ({
    status: 302,
    headers: { location: `/gpu/console/sign-in?problem=${problem}` },
  });

  test.each([
    ['without the cookie of the beginning', () => ''],
    ['with the cookie of another beginning', async () => (await begin()).cookie],
    ['with a cookie that was changed', (cookie: string) => `A${cookie}`],
  ])('%s', async (_, cookieFor) => {
    const { to, cookie } = await begin();
    const answer = await come(await followTo(to, site.issuer), await cookieFor(cookie));
    expect(answer).toMatchObject(failed('SignInExpired'));
    expect(cookiesOf(answer)).not.toHaveProperty('__Secure-io-session');
  });

  test('after too long', async () => {
    const { to, cookie } = await begin();
    const back = await followTo(to, site.issuer);
    nowMs += 601_000;
    expect(await come(back, cookie)).toMatchObject(failed('SignInExpired'));
  });

  test('by a code that was used before, or by none', async () => {
    const { to, cookie } = await begin();
    const back = await followTo(to, site.issuer);
    expect((await come(back, cookie)).headers['location']).toBe('/gpu/console/cloud?x=1');
    expect(await come(back, cookie)).toMatchObject(failed('SignInRefused'));
    const { to: again, cookie: kept } = await begin();
    const url = new URL(callback);
    url.searchParams.set('state', new URL(again).searchParams.get('state') ?? '');
    url.searchParams.set('error', 'access_denied');
    url.searchParams.set('iss', site.issuer);
    expect(await come(url.href, kept)).toMatchObject(failed('SignInRefused'));
  });

  test('by an answer of another provider', async () => {
    const { to, cookie } = await begin();
    const url = new URL(await followTo(to, site.issuer));
    url.searchParams.set('iss', 'https://evil.example');
    expect(await come(url.href, cookie)).toMatchObject(failed('SignInRefused'));
  });

  test('under a name that only the hub gives', async () => {
    site.person = { id: 'x'.repeat(255), name: 'Long', groups: [] };
    const { to, cookie } = await begin();
    const answer = await come(await followTo(to, site.issuer), cookie);
    expect(answer).toMatchObject(failed('SignInRefused'));
  });

  test('while the provider is away; the rest of the API goes on', async () => {
    const provider = createPeopleProvider({
      ...{ name: 'Away', issuer: 'http://127.0.0.1:9', scopes: 'openid' },
      ...{ clientId: oidcClient.id, groupsClaim: 'groups' },
    });
    const prefixes = { username: 'oidc:', groups: '' };
    const other = await V1World.start({ ports: { oidc: { provider, prefixes } } });
    expect(await other.send('/v1/session/oidc/login')).toMatchObject({
      status: 302,
      headers: { location: '/console/sign-in?problem=ProviderUnavailable' },
    });
    expect((await other.send('/v1/site')).body).toMatchObject({
      oidc: { name: 'Away', loginPath: '/v1/session/oidc/login' },
    });
    await other.stop();
  });
});

test.each(['//evil.example', 'https://evil.example/', '/\\evil.example'])(
  'a return to %s leads home',
  async (returnTo) => {
    site.person = { id: 'jo', name: 'Jo', groups: [] };
    const { to, cookie } = await begin(returnTo);
    const done = await come(await followTo(to, site.issuer), cookie);
    expect(done.headers['location']).toBe('/gpu/console/');
  },
);
