import { expect, test } from '@jest/globals';
import { withoutPrefix } from './path-prefix.ts';

test.each([
  ['/gpu/v1/site', '/v1/site'],
  ['/gpu', '/'],
  ['/gpu?x=1', '/?x=1'],
  ['/gpu/', '/'],
  ['/gpus/v1', '/gpus/v1'],
  ['/v1/intake/usage', '/v1/intake/usage'],
  ['*', '*'],
])('below /gpu, %s is %s', (url, expected) => {
  const request = { url };
  withoutPrefix(request, '/gpu');
  expect(request.url).toBe(expected);
});

test('at the root, nothing is taken off', () => {
  const request = { url: '/gpu/v1' };
  withoutPrefix(request, '');
  expect(request.url).toBe('/gpu/v1');
});
