import { Problem } from '../problem.ts';

type Entry<T> = Readonly<{ value: T; untilMs: number }>;

export type TimedCacheOptions<T> = Readonly<{
  maxEntries: number;
  /** Questions that are open at once; another one is refused. */
  maxPending: number;
  ttlMs: (value: T) => number;
  monotonicMs: () => number;
}>;

/** Answers that hold for a while. A question that is being asked is not asked again beside it. */
export class TimedCache<T> {
  readonly #options: TimedCacheOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #pending = new Map<string, Promise<T>>();

  constructor(options: TimedCacheOptions<T>) {
    this.#options = options;
  }

  /** A question that fails is not kept. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key);
    if (entry !== undefined && this.#options.monotonicMs() < entry.untilMs) {
      return Promise.resolve(entry.value);
    }
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    if (this.#pending.size >= this.#options.maxPending) {
      const details = { retryAfterSeconds: 1 };
      const text = 'too much is being asked about at once; send it again';
      return Promise.reject(new Problem(503, 'Overloaded', text, details));
    }
    const asked = this.#ask(key, ask);
    this.#pending.set(key, asked);
    return asked;
  }

  async #ask(key: string, ask: () => Promise<T>): Promise<T> {
    try {
      const value = await ask();
      this.#keep(key, value);
      return value;
    } finally {
      this.#pending.delete(key);
    }
  }

  #keep(key: string, value: T): void {
    const { maxEntries, ttlMs, monotonicMs } = this.#options;
    // What was put in first is the first to run out.
    this.#entries.delete(key);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < maxEntries) break;
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, untilMs: monotonicMs() + ttlMs(value) });
  }
}
