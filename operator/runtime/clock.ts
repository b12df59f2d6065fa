/** Time as the runtime sees it. Production passes `systemClock`, tests a clock that they move. */
export type Clock = {
  /** Wall time in milliseconds since the epoch: for timestamps that others read. */
  now(): number;
  /** Milliseconds that only grow, from an arbitrary start: for every duration and deadline. */
  monotonicMs(): number;
  /** Calls `callback` once after `ms`; the returned function cancels it. */
  setTimeout(callback: () => void, ms: number): () => void;
};

/** Node's timers overflow above this and would fire at once. */
const maximumTimerMs = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), maximumTimerMs));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or at once when the signal is aborted; it never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.setTimeout(finish, ms);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** A number in [0, 1); production passes `Math.random`, tests a seeded source. */
export type Random = () => number;

/** Wall time as metav1.MicroTime, which wants exactly six digits after the second. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
