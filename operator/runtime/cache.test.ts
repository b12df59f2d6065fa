import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Cache } from './cache.ts';
import type { KubeObject } from './kube-object.ts';

type Thing = KubeObject & { tags: readonly string[] };
const thing = (name: string, ...tags: string[]): Thing => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name },
  tags,
});
const newCache = (): Cache<Thing> => new Cache<Thing>({ tag: (object) => object.tags });

describe('a cache', () => {
  test('finds objects by key and by any value of an index', () => {
    const cache = newCache();
    expect(cache.set(thing('a', 'x', 'y'))).toBeUndefined();
    cache.set(thing('b', 'y'));
    expect(cache.byIndex('tag', 'y').map((object) => object.metadata.name)).toEqual(['a', 'b']);
    expect(cache.byIndex('tag', 'none')).toEqual([]);
    expect(cache.set(thing('a', 'z'))?.tags).toEqual(['x', 'y']);
    expect(cache.byIndex('tag', 'x')).toEqual([]);
    expect(cache.delete('a')?.tags).toEqual(['z']);
    expect(cache.delete('a')).toBeUndefined();
    expect([cache.size, [...cache.keys()]]).toEqual([1, ['b']]);
  });

  test('says which indexes there are', () => {
    expect(() => newCache().byIndex('node', 'x')).toThrow('index node: no such index; known: tag');
  });

  test('stays as it was when an index function throws', () => {
    const cache = new Cache<Thing>({
      tag: (object) => object.tags,
      strict: (object) => {
        if (object.tags.includes('bad')) throw new Error('bad tag');
        return [];
      },
    });
    cache.set(thing('a', 'x'));
    expect(() => cache.set(thing('a', 'bad'))).toThrow('bad tag');
    expect(cache.get('a')?.tags).toEqual(['x']);
    expect(cache.byIndex('tag', 'bad')).toEqual([]);
    expect(cache.byIndex('tag', 'x')).toHaveLength(1);
  });

  test('its index says the same as looking at every object', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      tags: fc.option(fc.uniqueArray(fc.constantFrom('x', 'y', 'z'))),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const cache = newCache();
        for (const { name, tags } of steps) {
          if (tags === null) cache.delete(name);
          else cache.set(thing(name, ...tags));
        }
        for (const tag of ['x', 'y', 'z']) {
          const scanned = cache.list().filter((object) => object.tags.includes(tag));
          expect(new Set(cache.byIndex('tag', tag))).toEqual(new Set(scanned));
        }
      }),
      { seed: 2 },
    );
  });
});
