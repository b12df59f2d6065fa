import {
  type ViewBatch,
  type ViewKey,
  type ViewRow,
  ViewsRefusedError,
  ViewsTakenOverError,
  type ViewWriter,
} from '../../ports/view-writer.ts';
import type { ViewMetrics } from '../../ports/view-metrics.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { ObjectKey } from '../../runtime/kube-object.ts';
import { Pending } from './pending.ts';
import type { ViewSource } from './sources.ts';

export type ProjectorOptions = Readonly<{
  sources: readonly ViewSource[];
  writer: Pick<ViewWriter, 'takeOver' | 'stored' | 'write'>;
  metrics: ViewMetrics;
  clock: Clock;
  logger: Logger;
}>;

/** Changes are collected for so long: one that changes often is written once. */
const everyMs = 250;
/** Rows of one transaction; making them is done without a pause. */
const batchRows = 500;
/** Rows that are compared at once after taking over. */
const sweepRows = 5_000;
const retryMs = 2_000;
/** Who was superseded, and still leads, takes over again after so long; the other has ended by then. */
const takenOverMs = 15_000;
/** Changes that are remembered beyond one for each object; more of them, and all is compared anew. */
const mostForgotten = 100_000;

type Waiting = Readonly<{ source: ViewSource; pending: Pending }>;
/** What was taken to be written: a row, or a key of what is gone. */
type Taken = Readonly<{
  waiting: Waiting;
  entry: ReturnType<Pending['take']>[number];
  row?: ViewRow;
  key?: ViewKey;
}>;

/**
 * Keeps the views equal to what informers know. After taking over, all rows are compared with their
 * objects by version: what differs is written, and what is gone removed. From then on changes are
 * written as they come. While the database is away they wait, one for each object.
 */
export class ViewProjector {
  readonly #options: ProjectorOptions;
  readonly #waiting: readonly Waiting[];
  #term: number | undefined;
  #collects = false;
  #failing = false;
  #isLost = false;
  /** Rows of the next batch; fewer after one was refused, until the row is found that was at fault. */
  #limit = batchRows;

  constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#waiting = options.sources.map((source) => ({ source, pending: new Pending() }));
    for (const { source, pending } of this.#waiting) {
      source.onChange((key) => {
        if (this.#collects) pending.add(key, options.clock.monotonicMs());
      });
    }
  }

  /** The term in which this hub writes; undefined until it has taken over and compared everything. */
  get term(): number | undefined {
    return this.#term;
  }

  /** Another hub was found to write: this one waits, and compares everything before it writes again. */
  lose(): void {
    this.#term = undefined;
    this.#isLost = true;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#collects = true;
    while (!signal.aborted) {
      const pauseMs = await this.#turn(signal);
      await sleep(clock, pauseMs, signal);
    }
    this.#collects = false;
  }

  /** Returns how long to wait before the next one. */
  async #turn(signal: AbortSignal): Promise<number> {
    const { logger, metrics } = this.#options;
    if (this.#isLost) {
      this.#isLost = false;
      return takenOverMs;
    }
    try {
      this.#term ??= await this.#takeOver(signal);
      while (this.#term !== undefined && this.#size > 0 && !signal.aborted) {
        await this.#writeSome(this.#term);
      }
      this.#report();
      if (this.#failing) logger.info({}, 'views are written again');
      this.#failing = false;
      return everyMs;
    } catch (error) {
      metrics.viewsNotWritten();
      if (!this.#failing) logger.warn(errorFields(error), 'views are not written');
      this.#failing = true;
      this.#report();
      this.#forgetTooMany();
      if (!(error instanceof ViewsTakenOverError)) return retryMs;
      this.#term = undefined;
      return takenOverMs;
    }
  }

  get #size(): number {
    return this.#waiting.reduce((sum, { pending }) => sum + pending.size, 0);
  }

  async #takeOver(signal: AbortSignal): Promise<number | undefined> {
    const { writer, clock, logger } = this.#options;
    const startedMs = clock.monotonicMs();
    const term = await writer.takeOver();
    for (const waiting of this.#waiting) {
      for (const key of waiting.source.keys()) waiting.pending.add(key, startedMs);
      await this.#sweep(waiting, signal);
    }
    if (signal.aborted) return undefined;
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    logger.info({ term, toWrite: this.#size, seconds }, 'views were compared');
    return term;
  }

  /** Takes out what is stored as it is, and adds what is stored of objects that are gone. */
  async #sweep({ source, pending }: Waiting, signal: AbortSignal): Promise<void> {
    const { writer, clock } = this.#options;
    let after: Readonly<{ scope: string; name: string }> | undefined;
    do {
      const rows = await writer.stored(source.kind, after, sweepRows);
      for (const { scope, name, version } of rows) {
        const key = source.keyAt(scope, name);
        if (source.version(key) === version) pending.delete(key);
        else pending.add(key, clock.monotonicMs());
      }
      after = rows.length < sweepRows ? undefined : rows.at(-1);
    } while (after !== undefined && !signal.aborted);
  }

  async #writeSome(term: number): Promise<void> {
    const { writer, metrics } = this.#options;
    const taken = this.#take();
    const rows = taken.flatMap(({ row }) => row ?? []);
    const gone = taken.flatMap(({ key }) => key ?? []);
    try {
      await writer.write(term, { rows, gone } satisfies ViewBatch);
      this.#limit = Math.min(batchRows, this.#limit * 2);
    } catch (error) {
      this.#restore(taken, error);
      return;
    } finally {
      this.#report();
    }
    for (const { source } of this.#waiting) {
      const of = [...rows, ...gone].filter(({ kind }) => kind === source.kind).length;
      if (of > 0) metrics.viewsWritten(source.kind, of);
    }
  }

  #take(): readonly Taken[] {
    const taken: Taken[] = [];
    for (const waiting of this.#waiting) {
      for (const entry of waiting.pending.take(this.#limit - taken.length)) {
        const made = this.#make(waiting.source, entry[0]);
        if (made !== undefined) taken.push({ ...made, waiting, entry });
      }
    }
    return taken;
  }

  /** The row of an object, or the key of what has to go. What cannot be made keeps no other waiting. */
  #make(source: ViewSource, object: ObjectKey): Pick<Taken, 'row' | 'key'> | undefined {
    try {
      const row = source.row(object);
      if (row !== undefined) return { row };
      const place = source.placeOf(object);
      return place === undefined ? undefined : { key: { kind: source.kind, ...place } };
    } catch (error) {
      const { logger, metrics } = this.#options;
      metrics.viewsNotWritten();
      logger.error({ kind: source.kind, object, ...errorFields(error) }, 'a view cannot be made');
      return undefined;
    }
  }

  /** Puts back what was not written, but for the one that is refused alone. */
  #restore(taken: readonly Taken[], error: unknown): void {
    const [first] = taken;
    const { logger, metrics } = this.#options;
    const isRefused = error instanceof ViewsRefusedError;
    if (isRefused && taken.length === 1 && first !== undefined) {
      const { source } = first.waiting;
      metrics.viewsNotWritten();
      const fields = { kind: source.kind, object: first.entry[0], ...errorFields(error) };
      return logger.error(fields, 'a view is refused by the database');
    }
    for (const waiting of this.#waiting) {
      const own = taken.filter((each) => each.waiting === waiting);
      waiting.pending.restore(own.map(({ entry }) => entry));
    }
    if (!isRefused) throw error;
    this.#limit = Math.max(1, Math.floor(taken.length / 2));
  }

  #report(): void {
    const { metrics, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const ages = this.#waiting.map(({ pending }) => nowMs - (pending.oldestMs ?? nowMs));
    metrics.viewsPending(this.#size, Math.max(0, ...ages) / 1000);
  }

  /** Keys of objects that are gone add up while the database is away; a comparison finds them too. */
  #forgetTooMany(): void {
    const objects = this.#waiting.reduce((sum, { source }) => sum + source.count(), 0);
    if (this.#size <= objects + mostForgotten) return;
    for (const { pending } of this.#waiting) pending.clear();
    this.#term = undefined;
  }
}
