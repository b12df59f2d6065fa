import { describe, expect, test } from '@jest/globals';
import { isGatewayTarget, readTarget } from './target.ts';

const at = (service: string, path: string) => ({
  namespace: 'team-a',
  name: 'llm.v1',
  service,
  path,
  prefix: service === 'index' ? '/clusters/team-a/llm.v1' : `/clusters/team-a/llm.v1/${service}`,
});

describe('a path is', () => {
  test.each([
    ['/clusters/team-a/llm.v1', at('index', '/')],
    ['/clusters/team-a/llm.v1/', at('index', '/')],
    ['/clusters/team-a/llm.v1/access-log', at('access-log', '/')],
    ['/clusters/team-a/llm.v1/dashboard', at('dashboard', '/')],
    ['/clusters/team-a/llm.v1/dashboard/', at('dashboard', '/')],
    ['/clusters/team-a/llm.v1/dashboard/api/jobs/', at('dashboard', '/api/jobs/')],
    ['/clusters/team-a/llm.v1/dashboard?a=/../b', at('dashboard', '/?a=/../b')],
    ['/clusters/team-a/llm.v1/dashboard/api?x=%2e%2e%2f', at('dashboard', '/api?x=%2e%2e%2f')],
    ['/clusters/team-a/llm.v1/serve/a%2Fb/c%20d', at('serve', '/a%2Fb/c%20d')],
    ['/clusters/team-a/llm.v1/serve/get/http://a/b', at('serve', '/get/http://a/b')],
    ['/clusters/team-a/llm.v1/serve/...', at('serve', '/...')],
    ['/clusters/team-a/llm.v1/serve/.well-known/x', at('serve', '/.well-known/x')],
    ['/clusters/team-a/llm.v1/serve/50%25', at('serve', '/50%25')],
    [
      '/clusters/team-a/llm.v1/client/ray.rpc.RayletDriver/Init',
      at('client', '/ray.rpc.RayletDriver/Init'),
    ],
  ])('%s', (target, expected) => expect(readTarget(target)).toEqual(expected));
});

describe('a path that could mean something else to others is refused:', () => {
  const rest = '/clusters/team-a/llm.v1/serve/';
  test.each([
    '/clusters/../v1/intake/usage',
    '/clusters/team-a/../team-b/llm/dashboard/',
    '/clusters/team-a/%2e%2e/team-b/llm/dashboard/',
    `${rest}../dashboard/`,
    `${rest}a/..`,
    `${rest}./a`,
    `${rest}%2e%2e/a`,
    `${rest}.%2E/a`,
    `${rest}%2e%2e%2fa`,
    `${rest}a%2f..%2fb`,
    `${rest}..;x=1/a`,
    `${rest}%252e%252e/a`,
    `${rest}%252fa`,
    `${rest}..\\a`,
    `${rest}a%5cb`,
    `${rest}a%00b`,
    `${rest}a%0d%0ab`,
    `${rest}a%7f`,
    `${rest}%c0%ae%c0%ae/a`,
    `${rest}%`,
    `${rest}%zz`,
    `${rest}a b`,
    `${rest}a\u00e9`,
    `${rest}a\u0000`,
    `${rest}a?b\u0000`,
    `${rest}a#b`,
    '/clusters/team-a/llm.v1/serve//evil.example/',
    '/clusters/team-a/llm.v1//dashboard/',
  ])('%j', (target) => expect(readTarget(target)).toMatchObject({ reason: 'BadPath' }));

  test('one that is too long', () => {
    expect(readTarget(rest + 'a'.repeat(8_192))).toMatchObject({ reason: 'BadPath' });
  });
});

describe('there is nothing at', () => {
  test.each([
    '/clusters',
    '/clusters/',
    '/clusters/team-a',
    '/clusters/team-a/',
    '/clusters/team-a//llm.v1/dashboard/',
    '/clusters/Team-A/llm/',
    '/clusters/team-a/LLM/',
    '/clusters/team%2da/llm/',
    `/clusters/${'a'.repeat(64)}/llm/`,
    '/clusters/team-a/llm.v1/gcs/',
    '/clusters/team-a/llm.v1/Dashboard/',
    '/clusters/team-a/llm.v1/constructor/',
    '/clusters/team-a/llm.v1/dashboard%2f',
    '/clusters/team-a/llm.v1/access-log/',
    'http://api.example/clusters/team-a/llm.v1/dashboard/',
    '//api.example/clusters/team-a/llm.v1/dashboard/',
  ])('%s', (target) => expect(readTarget(target)).toMatchObject({ reason: 'NotFound' }));
});

test.each([
  ['/clusters', true],
  ['/clusters/', true],
  ['/clusters?x', true],
  ['/clustersx/a', false],
  ['/Clusters/a', false],
  ['/v1/intake/usage', false],
  ['http://a/clusters/', false],
  ['*', false],
  [undefined, false],
])('the gateway answers %s: %s', (target, expected) =>
  expect(isGatewayTarget(target)).toBe(expected),
);
