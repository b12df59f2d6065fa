import { describe, expect, test } from '@jest/globals';
import { findCondition, isConditionTrue, removeCondition, setCondition } from './conditions.ts';
import type { Condition } from './kube-object.ts';

const early = '2026-01-01T00:00:00Z';
const late = '2026-01-02T00:00:00Z';
const ready: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'Starting',
  message: 'head is starting',
  observedGeneration: 1,
  lastTransitionTime: early,
};
const { lastTransitionTime: _, ...input } = ready;

describe('setCondition', () => {
  test('a new condition is added at the end, with the time', () => {
    const other = { ...ready, type: 'Valid' };
    expect(setCondition([other], input, early)).toEqual([other, ready]);
    expect(setCondition(undefined, input, early)).toEqual([ready]);
  });

  test('the same array comes back when nothing changes', () => {
    const before = [ready];
    expect(setCondition(before, input, late)).toBe(before);
  });

  test.each([
    ['reason', { reason: 'Pulling' }],
    ['message', { message: 'pulling the image' }],
    ['observedGeneration', { observedGeneration: 2 }],
  ])('a new %s does not move lastTransitionTime', (_name, change) => {
    expect(setCondition([ready], { ...input, ...change }, late)).toEqual([{ ...ready, ...change }]);
  });

  test('a new status moves lastTransitionTime and keeps the place in the list', () => {
    const other = { ...ready, type: 'Valid' };
    const after = setCondition([ready, other], { ...input, status: 'True' }, late);
    expect(after).toEqual([{ ...ready, status: 'True', lastTransitionTime: late }, other]);
  });
});

test('removing what is not there gives the same array', () => {
  const before = [ready];
  expect(removeCondition(before, 'Valid')).toBe(before);
  expect(removeCondition(before, 'Ready')).toEqual([]);
});

test('finding and asking', () => {
  expect(findCondition([ready], 'Ready')).toBe(ready);
  expect(findCondition(undefined, 'Ready')).toBeUndefined();
  expect(isConditionTrue([ready], 'Ready')).toBe(false);
  expect(isConditionTrue([{ ...ready, status: 'True' }], 'Ready')).toBe(true);
});
