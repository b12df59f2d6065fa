import type { Lister } from './cache.ts';
import { keyOf, type KubeObject, type ObjectKey } from './kube-object.ts';
import { compareVersions } from './reflector.ts';

/**
 * A cache that does not lag behind what this process wrote itself. Without it a reconcile that
 * runs before the watch has brought its own last write would do that write, and tell its event,
 * once more.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #cache: Lister<T>;
  readonly #written = new Map<ObjectKey, T>();

  constructor(cache: Lister<T>) {
    this.#cache = cache;
  }

  /** The newest known version; undefined when the cache has no such object. */
  get(key: ObjectKey): T | undefined {
    const cached = this.#cache.get(key);
    const written = this.#written.get(key);
    if (written === undefined) return cached;
    if (cached !== undefined && isOlder(cached, written)) return written;
    this.#written.delete(key);
    return cached;
  }

  /** The API server's answer to a write of this process. */
  wrote(object: T): void {
    const key = keyOf(object);
    const cached = this.#cache.get(key);
    if (cached === undefined || isOlder(cached, object)) this.#written.set(key, object);
  }
}

/** Versions that cannot be compared, or another object of the same name: the cache is right. */
function isOlder(cached: KubeObject, written: KubeObject): boolean {
  if (cached.metadata.uid !== written.metadata.uid) return false;
  const { resourceVersion: a = '' } = cached.metadata;
  const { resourceVersion: b = '' } = written.metadata;
  return (compareVersions(a, b) ?? 0) < 0;
}
