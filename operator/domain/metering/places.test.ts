import { describe, expect, test } from '@jest/globals';
import { firstPlace, type FreeTime } from './places.ts';

const free = (device: string, from: number, to = Infinity): FreeTime => ({ device, from, to });

describe('the first time in which devices are free', () => {
  test.each<[string, readonly FreeTime[], number, ReturnType<typeof firstPlace>]>([
    ['none', [], 1, undefined],
    ['never', [free('a', 10, 10)], 1, undefined],
    [
      'the first of two',
      [free('a', 20), free('b', 10, 15)],
      1,
      { devices: ['b'], from: 10, to: 15 },
    ],
    [
      'two at once',
      [free('a', 20), free('b', 10, 30)],
      2,
      { devices: ['b', 'a'], from: 20, to: 30 },
    ],
    ['too few', [free('a', 20)], 2, undefined],
    [
      'two that are never free at once, and a third',
      [free('a', 10, 20), free('b', 20), free('c', 25)],
      2,
      { devices: ['b', 'c'], from: 25, to: Infinity },
    ],
    ['the same one twice is one', [free('a', 10, 20), free('a', 20, 30)], 2, undefined],
  ])('%s', (_, times, devices, expected) => {
    expect(firstPlace(times, devices)).toEqual(expected);
  });
});
