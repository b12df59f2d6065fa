import type { Random } from './clock.ts';

/** How delays grow: doubling from `baseMs` to `maximumMs`. */
export type BackoffOptions = { baseMs: number; maximumMs: number };

/** The delay before attempt number `failures` (0 is the first repetition), without jitter. */
export function exponentialMs(failures: number, { baseMs, maximumMs }: BackoffOptions): number {
  // 2 ** 1024 is Infinity, and Math.min takes care of that.
  return Math.min(baseMs * 2 ** failures, maximumMs);
}

/** A delay of half to all of `ms`, so that many clients do not come back together. */
export function jitteredMs(ms: number, random: Random): number {
  return ms / 2 + (ms / 2) * random();
}
