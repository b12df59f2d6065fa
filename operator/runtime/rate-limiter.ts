import { type BackoffOptions, exponentialMs } from './backoff.ts';
import type { Clock } from './clock.ts';

/** Tokens that come back at a steady rate; whoever takes one too many waits for it. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #atMs: number;

  constructor(options: { perSecond: number; burst: number; clock: Clock }) {
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#clock = options.clock;
    this.#tokens = options.burst;
    this.#atMs = options.clock.monotonicMs();
  }

  /** Takes one token and says how many milliseconds to wait until it is there. */
  reserve(): number {
    this.#refill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  /** Takes a token if there is one. */
  tryTake(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whether nothing was taken for so long that the bucket is as good as new. */
  get full(): boolean {
    this.#refill();
    return this.#tokens >= this.#burst;
  }

  #refill(): void {
    const now = this.#clock.monotonicMs();
    const gained = ((now - this.#atMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#atMs = now;
  }
}

/** How a work queue slows down what fails. */
export type RateLimiterOptions = BackoffOptions & { perSecond: number; burst: number };

/** client-go's defaults: 5 ms doubling to 1000 s for one key, 10 a second for all together. */
export const defaultRateLimit: RateLimiterOptions = {
  baseMs: 5,
  maximumMs: 1_000_000,
  perSecond: 10,
  burst: 100,
};

/** The longer of a key's own exponential delay and the wait for a token that all keys share. */
export class RateLimiter {
  readonly #failures = new Map<string, number>();
  readonly #bucket: TokenBucket;
  readonly #options: RateLimiterOptions;

  constructor(options: RateLimiterOptions, clock: Clock) {
    this.#options = options;
    this.#bucket = new TokenBucket({ ...options, clock });
  }

  /** Counts a failure of `key` and says how many milliseconds to wait. */
  delayMs(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return Math.max(exponentialMs(failures, this.#options), this.#bucket.reserve());
  }

  /** Failures of `key` since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** `key` succeeded, or will not be tried again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }
}
