import { expect, test } from '@jest/globals';
import { nextDialMs } from './dial-plan.ts';

const state = { expected: 2, connected: 1, failures: 0, duplicates: 0 };

test.each([
  ['nothing is missing', { ...state, connected: 2 }, undefined],
  ['there are more than are expected', { ...state, connected: 3 }, undefined],
  ['one is missing', state, 0],
  ['a dial failed', { ...state, failures: 1 }, 250],
  ['dials failed', { ...state, failures: 4 }, 2_000],
  ['dials failed for long', { ...state, failures: 5_000 }, 30_000],
  ['the same gateway was met again', { ...state, duplicates: 1 }, 50],
  ['it is met again and again', { ...state, duplicates: 100 }, 10_000],
  ['both happened', { ...state, failures: 3, duplicates: 1 }, 1_000],
])('when %s', (_sentence, seen, delayMs) => {
  expect(nextDialMs(seen)).toBe(delayMs);
});
