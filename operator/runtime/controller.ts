import { randomBytes } from 'node:crypto';
import { ApiError } from './api-error.ts';
import { type Clock, type Random, systemClock } from './clock.ts';
import type { AnyInformer, Change, WatchedInformer } from './informer.ts';
import { keyOf, type KubeObject, type ObjectKey } from './kube-object.ts';
import { errorFields, type Logger, silentLogger, withFields } from './logger.ts';
import { noMetrics, type ReconcileOutcome, type RuntimeMetrics } from './metrics.ts';
import type { RateLimiterOptions } from './rate-limiter.ts';
import { type Reconcile, type Result, TerminalError } from './reconcile.ts';
import { WorkQueue, WorkQueueFullError } from './work-queue.ts';

export { TerminalError } from './reconcile.ts';
export type { Reconcile, Result } from './reconcile.ts';

/** What a controller needs. */
export type ControllerOptions = {
  name: string;
  reconcile: Reconcile;
  /** Keys at once; default 4. */
  concurrency?: number;
  queue?: WorkQueue;
  /** Limits of the queue made when none is given. */
  rateLimit?: Partial<RateLimiterOptions>;
  /** For one reconcile; default 30,000. */
  timeoutMs?: number;
  /** Every key of the watched informers comes again within this time; never by default. */
  resyncPeriodMs?: number;
  metrics?: RuntimeMetrics;
  logger?: Logger;
  clock?: Clock;
  random?: Random;
};

type Source = { informer: AnyInformer; keys: () => Iterable<ObjectKey> };

/** After this many time limits without an end a reconcile counts as stuck. */
const stuckTimeouts = 4;

/**
 * Runs one reconcile function for the keys that its informers report: each key at most once at a
 * time, failures later and later, each within its time limit.
 */
export class Controller {
  readonly name: string;
  readonly #reconcile: Reconcile;
  readonly #concurrency: number;
  readonly #queue: WorkQueue;
  readonly #timeoutMs: number;
  readonly #resyncPeriodMs: number | undefined;
  readonly #metrics: RuntimeMetrics;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sources: Source[] = [];
  readonly #abort = new AbortController();
  readonly #idPrefix = randomBytes(4).toString('hex');
  #reconciles = 0;
  #overflowed = false;
  #sweep: Generator<ObjectKey, void, undefined> | undefined;
  #token: number | undefined;
  #workers: Promise<void>[] = [];
  #cancelResync: (() => void) | undefined;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#reconcile = options.reconcile;
    this.#concurrency = options.concurrency ?? 4;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#resyncPeriodMs = options.resyncPeriodMs;
    this.#metrics = options.metrics ?? noMetrics;
    this.#logger = withFields(options.logger ?? silentLogger, { controller: options.name });
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#queue =
      options.queue ??
      new WorkQueue({
        name: options.name,
        clock: this.#clock,
        metrics: this.#metrics,
        rateLimit: options.rateLimit ?? {},
      });
  }

  /** The informers that must be synced before this controller works. */
  get informers(): readonly AnyInformer[] {
    return this.#sources.map((source) => source.informer);
  }

  /** Keys that wait now. */
  get queueLength(): number {
    return this.#queue.length;
  }

  /**
   * Enqueues a key for every change in `informer`: the object's own, or those that `map` gives.
   * For an update `map` is asked about the object before it too, so that what it used to refer
   * to hears of it.
   */
  watch<T extends KubeObject>(
    informer: WatchedInformer<T>,
    map?: (object: T, change: Change<T>) => Iterable<ObjectKey>,
  ): this {
    const keysOf = (change: Change<T>): Iterable<ObjectKey> => {
      if (map === undefined) return [keyOf(change.object)];
      const keys = new Set(map(change.object, change));
      if (change.previous !== undefined && change.previous !== change.object) {
        for (const key of map(change.previous, change)) keys.add(key);
      }
      return keys;
    };
    informer.onChange((change) => {
      for (const key of keysOf(change)) this.enqueue(key);
    });
    this.#sources.push({
      informer,
      keys: () => allKeys(informer, map),
    });
    return this;
  }

  /** Wants a reconcile of `key`. When the queue is full all keys come later instead. */
  enqueue(key: ObjectKey): void {
    this.#orOverflow(() => this.#queue.add(key));
  }

  /** Wants a reconcile of `key` after `ms`; of several delays the earliest counts. */
  enqueueAfter(key: ObjectKey, ms: number): void {
    this.#orOverflow(() => this.#queue.addAfter(key, ms));
  }

  /** Starts the workers; they run until `stop`. `token` is the leader's fencing token. */
  start(options: { token?: number | undefined } = {}): void {
    this.#token = options.token;
    for (let index = 0; index < this.#concurrency; index += 1) this.#workers.push(this.#work());
    this.#scheduleResync();
  }

  /** Takes no more keys and resolves when the reconciles under way have ended. */
  async stop(): Promise<void> {
    this.#cancelResync?.();
    // What waits is not lost: whoever starts next lists everything.
    this.#queue.shutdown({ discard: true });
    await Promise.all(this.#workers);
  }

  /** Aborts the signal of the reconciles under way. */
  abort(): void {
    this.#abort.abort(new Error('the process stops'));
  }

  /** A sentence on why this controller does not move; undefined when it does. */
  problem(): string | undefined {
    const longestMs = this.#queue.longestWorkMs();
    if (longestMs > stuckTimeouts * this.#timeoutMs) {
      return `a reconcile has been running for ${Math.round(longestMs / 1000)} s`;
    }
    return undefined;
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#queue.get();
      if (key === undefined) return;
      try {
        await this.#runOne(key);
      } finally {
        this.#queue.done(key);
      }
      this.#catchUp();
    }
  }

  async #runOne(key: ObjectKey): Promise<void> {
    this.#reconciles += 1;
    const reconcileId = `${this.#idPrefix}-${this.#reconciles.toString(36)}`;
    const logger = withFields(this.#logger, { object: key, reconcileId });
    const limit = new AbortController();
    const stop = (): void => limit.abort(this.#abort.signal.reason);
    if (this.#abort.signal.aborted) stop();
    else this.#abort.signal.addEventListener('abort', stop, { once: true });
    let timedOut = false;
    const cancel = this.#clock.setTimeout(() => {
      timedOut = true;
      logger.warn({ timeoutMs: this.#timeoutMs }, 'reconcile takes too long, it is aborted');
      limit.abort(new Error(`no end after ${this.#timeoutMs} ms`));
    }, this.#timeoutMs);
    const startedMs = this.#clock.monotonicMs();
    let outcome: ReconcileOutcome;
    try {
      const result = await this.#reconcile(key, {
        signal: limit.signal,
        logger,
        reconcileId,
        failures: this.#queue.failures(key),
        ...(this.#token === undefined ? {} : { token: this.#token }),
      });
      outcome = this.#finish(key, result);
    } catch (error) {
      outcome = this.#fail(key, error, { logger, timedOut });
    } finally {
      cancel();
      this.#abort.signal.removeEventListener('abort', stop);
    }
    const seconds = (this.#clock.monotonicMs() - startedMs) / 1000;
    this.#metrics.reconcile(this.name, outcome, seconds);
    logger.debug({ outcome, seconds }, 'reconciled');
  }

  #finish(key: ObjectKey, result: Result): ReconcileOutcome {
    this.#queue.forget(key);
    if (result === undefined) return 'success';
    this.enqueueAfter(key, result.requeueAfterMs);
    return 'requeue';
  }

  #fail(
    key: ObjectKey,
    error: unknown,
    context: { logger: Logger; timedOut: boolean },
  ): ReconcileOutcome {
    const fields = errorFields(error);
    if (error instanceof TerminalError) {
      this.#queue.forget(key);
      context.logger.error(fields, 'reconcile failed for good');
      return 'terminal';
    }
    this.#orOverflow(() => this.#queue.addRateLimited(key));
    if (this.#abort.signal.aborted) return 'error';
    if (context.timedOut) {
      context.logger.error(fields, 'reconcile timed out');
      return 'timeout';
    }
    if (error instanceof ApiError && error.isConflict) {
      context.logger.debug(fields, 'the object changed meanwhile');
      return 'conflict';
    }
    context.logger.error({ ...fields, stack: stackOf(error) }, 'reconcile failed');
    return 'error';
  }

  #orOverflow(add: () => void): void {
    try {
      add();
    } catch (error) {
      if (!(error instanceof WorkQueueFullError)) throw error;
      if (!this.#overflowed) this.#logger.error(errorFields(error), 'queue full');
      this.#overflowed = true;
    }
  }

  /** After a full queue, takes in all keys that there are, as fast as room becomes free. */
  #catchUp(): void {
    if (this.#sweep === undefined) {
      if (!this.#overflowed) return;
      this.#overflowed = false;
      this.#sweep = this.#allKeys();
    }
    while (this.#queue.hasRoom) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        return;
      }
      this.enqueue(next.value);
    }
  }

  *#allKeys(): Generator<ObjectKey, void, undefined> {
    for (const source of this.#sources) yield* source.keys();
  }

  /** All keys, spread evenly over one period from now, and so on. */
  #scheduleResync(): void {
    const periodMs = this.#resyncPeriodMs;
    if (periodMs === undefined) return;
    this.#cancelResync = this.#clock.setTimeout(() => {
      for (const key of this.#allKeys()) this.enqueueAfter(key, this.#random() * periodMs);
      this.#scheduleResync();
    }, periodMs);
  }
}

function* allKeys<T extends KubeObject>(
  informer: WatchedInformer<T>,
  map: ((object: T, change: Change<T>) => Iterable<ObjectKey>) | undefined,
): Generator<ObjectKey, void, undefined> {
  if (map === undefined) {
    yield* informer.cache.keys();
    return;
  }
  for (const object of informer.cache.list()) yield* map(object, { type: 'updated', object });
}

/** Only for errors that are a bug: an API error's stack says nothing. */
function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof ApiError) return undefined;
  return error.stack?.split('\n').slice(1, 6).join('\n');
}
