import { describe, expect, test } from '@jest/globals';
import { isCrossSite, localPath, originsOf } from './cross-site.ts';

const origins = originsOf('api.example.com', { host: 'localhost:8443' });

describe('a request with a cookie', () => {
  test.each([
    ['that reads', 'GET', { origin: 'https://evil.example' }, false],
    ['of the site', 'POST', { origin: 'https://api.example.com' }, false],
    ['of the site as it was asked', 'POST', { origin: 'https://localhost:8443' }, false],
    ['of the site, by its metadata alone', 'DELETE', { 'sec-fetch-site': 'same-origin' }, false],
    ['of another site', 'POST', { origin: 'https://evil.example' }, true],
    [
      'of another site that says otherwise',
      'POST',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      true,
    ],
    ['of another port', 'POST', { origin: 'https://api.example.com:444' }, true],
    ['of the site without TLS', 'POST', { origin: 'http://api.example.com' }, true],
    ['of a frame without an origin', 'POST', { origin: 'null' }, true],
    ['of a neighbour', 'PATCH', { 'sec-fetch-site': 'same-site' }, true],
    ['of nobody knows where', 'PUT', {}, true],
  ])('%s', (_, method, headers, expected) => {
    expect(isCrossSite(method, headers, origins)).toBe(expected);
  });

  test('over HTTP/2, where the host has another name', () => {
    const asked = originsOf('a.example', { ':authority': 'B.example:443' });
    expect([...asked]).toEqual(['https://a.example', 'https://b.example']);
  });
});

test.each([
  ['/console/cloud?x=1#y', true],
  ['/', true],
  ['//evil.example', false],
  ['/\\evil.example', false],
  ['https://evil.example', false],
  ['javascript:alert(1)', false],
  ['/a\\b', false],
  ['/a\r\nset-cookie: x=y', false],
  ['', false],
  [`/${'a'.repeat(3_000)}`, false],
  [undefined, false],
])('after signing in, %j is a path of this site: %s', (path, isLocal) => {
  expect(localPath(path)).toBe(isLocal ? path : undefined);
});
