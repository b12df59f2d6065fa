import type { ObjectKey } from '../../runtime/kube-object.ts';

/** Keys that wait, each since when it waits first; the oldest comes first. */
export class Pending {
  readonly #since = new Map<ObjectKey, number>();

  get size(): number {
    return this.#since.size;
  }

  /** Since when the oldest waits; undefined when none does. */
  get oldestMs(): number | undefined {
    for (const since of this.#since.values()) return since;
    return undefined;
  }

  add(key: ObjectKey, sinceMs: number): void {
    if (!this.#since.has(key)) this.#since.set(key, sinceMs);
  }

  delete(key: ObjectKey): void {
    this.#since.delete(key);
  }

  clear(): void {
    this.#since.clear();
  }

  /** Takes at most `limit` keys out, the oldest first. */
  take(limit: number): readonly (readonly [ObjectKey, number])[] {
    const taken: (readonly [ObjectKey, number])[] = [];
    for (const entry of this.#since) {
      if (taken.length >= limit) break;
      taken.push(entry);
    }
    for (const [key] of taken) this.#since.delete(key);
    return taken;
  }

  /** Puts back what was taken: it goes on waiting from when it did, before what came later. */
  restore(taken: readonly (readonly [ObjectKey, number])[]): void {
    const later = [...this.#since];
    this.#since.clear();
    for (const [key, since] of [...taken, ...later]) this.add(key, since);
  }
}
