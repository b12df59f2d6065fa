import { describe, expect, test } from '@jest/globals';
import { headersForCluster, headersForRenter } from './headers.ts';

describe('a cluster gets', () => {
  test.each([
    ['what is end to end', { accept: '*/*', 'x-mine': '1' }, { accept: '*/*', 'x-mine': '1' }],
    ['no bearer', { authorization: 'Bearer secret', 'proxy-authorization': 'x' }, {}],
    [
      'no credential in a cookie',
      { cookie: 'a=1; Authorization=secret; ray-authentication-token=x; b="2"' },
      { cookie: 'a=1; b="2"' },
    ],
    [
      'no session of the console',
      { cookie: 'a=1; __Host-io-session=x.y; __Secure-io-session=z; __Host-io-oidc=w' },
      { cookie: 'a=1' },
    ],
    ['no cookie header without a cookie', { cookie: 'authorization=secret' }, {}],
    [
      'nothing of the hop',
      { connection: 'keep-alive', 'keep-alive': '1', te: 'trailers', upgrade: 'h2c', expect: 'x' },
      {},
    ],
    [
      'nothing that Connection names',
      { connection: 'close, X-Mine', 'x-mine': '1', b: '2' },
      { b: '2' },
    ],
    ['no lease or service of the renter', { 'x-io-lease': 'l', 'x-io-service': 'serve' }, {}],
    [
      'not who and where the renter is',
      { 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1', 'x-real-ip': '1', host: 'api.example' },
      {},
    ],
    ['no names of the hub', { referer: 'https://api/clusters/team-a/llm/dashboard/' }, {}],
    ['no pseudo-headers', { ':path': '/x', ':authority': 'a' }, {}],
  ] as const)('%s', (_, headers, expected) => expect(headersForCluster(headers)).toEqual(expected));
});

describe('a renter gets', () => {
  const prefix = '/clusters/team-a/llm/dashboard';
  const about = { prefix, path: '/api/jobs/', method: 'GET' };
  const private_ = { 'cache-control': 'private, no-cache' };

  test.each([
    ['/api/version', `${prefix}/api/version`],
    ['../serve?x=1#y', `${prefix}/api/serve?x=1#y`],
    ['?page=2', `${prefix}/api/jobs/?page=2`],
    ['http://10.96.0.7:8265/a', `${prefix}/a`],
    ['http://lease-head-svc.t-1.svc.cluster.local:8265/a', `${prefix}/a`],
    ['http://lease-head-svc.t-1.svc:8265/a', `${prefix}/a`],
    ['http://localhost/a', `${prefix}/a`],
    ['http://[::1]:8265/a', `${prefix}/a`],
    ['/../../other/llm/dashboard/', `${prefix}/other/llm/dashboard/`],
    ['https://login.example/a', 'https://login.example/a'],
    ['//login.example/a', '//login.example/a'],
    ['javascript:alert(1)', undefined],
    ['data:text/html,x', undefined],
  ])('%s as location %s', (location, expected) => {
    expect(headersForRenter({ location }, about)['location']).toBe(expected);
  });

  test.each([
    ['a=1', `a=1; Path=${prefix}/; Secure`],
    ['a=1; Path=/; HttpOnly', `a=1; Path=${prefix}/; Secure; HttpOnly`],
    ['a=1; path=/api; Secure; SameSite=Lax', `a=1; Path=${prefix}/api; Secure; SameSite=Lax`],
    ['a=1; Domain=.example; Max-Age=3', `a=1; Path=${prefix}/; Secure; Max-Age=3`],
  ])('the cookie %s as %s', (cookie, expected) => {
    expect(headersForRenter({ 'set-cookie': [cookie] }, about)['set-cookie']).toEqual([expected]);
  });

  test.each([
    ['max-age=31536000', 'GET', 'private, max-age=31536000'],
    ['public, max-age=60, s-maxage=600, immutable', 'GET', 'private, max-age=60, immutable'],
    ['no-store', 'GET', 'private, no-store'],
    ['', 'GET', 'private, no-cache'],
    ['', 'POST', 'no-store'],
  ])('what may be cached: %s of %s as %s', (stated, method, expected) => {
    const headers = stated === '' ? {} : { 'cache-control': stated };
    expect(headersForRenter(headers, { ...about, method })['cache-control']).toBe(expected);
  });

  test('nothing of the hop, and nothing that would hold for other clusters', () => {
    const headers = {
      connection: 'close, x-named',
      'x-named': '1',
      'transfer-encoding': 'chunked',
      'clear-site-data': '"*"',
      'service-worker-allowed': '/',
      'alt-svc': 'h3=":443"',
      'x-io-lease': 'l',
      etag: '"1"',
    };
    expect(headersForRenter(headers, about)).toEqual({ etag: '"1"', ...private_ });
  });
});
