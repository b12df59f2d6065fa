import { type Clock, sleep, systemClock } from './clock.ts';
import type { Controller } from './controller.ts';
import type { EventRecorder } from './events.ts';
import type { HealthCheck } from './health-server.ts';
import type { AnyInformer } from './informer.ts';
import type { LeaderElector } from './leader-elector.ts';
import { errorFields, type Logger, silentLogger } from './logger.ts';
import { resourceName } from './resource.ts';

/** Something with a life of its own, such as a heartbeat. It runs until the signal is aborted. */
export type Runnable = {
  name: string;
  /** Only while this process leads; true by default. */
  needsLeadership?: boolean;
  run: (signal: AbortSignal, context: { token?: number | undefined }) => Promise<void>;
};

/** What a manager needs. */
export type ManagerOptions = {
  logger?: Logger;
  /** From the abort to the end of `start`, in milliseconds; default 20,000. */
  shutdownTimeoutMs?: number;
  elector?: LeaderElector;
  /** Flushed at the end. */
  events?: readonly EventRecorder[];
  /** Closed last, such as API clients and the health server. */
  closers?: readonly { close(): Promise<void> }[];
  /** Leadership was lost: the process must end. `start` rejects as well. */
  onLost?: (reason: string) => void;
  clock?: Clock;
};

const heartbeatMs = 1000;
/** An event loop that was blocked for longer is not well. */
const maximumStallMs = 15_000;
/** A reconcile that was aborted gets this long to notice. */
const abortedMs = 1000;
/** Kept of the shutdown time for flushing events, releasing the lease and closing. */
const closingShare = 0.3;

/** Leadership was lost while this process was working. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

/**
 * Starts and stops a process in order: informers sync, then the election, then controllers and
 * runnables; on abort no more keys are taken, reconciles under way end, events are flushed, the
 * lease is released and connections are closed, all within the shutdown time.
 */
export class Manager {
  readonly #logger: Logger;
  readonly #shutdownTimeoutMs: number;
  readonly #clock: Clock;
  readonly #options: ManagerOptions;
  readonly #informers: AnyInformer[] = [];
  readonly #controllers: Controller[] = [];
  readonly #runnables: Runnable[] = [];
  readonly #running = new Set<Promise<void>>();
  #working = false;
  #stopping = false;
  #beatAtMs: number;

  constructor(options: ManagerOptions = {}) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#shutdownTimeoutMs = options.shutdownTimeoutMs ?? 20_000;
    this.#clock = options.clock ?? systemClock;
    this.#beatAtMs = this.#clock.monotonicMs();
  }

  /** Runs with the manager; every informer that a controller watches is added by itself. */
  addInformer(informer: AnyInformer): this {
    if (!this.#informers.includes(informer)) this.#informers.push(informer);
    return this;
  }

  /** Works while this process leads, or always where there is no election. */
  addController(controller: Controller): this {
    this.#controllers.push(controller);
    for (const informer of controller.informers) this.addInformer(informer);
    return this;
  }

  /** Runs until the manager stops; what it throws ends the process. */
  addRunnable(runnable: Runnable): this {
    this.#runnables.push(runnable);
    return this;
  }

  /** Whether the process is alive: its event loop turns and its controllers move. */
  healthz(): HealthCheck[] {
    const stalledMs = this.#clock.monotonicMs() - this.#beatAtMs;
    const loop = stalledMs < maximumStallMs + heartbeatMs;
    return [
      check('event-loop', loop ? undefined : `blocked for ${Math.round(stalledMs)} ms`),
      ...this.#controllers.map((each) => check(`controller/${each.name}`, each.problem())),
    ];
  }

  /** Whether the process can do its work: caches are full, and it leads or stands by. */
  readyz(): HealthCheck[] {
    const { elector } = this.#options;
    const standby = elector !== undefined && !elector.isLeader();
    const waiting = standby || this.#working ? undefined : 'controllers have not started';
    return [
      check('shutdown', this.#stopping ? 'the process is stopping' : undefined),
      ...this.#informers.map((informer) =>
        check(
          `informer/${resourceName(informer.resource)}`,
          informer.hasSynced() ? undefined : 'not synced',
        ),
      ),
      check(standby ? 'standby' : 'work', waiting),
    ];
  }

  /**
   * Runs until the signal is aborted and everything is stopped. Rejects with LeadershipLostError
   * when the lease was lost, and with the error of a runnable that failed.
   */
  async start(signal: AbortSignal): Promise<void> {
    const stopReading = new AbortController();
    const stopWorking = new AbortController();
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const stopBeating = this.#beat();
    let lost = false;
    try {
      for (const informer of this.#informers) this.#track(informer.start(stopReading.signal));
      this.#startRunnables(false, stopWorking.signal, undefined, failed.reject);
      await Promise.race([this.#lead(signal, stopWorking.signal, failed.reject), failed.promise]);
      await Promise.race([aborted(signal), failed.promise]);
    } catch (error) {
      // Without the lease nothing may be finished, since another process may be at it already.
      lost = error instanceof LeadershipLostError;
      throw error;
    } finally {
      this.#stopping = true;
      await this.#shutdown(stopReading, stopWorking, lost);
      stopBeating();
    }
  }

  async #lead(
    signal: AbortSignal,
    working: AbortSignal,
    fail: (error: unknown) => void,
  ): Promise<void> {
    const synced = await Promise.all(this.#informers.map((each) => each.waitForSync(signal)));
    if (signal.aborted || synced.includes(false)) return;
    this.#logger.info({ informers: this.#informers.length }, 'caches are synced');
    const { elector } = this.#options;
    if (elector === undefined) {
      this.#startWorking(undefined, working, fail);
      return;
    }
    const election = elector.run({
      onStarted: (token) => {
        if (!signal.aborted) this.#startWorking(token, working, fail);
      },
      onLost: (reason) => {
        // Whatever runs now has no right to write any more.
        for (const controller of this.#controllers) controller.abort();
        this.#options.onLost?.(reason);
        fail(new LeadershipLostError(reason));
      },
    });
    this.#track(election);
  }

  #startWorking(
    token: number | undefined,
    working: AbortSignal,
    fail: (error: unknown) => void,
  ): void {
    this.#working = true;
    for (const controller of this.#controllers) controller.start({ token });
    this.#startRunnables(true, working, token, fail);
  }

  #startRunnables(
    needsLeadership: boolean,
    signal: AbortSignal,
    token: number | undefined,
    fail: (error: unknown) => void,
  ): void {
    for (const runnable of this.#runnables) {
      if ((runnable.needsLeadership ?? true) !== needsLeadership) continue;
      const run = Promise.resolve().then(() => runnable.run(signal, { token }));
      this.#track(
        run.catch((error: unknown) => {
          if (signal.aborted) return;
          this.#logger.error({ runnable: runnable.name, ...errorFields(error) }, 'it failed');
          fail(error);
        }),
      );
    }
  }

  async #shutdown(
    stopReading: AbortController,
    stopWorking: AbortController,
    lost: boolean,
  ): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    const leftMs = (): number =>
      Math.max(0, this.#shutdownTimeoutMs - (this.#clock.monotonicMs() - startedMs));
    this.#logger.info({ timeoutMs: this.#shutdownTimeoutMs }, 'stopping');
    stopWorking.abort(new Error('the process stops'));
    const drained = Promise.all(this.#controllers.map((controller) => controller.stop()));
    const drainMs = this.#shutdownTimeoutMs * (1 - closingShare);
    const inTime = !lost && (await this.#within(drained, drainMs));
    if (!inTime) {
      this.#logger.warn({ lost }, 'reconciles that have not ended are aborted');
      for (const controller of this.#controllers) controller.abort();
      await this.#within(drained, Math.min(leftMs() / 3, abortedMs));
    }
    const { elector, events = [], closers = [] } = this.#options;
    const flushed = Promise.all(events.map((recorder) => recorder.flush(leftMs() / 2)));
    await this.#within(flushed, leftMs() / 2);
    if (elector !== undefined) await this.#within(elector.stop(), leftMs());
    stopReading.abort(new Error('the process stops'));
    await this.#within(Promise.all(this.#running), leftMs());
    await this.#within(Promise.all(closers.map((closer) => closer.close())), leftMs());
    const ms = Math.round(this.#clock.monotonicMs() - startedMs);
    this.#logger.info({ ms }, 'stopped');
  }

  /** Whether the promise was settled within `ms`. */
  async #within(promise: Promise<unknown>, ms: number): Promise<boolean> {
    const settled = promise.then(
      () => true,
      (error: unknown) => {
        this.#logger.warn(errorFields(error), 'failed while stopping');
        return true;
      },
    );
    const timer = new AbortController();
    const late = sleep(this.#clock, ms, timer.signal).then(() => false);
    const result = await Promise.race([settled, late]);
    timer.abort();
    return result;
  }

  #track(promise: Promise<void>): void {
    const tracked = promise
      .catch((error: unknown) => this.#logger.error(errorFields(error), 'it ended with an error'))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  #beat(): () => void {
    let cancel = (): void => {};
    const beat = (): void => {
      this.#beatAtMs = this.#clock.monotonicMs();
      cancel = this.#clock.setTimeout(beat, heartbeatMs);
    };
    beat();
    return () => cancel();
  }
}

function check(name: string, problem: string | undefined): HealthCheck {
  return problem === undefined ? { name, ok: true } : { name, ok: false, message: problem };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
