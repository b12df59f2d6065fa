import type { Clock } from '../../runtime/clock.ts';
import type { ObjectKey } from '../../runtime/kube-object.ts';

/** Where a waiting IOCluster stands: its priority, and RFC 3339 since when it is there. */
export type Place = Readonly<{ priority: number; since: string }>;

export type WaitingLineOptions = Readonly<{
  clock: Clock;
  /** Grows with every change that could let a waiting cluster in. */
  openings: () => number;
  /** Called with all keys in order when something opened. */
  wake: (keys: readonly ObjectKey[]) => void;
  /** Called with the length of the line whenever it changed. */
  changed: (waiting: number) => void;
}>;

/** How often the line asks whether something opened. Capacity comes in bursts: one look for each. */
const lookEveryMs = 100;

/**
 * The IOClusters that wait for devices. When something opened that could let one in, all of them
 * are called in order: higher priority first, then who came first. Who still does not fit is
 * passed by (Kueue calls that BestEffortFIFO).
 */
export class WaitingLine {
  readonly #places = new Map<ObjectKey, Place>();
  readonly #options: WaitingLineOptions;
  #seenOpenings = -1;
  #ticking = false;

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  /**
   * Puts a cluster in line, after it was refused in the state that the inventory is in now. Once
   * `signal` is aborted nobody is called any more.
   */
  join(key: ObjectKey, place: Place, signal: AbortSignal): void {
    const before = this.#places.size;
    this.#places.set(key, place);
    if (this.#places.size !== before) this.#options.changed(this.#places.size);
    if (before === 0) this.#seenOpenings = this.#options.openings();
    this.#tick(signal);
  }

  leave(key: ObjectKey): void {
    if (this.#places.delete(key)) this.#options.changed(this.#places.size);
  }

  #tick(signal: AbortSignal): void {
    if (this.#ticking || this.#places.size === 0 || signal.aborted) return;
    this.#ticking = true;
    this.#options.clock.setTimeout(() => {
      this.#ticking = false;
      if (signal.aborted) return;
      this.#look();
      this.#tick(signal);
    }, lookEveryMs);
  }

  #look(): void {
    const openings = this.#options.openings();
    if (openings === this.#seenOpenings) return;
    this.#seenOpenings = openings;
    const order = [...this.#places].toSorted(([, a], [, b]) => compare(a, b));
    this.#options.wake(order.map(([key]) => key));
  }
}

function compare(a: Place, b: Place): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.since === b.since) return 0;
  return a.since < b.since ? -1 : 1;
}
