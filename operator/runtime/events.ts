import type { ApiClient } from './api-client.ts';
import { ApiError, isNotFound } from './api-error.ts';
import { type Clock, microTime, type Random, sleep, systemClock } from './clock.ts';
import {
  defaultEventLimits,
  EventAggregator,
  type EventEntry,
  type EventLimits,
  type EventNote,
} from './event-aggregator.ts';
import type { KubeObject } from './kube-object.ts';
import { errorFields, type Logger, silentLogger } from './logger.ts';
import { noMetrics, type RuntimeMetrics } from './metrics.ts';
import type { Resource } from './resource.ts';

export type { EventNote } from './event-aggregator.ts';

/** events.k8s.io/v1 Event. */
export const eventResource: Resource = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

type Pending = {
  kind: 'create' | 'repeat';
  object: KubeObject;
  note: EventNote;
  entry: EventEntry;
};

const maximumPending = 1000;
const maximumNoteBytes = 1024;
const maximumAttempts = 3;
const attemptPauseMs = 1000;

/**
 * Tells people what happened to an object. Repetitions join a series, an object that says too
 * much is held back, and nothing here ever fails a reconcile: what cannot be written is counted.
 */
export class EventRecorder {
  readonly #client: Pick<ApiClient, 'create' | 'mergePatch'>;
  readonly #component: string;
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #metrics: RuntimeMetrics;
  readonly #logger: Logger;
  readonly #aggregator: EventAggregator;
  /** By the Event's name, so that a series is written once however often it repeats. */
  readonly #pending = new Map<string, Pending>();
  readonly #abort = new AbortController();
  #writing = false;
  #written: Promise<void> = Promise.resolve();

  constructor(options: {
    client: Pick<ApiClient, 'create' | 'mergePatch'>;
    /** Reporting controller, such as `compute.io.net/hub`. */
    component: string;
    /** Reporting instance: this process; the component by default. */
    instance?: string;
    clock?: Clock;
    random?: Random;
    limits?: Partial<EventLimits>;
    metrics?: RuntimeMetrics;
    logger?: Logger;
  }) {
    this.#client = options.client;
    this.#component = options.component;
    this.#instance = (options.instance ?? options.component).slice(0, 128);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#metrics = options.metrics ?? noMetrics;
    this.#logger = options.logger ?? silentLogger;
    const limits = { ...defaultEventLimits, ...options.limits };
    this.#aggregator = new EventAggregator(limits, this.#clock);
  }

  /** Says that something happened to `object`; returns at once and never throws. */
  event(object: KubeObject, note: EventNote): void {
    const { name, uid } = object.metadata;
    const decision = this.#aggregator.decide(uid ?? name, note, () => this.#newName(name));
    if (decision.kind === 'drop') {
      this.#metrics.eventDropped('rate-limited');
      return;
    }
    const { kind, entry } = decision;
    // What waits to be written carries the entry, and so the newest count.
    if (kind === 'count' || this.#pending.has(entry.name)) return;
    if (this.#pending.size >= maximumPending) {
      this.#metrics.eventDropped('queue-full');
      return;
    }
    this.#pending.set(entry.name, { kind, object: slim(object), note, entry });
    if (this.#writing) return;
    this.#writing = true;
    this.#written = this.#writeAll();
  }

  /** Resolves when what was said so far is written or given up, at the latest after `timeoutMs`. */
  async flush(timeoutMs = 5000): Promise<void> {
    const cancel = this.#clock.setTimeout(() => this.#abort.abort(), timeoutMs);
    await this.#written;
    cancel();
  }

  async #writeAll(): Promise<void> {
    for (;;) {
      // A turn of the event loop, so that a burst of the same event becomes one write.
      await sleep(this.#clock, 0, this.#abort.signal);
      const next = this.#pending.entries().next();
      if (next.done === true) {
        this.#writing = false;
        return;
      }
      const [name, pending] = next.value;
      this.#pending.delete(name);
      await this.#write(pending);
    }
  }

  async #write(pending: Pending): Promise<void> {
    const { signal } = this.#abort;
    for (let attempt = 1; ; attempt += 1) {
      try {
        signal.throwIfAborted();
        if (pending.kind === 'create') await this.#create(pending);
        else await this.#repeat(pending);
        return;
      } catch (error) {
        // An attempt whose answer was lost has been successful after all.
        if (error instanceof ApiError && error.isAlreadyExists) return;
        const transient = error instanceof ApiError && error.isTransient;
        if (!transient || attempt >= maximumAttempts || signal.aborted) {
          this.#metrics.eventDropped('write-failed');
          const fields = { event: pending.note.reason, ...errorFields(error) };
          this.#logger.warn(fields, 'event not written');
          return;
        }
      }
      await sleep(this.#clock, attemptPauseMs * attempt, signal);
    }
  }

  async #create(pending: Pending): Promise<void> {
    const { object, note, entry } = pending;
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const regarding = {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      namespace,
      uid,
      resourceVersion,
    };
    await this.#client.create(
      eventResource,
      {
        metadata: { name: entry.name, namespace: namespaceOf(object) },
        eventTime: microTime(entry.firstMs),
        reportingController: this.#component,
        reportingInstance: this.#instance,
        action: note.reason,
        reason: note.reason,
        type: note.type,
        note: truncated(note.message),
        regarding,
        ...(entry.count > 1 ? { series: seriesOf(entry) } : {}),
      },
      { signal: this.#abort.signal },
    );
  }

  async #repeat(pending: Pending): Promise<void> {
    const { object, entry } = pending;
    const patch = { series: seriesOf(entry) };
    const options = { signal: this.#abort.signal };
    try {
      const namespace = namespaceOf(object);
      await this.#client.mergePatch(eventResource, entry.name, namespace, patch, options);
    } catch (error) {
      // The API server forgets Events after an hour; the series then begins anew.
      if (!isNotFound(error)) throw error;
      await this.#create(pending);
    }
  }

  #newName(objectName: string): string {
    const time = Math.floor(this.#clock.now()).toString(16);
    const random = Math.floor(this.#random() * 2 ** 32).toString(16);
    return `${objectName.slice(0, 200)}.${time}${random.padStart(8, '0')}`;
  }
}

function seriesOf(entry: EventEntry): { count: number; lastObservedTime: string } {
  return { count: entry.count, lastObservedTime: microTime(entry.lastMs) };
}

/** Events about an object of the cluster live in `default`. */
function namespaceOf(object: KubeObject): string {
  const { namespace } = object.metadata;
  return namespace === undefined || namespace === '' ? 'default' : namespace;
}

/** Only what names the object, so that the queue does not keep whole objects alive. */
function slim(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, namespace, uid, resourceVersion },
  };
}

/** The API server refuses notes above 1 KiB. */
function truncated(message: string): string {
  if (Buffer.byteLength(message) < maximumNoteBytes) return message;
  const cut = Buffer.from(message)
    .subarray(0, maximumNoteBytes - 8)
    .toString('utf8');
  return `${cut.replace(/\uFFFD+$/, '')}…`;
}
