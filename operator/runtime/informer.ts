import type { ApiClient, ListPage, WatchEvent } from './api-client.ts';
import { ApiError } from './api-error.ts';
import type { BackoffOptions } from './backoff.ts';
import type { IndexFunction, Lister } from './cache.ts';
import { type Clock, type Random, sleep, systemClock } from './clock.ts';
import { keyOf, type KubeObject, type ObjectKey } from './kube-object.ts';
import { type ChangeHandler, InformerStore } from './informer-store.ts';
import { errorFields, type Logger, silentLogger, withFields } from './logger.ts';
import { noMetrics, type RuntimeMetrics, type WatchRestartReason } from './metrics.ts';
import {
  compareVersions,
  defaultReconnect,
  failuresThatCount,
  nextStep,
  type NextStep,
} from './reflector.ts';
import { type Resource, resourceName } from './resource.ts';

export type { Change, ChangeHandler } from './informer-store.ts';

/** What an informer needs. */
export type InformerOptions<T extends KubeObject> = {
  client: Pick<ApiClient, 'list' | 'watch'>;
  resource: Resource<T>;
  /** All namespaces when undefined. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Makes an object smaller before it is kept. It may change the object it is given. */
  transform?: ((object: T) => T) | undefined;
  indexes?: Readonly<Record<string, IndexFunction<T>>> | undefined;
  /** Objects in one page of a list; default 500. */
  pageSize?: number | undefined;
  random?: Random | undefined;
  clock?: Clock | undefined;
  /** Called whenever the watch is opened anew or everything listed again. */
  onRestart?: ((reason: WatchRestartReason) => void) | undefined;
  metrics?: RuntimeMetrics | undefined;
  logger?: Logger | undefined;
  /** Delays between attempts; default 200 ms to 30 s, jittered. */
  reconnect?: BackoffOptions | undefined;
  /** A watch without a byte for this long is opened anew; default 120,000. */
  silenceMs?: number | undefined;
};

/** What a controller needs of an informer. */
export type WatchedInformer<T extends KubeObject> = AnyInformer &
  Pick<Informer<T>, 'onChange' | 'cache'>;

/** An informer of whatever kind, for those who only start it and wait for it. */
export type AnyInformer = Pick<
  Informer<KubeObject>,
  'resource' | 'start' | 'hasSynced' | 'waitForSync'
>;

/** A watch that lives this long was a good one, even without an event. */
const healthyWatchMs = 5_000;
const minimumWatchSeconds = 300;
const spreadWatchSeconds = 300;

/**
 * Keeps a cache equal to a collection: lists it page by page, then follows it, through closed
 * connections, forgotten versions and restarts of the API server, for ever. An object that cannot
 * be decoded is reported and keeps its last good version; the others go on.
 */
export class Informer<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly #options: InformerOptions<T>;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #metrics: RuntimeMetrics;
  readonly #logger: Logger;
  readonly #store: InformerStore<T>;
  readonly #syncWaiters = new Set<() => void>();
  #pageSize: number;
  /** Where a watch goes on. */
  #version = '';
  #synced = false;
  #started = false;
  #failures = 0;
  #malformed = 0;
  /** Why the last list or watch ended, until something useful is received. */
  #previous: WatchRestartReason | undefined;

  constructor(options: InformerOptions<T>) {
    this.resource = options.resource;
    this.#options = options;
    this.#name = resourceName(options.resource);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#metrics = options.metrics ?? noMetrics;
    this.#logger = withFields(options.logger ?? silentLogger, { resource: this.#name });
    this.#store = new InformerStore({
      resource: this.#name,
      transform: options.transform,
      indexes: options.indexes,
      metrics: this.#metrics,
      logger: this.#logger,
    });
    this.#pageSize = options.pageSize ?? 500;
  }

  /** What is known of the collection; complete once `hasSynced`. */
  get cache(): Lister<T> {
    return this.#store.cache;
  }

  /** Reports every change from now on; objects that are known already come as `added` at once. */
  onChange(handler: ChangeHandler<T>): void {
    this.#store.onChange(handler);
  }

  /** Whether everything was listed once. */
  hasSynced(): boolean {
    return this.#synced;
  }

  /** Resolves with true once everything was listed, with false when the signal comes first. */
  waitForSync(signal?: AbortSignal): Promise<boolean> {
    if (this.#synced || signal?.aborted === true) return Promise.resolve(this.#synced);
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#syncWaiters.delete(finish);
        signal?.removeEventListener('abort', finish);
        resolve(this.#synced);
      };
      this.#syncWaiters.add(finish);
      signal?.addEventListener('abort', finish, { once: true });
    });
  }

  /** Runs until the signal is aborted; never rejects for what the API server does. */
  async start(signal: AbortSignal): Promise<void> {
    if (this.#started) throw new Error(`informer of ${this.#name}: it was started before`);
    this.#started = true;
    let action: NextStep['action'] = 'list';
    while (!signal.aborted) {
      const during: NextStep['action'] = action;
      let error: unknown;
      try {
        if (during === 'list') {
          await this.#list(signal);
          action = 'watch';
          continue;
        }
        await this.#watch(signal);
      } catch (caught) {
        error = caught;
      }
      if (signal.aborted) return;
      const step = this.#next(during, error);
      action = step.action;
      await sleep(this.#clock, step.delayMs, signal);
    }
  }

  #next(during: NextStep['action'], error: unknown): NextStep {
    const ending = {
      during,
      error,
      failures: this.#failures,
      malformed: this.#malformed,
      previous: this.#previous,
    };
    const failures = failuresThatCount(ending);
    const step = nextStep(ending, this.#options.reconnect ?? defaultReconnect, this.#random);
    this.#failures = failures + 1;
    this.#previous = step.reason;
    this.#malformed =
      step.reason === 'malformed' && step.action === during ? this.#malformed + 1 : 0;
    if (during === 'list' && step.reason === 'malformed') this.#shrinkPages(error);
    this.#metrics.watchRestart(this.#name, step.reason);
    this.#options.onRestart?.(step.reason);
    const fields = { during, next: step.action, delayMs: Math.round(step.delayMs), failures };
    if (error === undefined) this.#logger.debug(fields, 'watch ended');
    else
      this.#logger.warn({ ...fields, ...errorFields(error) }, `${during} failed: ${step.reason}`);
    return step;
  }

  #shrinkPages(error: unknown): void {
    if (!(error instanceof ApiError) || error.reason !== 'ResponseTooLarge') return;
    this.#pageSize = Math.max(1, Math.floor(this.#pageSize / 2));
  }

  /**
   * Objects go into the cache page by page, so that there is never a second copy of everything.
   * When a later page fails the cache is newer in part; the next list puts it right.
   */
  async #list(signal: AbortSignal): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    const present = new Set<ObjectKey>();
    let token: string | undefined;
    let version = '';
    do {
      const page: ListPage<T> = await this.#options.client.list(this.resource, {
        namespace: this.#options.namespace,
        labelSelector: this.#options.labelSelector,
        fieldSelector: this.#options.fieldSelector,
        limit: this.#pageSize,
        continue: token,
        signal,
      });
      for (const object of page.items) {
        present.add(keyOf(object));
        this.#store.upsert(object);
      }
      for (const failure of page.failures) {
        present.add(failure.key);
        this.#store.reportFailure(failure);
      }
      token = page.continue;
      version = page.resourceVersion;
    } while (token !== undefined);
    this.#store.retain(present);
    this.#version = version;
    // Not #failures: where each watch is refused at once, lists must not follow each other freely.
    this.#synced = true;
    for (const waiter of this.#syncWaiters) waiter();
    const seconds = (this.#clock.monotonicMs() - startedMs) / 1000;
    this.#metrics.list(this.#name, seconds);
    this.#metrics.cachedObjects(this.#name, this.cache.size);
    this.#logger.debug({ objects: this.cache.size, seconds }, 'listed');
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const openedMs = this.#clock.monotonicMs();
    try {
      const events = this.#options.client.watch(this.resource, {
        namespace: this.#options.namespace,
        labelSelector: this.#options.labelSelector,
        fieldSelector: this.#options.fieldSelector,
        resourceVersion: this.#version,
        timeoutSeconds: minimumWatchSeconds + Math.floor(this.#random() * spreadWatchSeconds),
        silenceMs: this.#options.silenceMs,
        signal,
      });
      for await (const event of events) {
        if (signal.aborted) return;
        this.#accept(event);
        this.#metrics.cachedObjects(this.#name, this.cache.size);
        this.#failures = 0;
        this.#malformed = 0;
        this.#previous = undefined;
      }
    } finally {
      if (this.#clock.monotonicMs() - openedMs >= healthyWatchMs) this.#failures = 0;
    }
  }

  #accept(event: WatchEvent<T>): void {
    switch (event.type) {
      case 'ERROR':
        throw event.error;
      case 'BOOKMARK':
        this.#advance(event.resourceVersion);
        return;
      case 'UNDECODABLE':
        if (!this.#advance(event.error.resourceVersion)) return;
        this.#store.reportFailure(event.error);
        if (event.of === 'DELETED') this.#store.remove(event.error.key);
        return;
      case 'ADDED':
      case 'MODIFIED':
        if (this.#advance(event.object.metadata.resourceVersion ?? ''))
          this.#store.upsert(event.object);
        return;
      case 'DELETED':
        if (this.#advance(event.object.metadata.resourceVersion ?? '')) {
          this.#store.remove(keyOf(event.object), event.object);
        }
        return;
      default:
        event satisfies never;
    }
  }

  /**
   * Moves to `version`; false when that was reached before, so that the event is a repetition.
   * A stream that goes backwards has lost its order, and what it meant cannot be known any more.
   */
  #advance(version: string): boolean {
    const order = compareVersions(version, this.#version);
    if (order === 0) return false;
    if (order !== undefined && order < 0) {
      throw new ApiError({
        status: 0,
        reason: 'OutOfOrder',
        message: `watch of ${this.#name}: resourceVersion ${version} came after ${this.#version}`,
      });
    }
    this.#version = version;
    return true;
  }
}
