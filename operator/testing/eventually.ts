import { setTimeout as delay } from 'node:timers/promises';

const DEFAULT_WITHIN_MS = 10_000;
const DEFAULT_EVERY_MS = 25;

export type EventuallyOptions = {
  /** The deadline, default 10 s. */
  readonly withinMs?: number;
  /** The pause between two checks, default 25 ms. */
  readonly everyMs?: number;
};

/**
 * Runs `check` until it neither throws nor rejects, and returns what it returned. It may hold
 * `expect` calls. After the deadline the last error is thrown, with the time that was waited.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = DEFAULT_WITHIN_MS, everyMs = DEFAULT_EVERY_MS }: EventuallyOptions = {},
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) {
        if (error instanceof Error) error.message = `after ${withinMs} ms still: ${error.message}`;
        throw error;
      }
    }
    await delay(everyMs);
  }
}
