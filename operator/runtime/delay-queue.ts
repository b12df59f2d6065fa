/** Keys that become due at a time; of several times for one key the earliest counts. */
export class DelayQueue {
  /** A binary heap; an entry whose time is not the key's any more is skipped when it surfaces. */
  readonly #heap: { key: string; dueMs: number }[] = [];
  readonly #due = new Map<string, number>();

  get size(): number {
    return this.#due.size;
  }

  has(key: string): boolean {
    return this.#due.has(key);
  }

  /** Returns whether `key` is now due at `dueMs`; false when it was due earlier anyway. */
  add(key: string, dueMs: number): boolean {
    const before = this.#due.get(key);
    if (before !== undefined && before <= dueMs) return false;
    this.#due.set(key, dueMs);
    this.#push({ key, dueMs });
    return true;
  }

  delete(key: string): void {
    this.#due.delete(key);
  }

  clear(): void {
    this.#due.clear();
    this.#heap.length = 0;
  }

  /** When the next key is due; undefined when none waits. */
  nextDueMs(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.dueMs;
  }

  /** Takes out one key that is due; undefined when there is none. */
  takeDue(nowMs: number): string | undefined {
    this.#dropStale();
    const top = this.#heap[0];
    if (top === undefined || top.dueMs > nowMs) return undefined;
    this.#pop();
    this.#due.delete(top.key);
    return top.key;
  }

  #dropStale(): void {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || this.#due.get(top.key) === top.dueMs) return;
      this.#pop();
    }
  }

  #push(entry: { key: string; dueMs: number }): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.dueMs <= entry.dueMs) break;
      heap[index] = above;
      heap[parent] = entry;
      index = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    let index = 0;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        const candidate = heap[child];
        const best = heap[least];
        if (candidate !== undefined && best !== undefined && candidate.dueMs < best.dueMs) {
          least = child;
        }
      }
      if (least === index) return;
      const swapped = heap[least] as { key: string; dueMs: number };
      heap[least] = last;
      heap[index] = swapped;
      index = least;
    }
  }
}
