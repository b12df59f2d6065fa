import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DelayQueue } from './delay-queue.ts';

test('keys come out when they are due, in the order of their times', () => {
  const queue = new DelayQueue();
  queue.add('late', 30);
  queue.add('early', 10);
  queue.add('middle', 20);
  expect(queue.nextDueMs()).toBe(10);
  expect(queue.takeDue(9)).toBeUndefined();
  expect([queue.takeDue(25), queue.takeDue(25), queue.takeDue(25)]).toEqual([
    'early',
    'middle',
    undefined,
  ]);
  expect(queue.size).toBe(1);
});

test('of several times for one key the earliest counts, and it comes out once', () => {
  const queue = new DelayQueue();
  expect(queue.add('key', 20)).toBe(true);
  expect(queue.add('key', 30)).toBe(false);
  expect(queue.add('key', 10)).toBe(true);
  expect(queue.takeDue(100)).toBe('key');
  expect(queue.takeDue(100)).toBeUndefined();
  expect(queue.nextDueMs()).toBeUndefined();
});

test('like a sorted list of the earliest time of each key', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), at: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new DelayQueue();
      const model = new Map<string, number>();
      for (const { key, at } of steps) {
        queue.add(key, at);
        model.set(key, Math.min(at, model.get(key) ?? Infinity));
      }
      const taken: number[] = [];
      for (;;) {
        const key = queue.takeDue(1000);
        if (key === undefined) break;
        taken.push(model.get(key) ?? -1);
        model.delete(key);
      }
      expect(taken).toEqual(taken.toSorted((a, b) => a - b));
      expect(model.size).toBe(0);
    }),
    { seed: 7 },
  );
});
