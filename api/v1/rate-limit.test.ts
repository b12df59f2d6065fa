import { describe, expect, test } from '@jest/globals';
import { addressKey, refuseAfter, TokenBuckets } from './rate-limit.ts';

describe('a bucket', () => {
  let nowMs = 0;
  const buckets = (maxKeys = 10) =>
    new TokenBuckets({ perSecond: 2, burst: 3, maxKeys, monotonicMs: () => nowMs });
  const takes = (of: TokenBuckets, key: string, times: number): number[] =>
    Array.from({ length: times }, () => of.take(key));

  test('gives a burst, then as much as time brings, and no more than the burst again', () => {
    const some = buckets();
    expect(takes(some, 'a', 4)).toEqual([0, 0, 0, 0.5]);
    nowMs += 500;
    expect(some.waitFor('a')).toBe(0);
    expect(takes(some, 'a', 2)).toEqual([0, 0.5]);
    nowMs += 3_600_000;
    expect(takes(some, 'a', 4)).toEqual([0, 0, 0, 0.5]);
  });

  test('is of one key alone', () => {
    const some = buckets();
    takes(some, 'a', 3);
    expect(some.take('b')).toBe(0);
  });

  test('is forgotten when too many others came since', () => {
    const some = buckets(2);
    takes(some, 'a', 3);
    takes(some, 'b', 3);
    expect(some.take('a')).toBeGreaterThan(0);
    some.take('c');
    expect(some.take('a')).toBeGreaterThan(0);
    expect(some.take('b')).toBe(0);
  });
});

test('who asks too often is told when to come again, in whole seconds', () => {
  expect(() => refuseAfter(0)).not.toThrow();
  expect(() => refuseAfter(0.05)).toThrow(
    expect.objectContaining({ status: 429, details: { retryAfterSeconds: 1 } }),
  );
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('the address %s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});
