import { expect, test } from '@jest/globals';
import { pageFrom } from './cluster-details.ts';

test('pages go on where they were, though something came', () => {
  const first = pageFrom([5, 4, 3, 2, 1], { limit: 2 });
  expect(first).toEqual({ items: [5, 4], next: '3' });
  expect(pageFrom([6, 5, 4, 3, 2, 1], { limit: 2, after: '3' })).toEqual({
    items: [3, 2],
    next: '1',
  });
  expect(pageFrom([3, 2, 1], { limit: 5 })).toEqual({ items: [3, 2, 1], next: undefined });
});

test.each(['-1', 'x', '1e3', '9'])('after %j, which is no key of it, it begins anew', (after) => {
  expect(pageFrom([2, 1], { limit: 1, after }).items).toEqual([2]);
});
