import type { IndexFunction } from '../runtime/cache.ts';
import type { ChangeHandler, WatchedInformer } from '../runtime/informer.ts';
import { InformerStore } from '../runtime/informer-store.ts';
import { keyOf, type KubeObject } from '../runtime/kube-object.ts';
import { silentLogger } from '../runtime/logger.ts';
import { noMetrics } from '../runtime/metrics.ts';
import type { Resource } from '../runtime/resource.ts';

/** An informer that a test feeds by hand; it is synced from the beginning. */
export class FakeInformer<T extends KubeObject> implements WatchedInformer<T> {
  readonly resource: Resource<T>;
  readonly #store: InformerStore<T>;

  constructor(resource: Resource<T>, indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    this.resource = resource;
    this.#store = new InformerStore({
      resource: resource.plural,
      transform: undefined,
      indexes,
      metrics: noMetrics,
      logger: silentLogger,
    });
  }

  get cache() {
    return this.#store.cache;
  }

  onChange(handler: ChangeHandler<T>): void {
    this.#store.onChange(handler);
  }

  hasSynced(): boolean {
    return true;
  }

  waitForSync(): Promise<boolean> {
    return Promise.resolve(true);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** As a watch that brings an object. */
  put(object: T): void {
    this.#store.upsert(object);
  }

  /** As a watch that brings its end. */
  drop(object: T): void {
    this.#store.remove(keyOf(object), object);
  }
}
