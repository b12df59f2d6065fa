import { type Clock, systemClock } from './clock.ts';
import { DelayQueue } from './delay-queue.ts';
import { noMetrics, type RuntimeMetrics } from './metrics.ts';
import { defaultRateLimit, RateLimiter, type RateLimiterOptions } from './rate-limiter.ts';

/** The queue holds as many keys as it may. */
export class WorkQueueFullError extends Error {
  override readonly name = 'WorkQueueFullError';
}

/** What the queue needs of the metrics. */
export type QueueMetrics = Pick<
  RuntimeMetrics,
  'queueDepth' | 'queueAdd' | 'queueLatency' | 'queueWork' | 'queueRetry' | 'queueRejected'
>;

/**
 * Keys that want work. A key waits at most once; a key that is added while it is worked on runs
 * once more afterwards, never at the same time. Safe for any number of workers in one process.
 */
export class WorkQueue {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #metrics: QueueMetrics;
  readonly #limiter: RateLimiter;
  readonly #maximumKeys: number;
  /** Keys in order; those before #head were handed out. */
  #order: string[] = [];
  #head = 0;
  /** Keys that want work, with the time since when. Not all are in #order: some are worked on. */
  readonly #wanting = new Map<string, number>();
  /** Keys that are worked on, with the time since when. */
  readonly #working = new Map<string, number>();
  readonly #delayed = new DelayQueue();
  readonly #waiters: ((key: string | undefined) => void)[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  #cancelTimer: (() => void) | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(
    options: {
      /** Label of the metrics. */
      name?: string;
      clock?: Clock;
      metrics?: QueueMetrics;
      rateLimit?: Partial<RateLimiterOptions>;
      /** Waiting, delayed and running keys together; default 200,000. */
      maximumKeys?: number;
    } = {},
  ) {
    this.#name = options.name ?? 'queue';
    this.#clock = options.clock ?? systemClock;
    this.#metrics = options.metrics ?? noMetrics;
    this.#limiter = new RateLimiter({ ...defaultRateLimit, ...options.rateLimit }, this.#clock);
    this.#maximumKeys = options.maximumKeys ?? 200_000;
  }

  /** Keys that could be handed out now. */
  get length(): number {
    return this.#order.length - this.#head;
  }

  /** Keys that are worked on. */
  get working(): number {
    return this.#working.size;
  }

  /** Keys that become due later. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Whether many keys can be added now without others being refused. */
  get hasRoom(): boolean {
    return this.#held < this.#maximumKeys && this.length * 2 < this.#maximumKeys;
  }

  /** How long the oldest waiting key has been waiting, in milliseconds; 0 when none is. */
  oldestWaitMs(): number {
    const key = this.#order[this.#head];
    const since = key === undefined ? undefined : this.#wanting.get(key);
    return since === undefined ? 0 : this.#clock.monotonicMs() - since;
  }

  /** How long the key that is worked on longest has been, in milliseconds; 0 when none is. */
  longestWorkMs(): number {
    // A Map keeps the order of insertion: the first one started first.
    for (const since of this.#working.values()) return this.#clock.monotonicMs() - since;
    return 0;
  }

  /** Wants work for `key`, now. Throws WorkQueueFullError; does nothing after shutdown. */
  add(key: string): void {
    if (this.#closed || this.#wanting.has(key)) return;
    this.#checkRoom(key);
    this.#want(key);
  }

  /** Wants work for `key` after `ms`; of several delays the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    this.#checkRoom(key);
    if (this.#delayed.add(key, this.#clock.monotonicMs() + ms)) this.#schedule();
  }

  /** Wants work for a `key` that failed: later each time, and not too many keys a second. */
  addRateLimited(key: string): void {
    if (this.#closed) return;
    this.#metrics.queueRetry(this.#name);
    this.addAfter(key, this.#limiter.delayMs(key));
  }

  /** `key` is well again: its next failure counts as the first. */
  forget(key: string): void {
    this.#limiter.forget(key);
  }

  /** Failures of `key` since it was last forgotten. */
  failures(key: string): number {
    return this.#limiter.failures(key);
  }

  /** The next key, as soon as there is one; undefined after shutdown. `done` must follow. */
  get(): Promise<string | undefined> {
    const key = this.#take();
    if (key !== undefined || this.#closed) return Promise.resolve(key);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** The work on `key` has ended. */
  done(key: string): void {
    const since = this.#working.get(key);
    if (since === undefined) return;
    this.#working.delete(key);
    this.#metrics.queueWork(this.#name, (this.#clock.monotonicMs() - since) / 1000);
    if (this.#wanting.has(key)) this.#offer(key);
    this.#announceIdle();
  }

  /**
   * Takes no more keys and drops delayed ones. What waits is still handed out, or dropped with
   * `discard`; workers then get undefined.
   */
  shutdown(options: { discard?: boolean } = {}): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#delayed.clear();
    if (options.discard === true) {
      this.#wanting.clear();
      this.#order = [];
      this.#head = 0;
    }
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
    this.#reportDepth();
    this.#announceIdle();
  }

  /** Resolves when, after shutdown, nothing waits and nothing is worked on. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
      this.#announceIdle();
    });
  }

  #want(key: string): void {
    if (this.#wanting.has(key)) return;
    this.#metrics.queueAdd(this.#name);
    this.#wanting.set(key, this.#clock.monotonicMs());
    if (!this.#working.has(key)) this.#offer(key);
  }

  #announceIdle(): void {
    if (!this.#closed || this.#wanting.size > 0 || this.#working.size > 0) return;
    for (const waiter of this.#idleWaiters.splice(0)) waiter();
  }

  get #held(): number {
    return this.#wanting.size + this.#delayed.size + this.#working.size;
  }

  #checkRoom(key: string): void {
    if (this.#held < this.#maximumKeys || this.#delayed.has(key)) return;
    this.#metrics.queueRejected(this.#name);
    throw new WorkQueueFullError(
      `queue ${this.#name}: ${this.#held} keys wait already, the most it may hold; ${key} was refused`,
    );
  }

  #offer(key: string): void {
    this.#order.push(key);
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter(this.#take());
    else this.#reportDepth();
  }

  #take(): string | undefined {
    const key = this.#order[this.#head];
    if (key === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#head);
      this.#head = 0;
    }
    const now = this.#clock.monotonicMs();
    const since = this.#wanting.get(key) ?? now;
    this.#wanting.delete(key);
    this.#working.set(key, now);
    this.#metrics.queueLatency(this.#name, (now - since) / 1000);
    this.#reportDepth();
    return key;
  }

  #schedule(): void {
    const dueMs = this.#delayed.nextDueMs();
    if (dueMs === undefined || dueMs >= this.#timerDueMs) return;
    this.#cancelTimer?.();
    this.#timerDueMs = dueMs;
    this.#cancelTimer = this.#clock.setTimeout(() => {
      this.#timerDueMs = Number.POSITIVE_INFINITY;
      this.#cancelTimer = undefined;
      this.#releaseDue();
    }, dueMs - this.#clock.monotonicMs());
  }

  #releaseDue(): void {
    const now = this.#clock.monotonicMs();
    for (;;) {
      const key = this.#delayed.takeDue(now);
      if (key === undefined) break;
      // It counted against the limit while it was delayed, so there is room.
      this.#want(key);
    }
    this.#schedule();
  }

  #reportDepth(): void {
    this.#metrics.queueDepth(this.#name, this.length);
  }
}
