import { keyOf, type KubeObject, type ObjectKey } from './kube-object.ts';

/** The read side of a cache. Objects are shared: nobody may change them. */
export type Lister<T> = {
  get(key: ObjectKey): T | undefined;
  /** Every object, in no particular order. */
  list(): readonly T[];
  keys(): IterableIterator<ObjectKey>;
  /** Objects for which the index `name` gave `value`. Throws when there is no such index. */
  byIndex(name: string, value: string): readonly T[];
  readonly size: number;
};

/** Values of one object under one index. */
export type IndexFunction<T> = (object: T) => readonly string[];

const none: readonly string[] = [];

/** Objects by key, and by the values that index functions give for them. */
export class Cache<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexes = new Map<
    string,
    { valuesOf: IndexFunction<T>; keys: Map<string, Set<ObjectKey>> }
  >();

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      this.#indexes.set(name, { valuesOf, keys: new Map() });
    }
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  keys(): IterableIterator<ObjectKey> {
    return this.#objects.keys();
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) {
      const known = [...this.#indexes.keys()].join(', ');
      throw new Error(`index ${name}: no such index; known: ${known === '' ? 'none' : known}`);
    }
    const objects: T[] = [];
    for (const key of index.keys.get(value) ?? none) {
      const object = this.#objects.get(key);
      if (object !== undefined) objects.push(object);
    }
    return objects;
  }

  /** Puts an object in, and gives back what was there. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    // All values first: an index function that throws leaves everything as it was.
    const changes = [...this.#indexes.values()].map(({ valuesOf, keys }) => ({
      keys,
      before: previous === undefined ? none : valuesOf(previous),
      after: valuesOf(object),
    }));
    for (const { keys, before, after } of changes) {
      for (const value of before) if (!after.includes(value)) removeFrom(keys, value, key);
      for (const value of after) if (!before.includes(value)) addTo(keys, value, key);
    }
    this.#objects.set(key, object);
    return previous;
  }

  /** Takes an object out, and gives it back. */
  delete(key: ObjectKey): T | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#objects.delete(key);
    for (const { valuesOf, keys } of this.#indexes.values()) {
      for (const value of valuesOf(previous)) removeFrom(keys, value, key);
    }
    return previous;
  }
}

function addTo(keys: Map<string, Set<ObjectKey>>, value: string, key: ObjectKey): void {
  const set = keys.get(value);
  if (set === undefined) keys.set(value, new Set([key]));
  else set.add(key);
}

function removeFrom(keys: Map<string, Set<ObjectKey>>, value: string, key: ObjectKey): void {
  const set = keys.get(value);
  if (set === undefined) return;
  set.delete(key);
  if (set.size === 0) keys.delete(value);
}
