import { describe, expect, test } from '@jest/globals';
import { affects, anyChange, changeOf, pageCount } from './changes.ts';
import { queryText } from './query-text.ts';

describe('an event', () => {
  test.each([
    ['cluster', '{"scope":"team","name":"a"}', { kind: 'cluster', scope: 'team', name: 'a' }],
    ['network', '{}', { kind: 'network', scope: '', name: '' }],
    ['cluster', 'not json', { kind: 'cluster', scope: '', name: '' }],
    ['cluster', 'null', { kind: 'cluster', scope: '', name: '' }],
    ['cluster', '{"scope":7,"name":{}}', { kind: 'cluster', scope: '', name: '' }],
    ['message', '{}', undefined],
    [undefined, '{}', undefined],
  ])('%s %s', (kind, data, change) => {
    expect(changeOf(kind, data)).toEqual(change);
  });
});

describe('a change', () => {
  const one = { kind: 'cluster', scope: 'team', name: 'a' };
  test.each([
    [['cluster', 'team', 'a'], true],
    [['cluster', 'team', 'a', 'usage'], true],
    [['cluster', 'team'], true],
    [['cluster', 'team', {}], true],
    [['cluster', { filter: 1 }], true],
    [['cluster'], true],
    [['cluster', 'team', 'b'], false],
    [['cluster', 'other'], false],
    [['device', 'team', 'a'], false],
    [[], false],
  ])('of one cluster changes %j: %s', (key, expected) => {
    expect(affects(one, key)).toBe(expected);
  });

  test('of several of a scope changes each of them', () => {
    const several = { kind: 'device', scope: 'm', name: '' };
    expect(affects(several, ['device', 'm', 'gpu-0'])).toBe(true);
    expect(affects(several, ['device', 'n', 'gpu-0'])).toBe(false);
  });

  test('that is not known changes all', () => {
    expect(anyChange.some((change) => affects(change, ['case', 'm', 'c']))).toBe(true);
  });
});

test.each([
  [undefined, 1],
  [null, 1],
  [[1, 2], 1],
  [{ items: [] }, 1],
  [{ pages: 'x' }, 1],
  [{ pages: [{}, {}, {}] }, 3],
])('%j are so many pages: %d', (data, count) => {
  expect(pageCount(data)).toBe(count);
});

test('a query leaves out what is not asked for, and encodes the rest', () => {
  expect(queryText({ a: undefined, b: '', c: 'x&y=ü', d: 0, e: ['1', '2'] })).toBe(
    '?c=x%26y%3D%C3%BC&d=0&e=1&e=2',
  );
  expect(queryText({})).toBe('');
});
