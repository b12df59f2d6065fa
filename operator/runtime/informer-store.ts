import { Cache, type IndexFunction } from './cache.ts';
import type { DecodeError } from './decode.ts';
import { keyOf, type KubeObject, type ObjectKey } from './kube-object.ts';
import { errorFields, type Logger } from './logger.ts';
import type { RuntimeMetrics } from './metrics.ts';

/** What happened to one object. `previous` is what the cache held before. */
export type Change<T> = { type: 'added' | 'updated' | 'deleted'; object: T; previous?: T };

/** Called in the order of changes. It should only enqueue keys; what it throws is logged. */
export type ChangeHandler<T> = (change: Change<T>) => void;

/**
 * A cache, and those who want to know of its changes. What a transform, an index function or a
 * handler throws is reported and stays without effect on other objects and handlers.
 */
export class InformerStore<T extends KubeObject> {
  readonly cache: Cache<T>;
  readonly #resource: string;
  readonly #transform: ((object: T) => T) | undefined;
  readonly #metrics: RuntimeMetrics;
  readonly #logger: Logger;
  readonly #handlers: ChangeHandler<T>[] = [];

  constructor(options: {
    /** Label of the metrics. */
    resource: string;
    transform: ((object: T) => T) | undefined;
    indexes: Readonly<Record<string, IndexFunction<T>>> | undefined;
    metrics: RuntimeMetrics;
    logger: Logger;
  }) {
    this.cache = new Cache(options.indexes);
    this.#resource = options.resource;
    this.#transform = options.transform;
    this.#metrics = options.metrics;
    this.#logger = options.logger;
  }

  /** Reports every change from now on; objects that are known already come as `added` at once. */
  onChange(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
    for (const object of this.cache.list()) this.#call(handler, { type: 'added', object });
  }

  /** Takes in an object, unless this version of it is there. */
  upsert(received: T): void {
    const key = keyOf(received);
    const before = this.cache.get(key);
    if (before !== undefined && isSameVersion(before, received)) return;
    let object: T;
    try {
      object = this.#transform?.(received) ?? received;
      this.cache.set(object);
    } catch (error) {
      this.#metrics.decodeFailure(this.#resource);
      this.#logger.error({ object: key, ...errorFields(error) }, 'transform or index failed');
      return;
    }
    if (before === undefined) {
      this.#report({ type: 'added', object });
    } else if (before.metadata.uid === object.metadata.uid) {
      this.#report({ type: 'updated', object, previous: before });
    } else {
      // Deleted and created again while nobody watched: two objects, so two changes.
      this.#report({ type: 'deleted', object: before, previous: before });
      this.#report({ type: 'added', object });
    }
  }

  /** Takes an object out; `last` is how it was at its end, if that is known. */
  remove(key: ObjectKey, last?: T): void {
    const previous = this.cache.delete(key);
    if (previous === undefined) return;
    this.#report({ type: 'deleted', object: this.#transformed(last) ?? previous, previous });
  }

  #transformed(object: T | undefined): T | undefined {
    if (object === undefined || this.#transform === undefined) return object;
    try {
      return this.#transform(object);
    } catch {
      // The cached version of what is gone serves as well; a broken transform was reported before.
      return undefined;
    }
  }

  /** Counts and logs an object that could not be decoded. */
  reportFailure(failure: DecodeError): void {
    this.#metrics.decodeFailure(this.#resource);
    this.#logger.error({ object: failure.key, ...errorFields(failure) }, 'object not understood');
  }

  /** Removes what is not among `keys`. */
  retain(keys: ReadonlySet<ObjectKey>): void {
    for (const key of [...this.cache.keys()]) if (!keys.has(key)) this.remove(key);
  }

  #report(change: Change<T>): void {
    for (const handler of this.#handlers) this.#call(handler, change);
  }

  #call(handler: ChangeHandler<T>, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      const fields = { object: keyOf(change.object), change: change.type, ...errorFields(error) };
      this.#logger.error(fields, 'change handler threw');
    }
  }
}

function isSameVersion(a: KubeObject, b: KubeObject): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    a.metadata.resourceVersion !== undefined &&
    a.metadata.resourceVersion === b.metadata.resourceVersion
  );
}
