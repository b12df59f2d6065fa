import { describe, expect, test } from '@jest/globals';
import { SiteCookies } from './cookies.ts';
import { oidcPrincipal, type Principal, tokenPrincipal, walletPrincipal } from './principal.ts';
import { Sealer } from './sealer.ts';
import { openSession, sealSession, sessionSeconds } from './session.ts';

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const sealer = new Sealer(key(1));
const wallet = walletPrincipal('4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T');
const now = 1_800_000_000;
const text = sealSession(sealer, wallet, now);

describe('a session', () => {
  test('says who signed in, until it is over', () => {
    const end = now + sessionSeconds;
    expect(openSession(sealer, text, now)).toEqual({ principal: wallet, expiresAtSeconds: end });
    expect(openSession(sealer, text, end - 1)).toBeDefined();
    expect(openSession(sealer, text, end)).toBeUndefined();
  });

  test('holds no secret: what is in it can be read', () => {
    const [body = ''] = text.split('.');
    expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toEqual({
      ...{ v: 1, u: wallet.username, g: wallet.groups, a: 'wallet', w: wallet.wallet },
      ...{ d: '4Nd1…DB4T', i: now, e: now + sessionSeconds },
    });
  });

  const [body = '', mark = ''] = text.split('.');
  const other = (change: object): string => {
    const read = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    return Buffer.from(JSON.stringify({ ...read, ...change })).toString('base64url');
  };
  test.each([
    ['changed', `${other({ u: 'system:admin' })}.${mark}`],
    ['without a mark', body],
    ['with half a mark', `${body}.${mark.slice(0, 20)}`],
    ['of another key', sealSession(new Sealer(key(2)), wallet, now)],
    ['sealed for something else', sealer.seal('transaction', sealed())],
    ['of another version', sealer.seal('session', { v: 2 })],
    ['from the future', sealSession(sealer, wallet, now + 3_600)],
    [
      'that lasts too long',
      sealer.seal('session', {
        ...sealed(),
        e: now + 10 * sessionSeconds,
        i: now - sessionSeconds,
      }),
    ],
    ['with more fields', sealer.seal('session', { ...sealed(), admin: true })],
    ['that is empty', ''],
    ['that is huge', `${'A'.repeat(10_000)}.${mark}`],
  ])('%s is nobody', (_, forged) => {
    expect(openSession(sealer, forged, now)).toBeUndefined();
  });

  function sealed(): object {
    return JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  }

  test('is not made of a token', () => {
    const caller = tokenPrincipal({ username: 'a', groups: [], extra: {} });
    expect(() => sealSession(sealer, caller, now)).toThrow(/tokens have no session/);
  });

  test('needs a key that nobody guesses', () => {
    expect(() => new Sealer(new Uint8Array(31))).toThrow(/32 random bytes/);
  });
});

describe('cookies', () => {
  const root = new SiteCookies('');
  const below = new SiteCookies('/gpu');

  test.each([
    [
      'at the root of a host',
      root,
      '__Host-io-session=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict',
    ],
    [
      'below a path',
      below,
      '__Secure-io-session=v; Path=/gpu; Max-Age=60; HttpOnly; Secure; SameSite=Strict',
    ],
  ])('%s', (_, cookies, expected) => {
    expect(cookies.set('session', 'v', 60)).toBe(expected);
    expect(cookies.clear('session')).toMatch(/=; .*Max-Age=0;/);
    expect(cookies.set('oidc', 'v', 60)).toMatch(/SameSite=Lax$/);
  });

  test.each([
    ['alone', '__Host-io-session=abc', 'abc'],
    ['among others', 'a=b; __Host-io-session=abc;c=d', 'abc'],
    ['of another name', '__Host-io-sessions=abc; io-session=abc', undefined],
    ['twice: nobody knows which is ours', '__Host-io-session=a; __Host-io-session=b', undefined],
    ['not at all', undefined, undefined],
  ])('are read where they are there %s', (_, header, value) => {
    expect(root.read('session', header)).toBe(value);
  });

  test('are not longer than browsers take', () => {
    expect(() => root.set('session', 'x'.repeat(4_000), 1)).toThrow(/longer than browsers/);
  });

  test('hold the longest session that there can be', () => {
    const groups = Array.from({ length: 200 }, (_, at) => `${'ü'.repeat(100)}-${at}`);
    const identity = { subject: 's'.repeat(250), name: '\u{1F600}'.repeat(200), groups };
    const somebody = oidcPrincipal(identity, { username: 'o:', groups: 'o:' });
    const sealedText = sealSession(sealer, somebody as Principal, now);
    expect(root.set('session', sealedText, 1).length).toBeLessThan(4_000);
  });
});

describe('somebody of an OIDC provider', () => {
  const prefixes = { username: 'oidc:', groups: 'oidc:' };
  test.each([
    ['has prefixes', { subject: 'jo', groups: ['a'] }, prefixes, ['oidc:jo', 'oidc:a']],
    [
      'has the groups that it may have',
      { subject: 'jo', groups: ['system:masters', 'compute.io.net:members', 'b'] },
      { username: 'u:', groups: '' },
      ['u:jo', 'b'],
    ],
    ['is nobody without a name', { subject: '', groups: [] }, prefixes, undefined],
    [
      'is not one of the system',
      { subject: 'system:admin', groups: [] },
      { username: '', groups: '' },
      undefined,
    ],
    [
      'is not a wallet',
      { subject: 'wallet:x', groups: [] },
      { username: 'compute.io.net:', groups: '' },
      undefined,
    ],
    ['has no endless name', { subject: 'x'.repeat(300), groups: [] }, prefixes, undefined],
  ])('%s', (_, identity, by, expected) => {
    const found = oidcPrincipal(identity, by);
    const [name, ...groups] = expected ?? [];
    expect(found && [found.username, found.groups]).toEqual(
      expected && [name, [...groups, 'system:authenticated']],
    );
  });
});
