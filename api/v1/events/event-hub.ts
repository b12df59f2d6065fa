import type { ViewChange } from '../../../operator/ports/views.ts';

/** A change as it is told to somebody. */
export type Told = Readonly<{ kind: ViewChange['kind']; scope: string; name: string }>;

/** Who listens: what they may know, and how they are told. */
export type Listener = Readonly<{
  /** By whom subscriptions are counted: a principal, or an address. */
  key: string;
  /** Undefined: may know of everything of that kind. Asked again after a while. */
  mayKnow: (change: Told) => Promise<boolean>;
  /** False: the listener reads too slowly, and is let go. */
  tell: (changes: readonly Told[]) => boolean;
  /** Called once, when the subscription ends here. */
  end: () => void;
}>;

export type EventLimits = Readonly<{
  listeners: number;
  listenersPerKey: number;
  /** Changes that wait for a listener; more of them become one of each kind, without a name. */
  waiting: number;
}>;

const defaultLimits: EventLimits = { listeners: 2_000, listenersPerKey: 8, waiting: 256 };

/** Who listens to what changes. All of them share one source. */
export class EventHub {
  readonly #limits: EventLimits;
  readonly #subscriptions = new Set<Subscription>();
  readonly #byKey = new Map<string, number>();
  #closed = false;

  constructor(limits: Partial<EventLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  /** Returns what ends the subscription; undefined when too many listen already. */
  add(listener: Listener): (() => void) | undefined {
    const { listeners, listenersPerKey, waiting } = this.#limits;
    const own = this.#byKey.get(listener.key) ?? 0;
    if (this.#closed || own >= listenersPerKey || this.#subscriptions.size >= listeners) {
      return undefined;
    }
    const subscription = new Subscription(listener, waiting, () => this.#remove(subscription));
    this.#subscriptions.add(subscription);
    this.#byKey.set(listener.key, own + 1);
    return () => this.#remove(subscription);
  }

  /** Keeps a change for everybody; they are told of it with the next `flush`. */
  note(change: Told): void {
    for (const subscription of this.#subscriptions) subscription.note(change);
  }

  /** Tells everybody what they may know of what changed since the last time. */
  async flush(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.flush()));
  }

  /** Ends all subscriptions; there are none after it. */
  close(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions) subscription.end();
  }

  #remove(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscription)) return;
    const { key } = subscription.listener;
    const left = (this.#byKey.get(key) ?? 1) - 1;
    if (left > 0) this.#byKey.set(key, left);
    else this.#byKey.delete(key);
  }
}

class Subscription {
  readonly listener: Listener;
  readonly #maxWaiting: number;
  readonly #onEnd: () => void;
  #waiting = new Map<string, Told>();
  #flushing = false;
  #ended = false;

  constructor(listener: Listener, maxWaiting: number, onEnd: () => void) {
    this.listener = listener;
    this.#maxWaiting = maxWaiting;
    this.#onEnd = onEnd;
  }

  note(change: Told): void {
    const told = this.#waiting.size < this.#maxWaiting ? change : { ...change, name: '' };
    const last =
      this.#waiting.size < 2 * this.#maxWaiting ? told : { kind: told.kind, scope: '', name: '' };
    this.#waiting.set(`${last.kind} ${last.scope} ${last.name}`, last);
  }

  async flush(): Promise<void> {
    if (this.#flushing || this.#waiting.size === 0) return;
    this.#flushing = true;
    const changes = [...this.#waiting.values()];
    this.#waiting = new Map();
    try {
      const known: Told[] = [];
      for (const change of changes) if (await this.#mayKnow(change)) known.push(change);
      if (!this.#ended && known.length > 0 && !this.listener.tell(known)) this.end();
    } finally {
      this.#flushing = false;
    }
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    this.listener.end();
  }

  /** What nobody can tell now is not told; pages ask again by themselves. */
  async #mayKnow(change: Told): Promise<boolean> {
    try {
      return await this.listener.mayKnow(change);
    } catch {
      return false;
    }
  }
}
