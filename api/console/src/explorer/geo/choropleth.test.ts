import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { shadeBounds, shadeLabel, shadeOf } from './choropleth.ts';

describe('bounds', () => {
  test.each([
    ['nothing', 0, []],
    ['no number', Number.NaN, []],
    ['endless', Number.POSITIVE_INFINITY, []],
    ['one', 1, [1]],
    ['a few', 10, [1, 2, 5]],
    ['a hundred thousand', 100_000, [1, 10, 100, 1_000, 10_000]],
    ['six hundred thousand', 600_000, [1, 10, 200, 2_000, 20_000]],
  ])('%s', (_, largest, bounds) => {
    expect(shadeBounds(largest)).toEqual(bounds);
  });

  test('ascend, and the largest value has the darkest shade', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (largest) => {
        const bounds = shadeBounds(largest);
        expect(bounds[0]).toBe(1);
        expect(bounds.length).toBeLessThanOrEqual(5);
        expect(bounds.toSorted((a, b) => a - b)).toEqual(bounds);
        expect(shadeOf(largest, bounds)).toBe(bounds.length);
        expect(shadeOf(0, bounds)).toBe(0);
      }),
    );
  });
});

test.each([
  [0, 0],
  [1, 1],
  [9, 1],
  [10, 2],
  [199, 2],
  [200, 3],
])('of bounds 1, 10 and 200, %i has shade %i', (value, shade) => {
  expect(shadeOf(value, [1, 10, 200])).toBe(shade);
});

test('a legend says whole numbers without a gap or an overlap', () => {
  const bounds = [1, 2, 10, 200];
  const labels = bounds.map((_, index) => shadeLabel(bounds, index, String));
  expect(labels).toEqual(['1', '2 to 9', '10 to 199', '200 or more']);
});
