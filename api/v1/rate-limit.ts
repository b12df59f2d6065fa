import { isIPv6 } from 'node:net';
import { Problem } from '../problem.ts';

export type BucketOptions = Readonly<{
  perSecond: number;
  burst: number;
  /** Of those that were seen last; who is forgotten begins with a full bucket. */
  maxKeys: number;
  monotonicMs: () => number;
}>;

type Bucket = { left: number; atMs: number };

/** A bucket of tokens for each key, that fills up as time passes. */
export class TokenBuckets {
  readonly #options: BucketOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** Takes one. Returns 0, or after how many seconds there will be one. */
  take(key: string): number {
    const bucket = this.#filled(key);
    if (bucket.left < 1) return (1 - bucket.left) / this.#options.perSecond;
    bucket.left -= 1;
    return 0;
  }

  /** After how many seconds there will be one, without taking it. */
  waitFor(key: string): number {
    const { left } = this.#filled(key);
    return left < 1 ? (1 - left) / this.#options.perSecond : 0;
  }

  #filled(key: string): Bucket {
    const { perSecond, burst, maxKeys, monotonicMs } = this.#options;
    const nowMs = monotonicMs();
    const before = this.#buckets.get(key) ?? { left: burst, atMs: nowMs };
    const left = Math.min(burst, before.left + ((nowMs - before.atMs) / 1000) * perSecond);
    const bucket = { left, atMs: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > maxKeys) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return bucket;
  }
}

/** Throws the problem of who asks too often. */
export function refuseAfter(seconds: number): void {
  if (seconds <= 0) return;
  const text = 'too many requests; wait as long as Retry-After says';
  throw new Problem(429, 'TooManyRequests', text, { retryAfterSeconds: Math.max(1, seconds) });
}

/** Addresses that one household or host has are one: of IPv6, the first 64 bits. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(?<four>\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.groups?.['four'];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::', 2) ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
