import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { exponentialMs, jitteredMs } from './backoff.ts';
import { defaultRateLimit, RateLimiter, TokenBucket } from './rate-limiter.ts';

describe('exponential back-off', () => {
  test('doubles from its base to its maximum, however many failures', () => {
    const delays = [0, 1, 2, 10, 18, 5000].map((failures) =>
      exponentialMs(failures, { baseMs: 5, maximumMs: 1_000_000 }),
    );
    expect(delays).toEqual([5, 10, 20, 5120, 1_000_000, 1_000_000]);
  });

  test('jitter leaves between half and all of it', () => {
    expect(jitteredMs(100, () => 0)).toBe(50);
    expect(jitteredMs(100, () => 0.999_999)).toBeCloseTo(100, 3);
  });
});

describe('a token bucket', () => {
  test('lets a burst pass and then one token after the other', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ perSecond: 10, burst: 2, clock });
    expect([bucket.reserve(), bucket.reserve(), bucket.reserve(), bucket.reserve()]).toEqual([
      0, 0, 100, 200,
    ]);
    await clock.advance(200);
    expect(bucket.reserve()).toBeCloseTo(100);
  });

  test('never holds more than its burst', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ perSecond: 10, burst: 2, clock });
    await clock.advance(60_000);
    expect([bucket.tryTake(), bucket.tryTake(), bucket.tryTake()]).toEqual([true, true, false]);
  });
});

describe('the limiter of a work queue', () => {
  test('a key waits longer each time, until it is forgotten', () => {
    const limiter = new RateLimiter(defaultRateLimit, new ManualClock());
    expect([1, 2, 3].map(() => limiter.delayMs('a'))).toEqual([5, 10, 20]);
    expect(limiter.delayMs('b')).toBe(5);
    expect(limiter.failures('a')).toBe(3);
    limiter.forget('a');
    expect(limiter.failures('a')).toBe(0);
    expect(limiter.delayMs('a')).toBe(5);
  });

  test('many failing keys share ten attempts a second after the first hundred', () => {
    const limiter = new RateLimiter(defaultRateLimit, new ManualClock());
    const delays = Array.from({ length: 103 }, (_, index) => limiter.delayMs(`key-${index}`));
    expect(delays.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 5));
    expect(delays.slice(100)).toEqual([100, 200, 300]);
  });
});
