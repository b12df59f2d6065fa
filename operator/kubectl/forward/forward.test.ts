import { describe, expect, test } from '@jest/globals';
import { inboundHeaders, outboundHeaders } from './headers.ts';
import { forwardedUrl } from './http-forward.ts';
import { refusalOf } from './local-only.ts';
import { forwardOf } from './port-forward.ts';

describe('a local port', () => {
  const local = { host: '127.0.0.1:8265' };
  test.each<[string, string, Record<string, string>]>([
    ['a program', 'POST', local],
    ['localhost', 'GET', { host: 'LocalHost:8265' }],
    ['a port of its own', 'GET', { host: '[::1]' }],
    ['gRPC', 'POST', { ':authority': '127.0.0.1:10001' }],
    ['its own page', 'POST', { ...local, origin: 'http://127.0.0.1:8265' }],
    ['its own page, told by the browser', 'PUT', { ...local, 'sec-fetch-site': 'same-origin' }],
    [
      'a link from elsewhere',
      'GET',
      { ...local, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    ],
  ])('takes %s', (_, method, headers) => expect(refusalOf(method, headers)).toBeUndefined());

  test.each<[string, string, Record<string, string>]>([
    ['no host', 'GET', {}],
    ['a name that leads here (DNS rebinding)', 'GET', { host: 'evil.example:8265' }],
    ['a name that looks alike', 'GET', { host: 'localhost.evil.example' }],
    ['another', 'GET', { host: '127.0.0.1.evil.example:80' }],
    ['user info', 'GET', { host: 'localhost@evil.example' }],
    ['another address', 'GET', { host: '10.0.0.1:8265' }],
    ['a page of another site', 'POST', { ...local, origin: 'https://evil.example' }],
    ['a page of no site', 'POST', { ...local, origin: 'null' }],
    ['another port of this machine', 'POST', { ...local, origin: 'http://127.0.0.1:3000' }],
    ['an image of another site', 'GET', { ...local, 'sec-fetch-site': 'cross-site' }],
    [
      'a form of another site',
      'POST',
      { ...local, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    ],
    ['a websocket of another site', 'UPGRADE', { ...local, origin: 'https://evil.example' }],
  ])('refuses %s', (_, method, headers) => expect(refusalOf(method, headers)).toMatch(/port/));
});

const base = new URL('https://api.example.org/clusters/team/first/dashboard/');

describe('headers', () => {
  test('of hops, and whoever the local program says it is, do not go out', () => {
    expect(
      outboundHeaders({
        ...{ host: 'localhost', authorization: 'Bearer theirs', connection: 'keep-alive, x-hop' },
        ...{
          'x-hop': '1',
          te: 'trailers',
          upgrade: 'h2c',
          'proxy-authorization': 'x',
          expect: 'x',
        },
        ...{ ':path': '/', accept: '*/*', cookie: 'a=b' },
      }),
    ).toEqual({ accept: '*/*', cookie: 'a=b' });
  });

  test.each([
    ['/clusters/team/first/dashboard/new?a=1#b', '/new?a=1#b'],
    ['https://api.example.org/clusters/team/first/dashboard/new', '/new'],
    ['new', '/new'],
    ['https://other.example/x', 'https://other.example/x'],
    ['/clusters/team/other/dashboard/', '/clusters/team/other/dashboard/'],
    ['http://[', 'http://['],
  ])('a redirect to %s leads to %s', (location, local) => {
    expect(inboundHeaders({ location }, base)['location']).toBe(local);
  });

  test('cookies hold here, and nothing makes localhost TLS only', () => {
    const cookie =
      'a=b; Path=/clusters/team/first/dashboard/; Secure; HttpOnly; Domain=example.org';
    const headers = inboundHeaders(
      { 'set-cookie': [cookie, 'c=d; Path=/x'], 'strict-transport-security': 'max-age=1' },
      base,
    );
    expect(headers).toEqual({ 'set-cookie': ['a=b; Path=/; HttpOnly', 'c=d; Path=/x'] });
  });
});

test.each([
  ['/', '/clusters/team/first/dashboard/'],
  ['/api/jobs/?x=%2f', '/clusters/team/first/dashboard/api/jobs/?x=%2f'],
  ['/../../../other/', '/clusters/team/first/dashboard/other/'],
  ['/%2e%2e/%2e%2e/x', '/clusters/team/first/dashboard/x'],
  ['//evil.example/x', '/clusters/team/first/dashboard//evil.example/x'],
  ['https://evil.example/', undefined],
  ['*', undefined],
])('the path %s stays below the service: %s', (path, expected) => {
  const url = forwardedUrl(base, path);
  expect(url === undefined ? undefined : url.pathname + url.search).toBe(expected);
});

test.each([
  ['dashboard', { service: 'dashboard', port: 8265 }],
  ['client', { service: 'client', port: 10001 }],
  ['serve:9000', { service: 'serve', port: 9000 }],
  ['serve:0', { service: 'serve', port: 0 }],
])('%s is forwarded', (text, expected) => expect(forwardOf(text)).toEqual(expected));

test.each(['gcs', 'dashboard:', 'dashboard:70000', 'dashboard:1:2', 'toString'])(
  '%s is not',
  (text) => expect(() => forwardOf(text)).toThrow(/must be/),
);
