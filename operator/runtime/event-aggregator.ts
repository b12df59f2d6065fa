import type { Clock } from './clock.ts';
import { TokenBucket } from './rate-limiter.ts';

/** What an Event says; it does not repeat the time or a count. */
export type EventNote = { type: 'Normal' | 'Warning'; reason: string; message: string };

/** One Event that exists in the cluster, or is about to. */
export type EventEntry = {
  /** Name of the Event object. */
  name: string;
  /** First occurrence, and the last, in epoch milliseconds. */
  firstMs: number;
  lastMs: number;
  count: number;
  /** When it was last decided to write it. */
  writtenMs: number;
};

/** Whether an event is new, repeats one, is only counted for now, or is too much. */
export type EventDecision =
  | { kind: 'create'; entry: EventEntry }
  | { kind: 'repeat'; entry: EventEntry }
  | { kind: 'count'; entry: EventEntry }
  | { kind: 'drop' };

/** Limits of the aggregation. */
export type EventLimits = {
  /** A repetition within this time after the last one joins its series. */
  windowMs: number;
  /** New events of one object: this many at once, then one in `refillMs`. */
  burst: number;
  refillMs: number;
  /** A series is written when its count has doubled, or after this long. */
  rewriteMs: number;
  /** Series and objects to remember. */
  maximumEntries: number;
};

/** client-go's: ten minutes, 25 at once and one in five minutes for an object. */
export const defaultEventLimits: EventLimits = {
  windowMs: 600_000,
  burst: 25,
  refillMs: 300_000,
  rewriteMs: 300_000,
  maximumEntries: 4096,
};

/** Joins repetitions into series, and holds back objects that say too much. */
export class EventAggregator {
  readonly #limits: EventLimits;
  readonly #clock: Clock;
  readonly #entries = new Map<string, EventEntry>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: EventLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Decides about one occurrence; `newName` is used when it is the first of its kind. */
  decide(objectUid: string, note: EventNote, newName: () => string): EventDecision {
    const now = this.#clock.now();
    const key = JSON.stringify([objectUid, note.type, note.reason, note.message]);
    const entry = this.#entries.get(key);
    if (entry !== undefined && now - entry.lastMs <= this.#limits.windowMs) {
      entry.count += 1;
      entry.lastMs = now;
      remember(this.#entries, key, entry, this.#limits.maximumEntries);
      const doubled = Number.isInteger(Math.log2(entry.count));
      if (!doubled && now - entry.writtenMs < this.#limits.rewriteMs)
        return { kind: 'count', entry };
      entry.writtenMs = now;
      return { kind: 'repeat', entry };
    }
    if (!this.#bucketOf(objectUid).tryTake()) return { kind: 'drop' };
    const created = { name: newName(), firstMs: now, lastMs: now, count: 1, writtenMs: now };
    remember(this.#entries, key, created, this.#limits.maximumEntries);
    return { kind: 'create', entry: created };
  }

  #bucketOf(objectUid: string): TokenBucket {
    const { burst, refillMs, maximumEntries } = this.#limits;
    const bucket =
      this.#buckets.get(objectUid) ??
      new TokenBucket({ perSecond: 1000 / refillMs, burst, clock: this.#clock });
    remember(this.#buckets, objectUid, bucket, maximumEntries);
    return bucket;
  }
}

/** Puts an entry last, and forgets the ones that were unused for longest. */
function remember<V>(map: Map<string, V>, key: string, value: V, maximum: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= maximum) return;
    map.delete(oldest);
  }
}
