import { expect, test } from '@jest/globals';
import { quantile } from './statistics.ts';

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

test.each([
  [0.5, 50],
  [0.99, 99],
  [1, 100],
])('the quantile %d of 1..100 is %d, in whatever order they come', (q, expected) => {
  expect(quantile(hundred, q)).toBe(expected);
});

test('one value is every quantile', () => {
  expect(quantile([7], 0.5)).toBe(7);
  expect(quantile([7], 0.99)).toBe(7);
});

test('nothing has no quantile', () => {
  expect(() => quantile([], 0.5)).toThrow('at least one value');
});
