import { describe, expect, test } from '@jest/globals';
import { Cache } from './cache.ts';
import type { KubeObject } from './kube-object.ts';
import { OwnWrites } from './own-writes.ts';

const object = (resourceVersion: string, uid = 'u1'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', namespace: 'n', uid, resourceVersion },
});

function setUp(cached: KubeObject | undefined) {
  const cache = new Cache<KubeObject>();
  if (cached !== undefined) cache.set(cached);
  return { cache, own: new OwnWrites(cache) };
}

describe('own writes', () => {
  test.each<[string, KubeObject | undefined, KubeObject, string | undefined]>([
    ['a write that the cache has not seen counts', object('9'), object('10'), '10'],
    ['a cache that is further wins', object('11'), object('10'), '11'],
    ['a new object of the same name wins', object('9', 'u2'), object('10'), '9'],
    ['versions that are no numbers are left to the cache', object('x'), object('y'), 'x'],
    ['an object that is gone stays gone', undefined, object('10'), undefined],
  ])('%s', (_, cached, written, expected) => {
    const { own } = setUp(cached);
    own.wrote(written);
    expect(own.get('n/a')?.metadata.resourceVersion).toBe(expected);
  });

  test('the write is forgotten once the cache has caught up', () => {
    const { cache, own } = setUp(object('9'));
    own.wrote(object('10'));
    cache.set(object('12'));
    expect(own.get('n/a')?.metadata.resourceVersion).toBe('12');
    cache.set(object('9'));
    expect(own.get('n/a')?.metadata.resourceVersion).toBe('9');
  });
});
