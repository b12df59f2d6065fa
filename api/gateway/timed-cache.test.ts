import { beforeEach, expect, test } from '@jest/globals';
import { TimedCache } from './timed-cache.ts';

let nowMs: number;
let asked: string[];
let cache: TimedCache<boolean>;

beforeEach(() => {
  nowMs = 0;
  asked = [];
  cache = new TimedCache({
    maxEntries: 2,
    maxPending: 2,
    ttlMs: (yes) => (yes ? 10 : 5),
    monotonicMs: () => nowMs,
  });
});

const get = (key: string, answer = true): Promise<boolean> =>
  cache.get(key, async () => {
    asked.push(key);
    return answer;
  });

test('an answer holds for its time, a refusal for its own', async () => {
  expect([await get('a'), await get('b', false)]).toEqual([true, false]);
  nowMs = 4;
  expect([await get('a', false), await get('b', true)]).toEqual([true, false]);
  nowMs = 5;
  expect(await get('b', true)).toBe(true);
  nowMs = 10;
  expect(await get('a', false)).toBe(false);
  expect(asked).toEqual(['a', 'b', 'b', 'a']);
});

test('a question is asked once at a time, and so many at once', async () => {
  const together = [get('a'), get('a'), get('b')];
  await expect(get('c')).rejects.toMatchObject({ status: 503, reason: 'Overloaded' });
  await Promise.all(together);
  expect(asked).toEqual(['a', 'b']);
  expect(await get('c')).toBe(true);
});

test('a question that failed is asked again', async () => {
  await expect(cache.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await get('a')).toBe(true);
});

test('the oldest goes when there are too many', async () => {
  for (const key of ['a', 'b', 'c']) await get(key);
  await get('b');
  await get('a');
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});
