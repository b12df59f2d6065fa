import type { ApiClient } from './api-client.ts';
import { isConflict, isNotFound } from './api-error.ts';
import { type Clock, microTime, type Random, sleep, systemClock } from './clock.ts';
import { Deadline } from './deadline.ts';
import type { KubeObject } from './kube-object.ts';
import {
  acceptWrite,
  type Candidacy,
  checkElectionTimes,
  defaultElectionTimes,
  type ElectionTimes,
  electionStep,
  leads,
  type LeaseSpec,
  type LeaseWrite,
  observeLease,
  releasedSpec,
  type SeenLease,
} from './leader-election.ts';
import { errorFields, type Logger, silentLogger, withFields } from './logger.ts';
import { noMetrics, type RuntimeMetrics } from './metrics.ts';
import type { Resource } from './resource.ts';

type Lease = KubeObject & { spec?: LeaseSpec };

/** coordination.k8s.io/v1 Lease. */
export const leaseResource: Resource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** The calls that leader election makes. */
export type LeaseClient = Pick<ApiClient, 'get' | 'create' | 'replace'>;

/** What to do when this process begins, and ceases, to lead. */
export type LeadershipCallbacks = {
  /** `token` grows with every term of any process; `signal` is aborted when this term ends. */
  onStarted: (token: number, signal: AbortSignal) => void | Promise<void>;
  /** Leadership was lost, not given up: the process must end at once. */
  onLost: (reason: string) => void;
};

/**
 * One leader among processes, by a Lease: taken with optimistic concurrency, renewed every
 * `retryPeriodMs`, lost when no renewal succeeds for `renewDeadlineMs`, and free for others when
 * they saw no renewal for `leaseDurationMs` by their own clocks. `leaseTransitions` is the
 * fencing token.
 */
export class LeaderElector {
  readonly #client: LeaseClient;
  readonly #namespace: string;
  readonly #leaseName: string;
  readonly #times: ElectionTimes;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #metrics: RuntimeMetrics;
  readonly #stop = new AbortController();
  #candidacy: Candidacy;
  #term: AbortController | undefined;
  #running: Promise<void> | undefined;
  #holder = '';
  #mustRead = false;
  #failing = false;

  constructor(
    options: {
      client: LeaseClient;
      namespace: string;
      /** Of the Lease. */
      name: string;
      /** Must differ between processes, also between one and its successor. */
      identity: string;
      clock?: Clock;
      random?: Random;
      logger?: Logger;
      metrics?: RuntimeMetrics;
    } & Partial<ElectionTimes>,
  ) {
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = options;
    this.#times = {
      leaseDurationMs: leaseDurationMs ?? defaultElectionTimes.leaseDurationMs,
      renewDeadlineMs: renewDeadlineMs ?? defaultElectionTimes.renewDeadlineMs,
      retryPeriodMs: retryPeriodMs ?? defaultElectionTimes.retryPeriodMs,
    };
    checkElectionTimes(this.#times);
    this.#client = options.client;
    this.#namespace = options.namespace;
    this.#leaseName = options.name;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#metrics = options.metrics ?? noMetrics;
    this.#logger = withFields(options.logger ?? silentLogger, {
      lease: `${options.namespace}/${options.name}`,
      identity: options.identity,
    });
    this.#candidacy = {
      identity: options.identity,
      observed: undefined,
      term: undefined,
      highestToken: 0,
    };
  }

  /** Whether this process may act as leader at this moment. */
  isLeader(): boolean {
    if (this.#term === undefined) return false;
    return leads(this.#candidacy, this.#times, this.#clock.monotonicMs());
  }

  /** The fencing token of the present term; undefined when this process does not lead. */
  token(): number | undefined {
    return this.isLeader() ? this.#candidacy.term?.token : undefined;
  }

  /** Who leads, as far as this process knows; empty when nobody does. */
  holder(): string {
    return this.#holder;
  }

  /** Stands for election until `stop`, or until leadership is lost. Resolves then. */
  run(callbacks: LeadershipCallbacks): Promise<void> {
    if (this.#running !== undefined) throw new Error('leader election was started before');
    this.#running = this.#run(callbacks);
    return this.#running;
  }

  /** Ends the candidacy, and gives the Lease up if it is held. Never rejects. */
  async stop(options: { release?: boolean } = {}): Promise<void> {
    this.#stop.abort(new Error('leader election stops'));
    await this.#running;
    if (options.release !== false) await this.#release();
    this.#endTerm();
  }

  async #run(callbacks: LeadershipCallbacks): Promise<void> {
    const stop = this.#stop.signal;
    while (!stop.aborted) {
      const lost = await this.#attempt(callbacks);
      if (lost !== undefined && this.#term !== undefined) {
        this.#lose(callbacks, lost);
        return;
      }
      await sleep(this.#clock, this.#pauseMs(), stop);
    }
  }

  /**
   * Candidates spread out. The leader keeps its pace, hurries when a renewal failed, and never
   * sleeps over its deadline.
   */
  #pauseMs(): number {
    const { retryPeriodMs, renewDeadlineMs } = this.#times;
    const { term } = this.#candidacy;
    if (term === undefined) return retryPeriodMs * (1 + this.#random() / 5);
    const leftMs = term.renewedAtMs + renewDeadlineMs - this.#clock.monotonicMs();
    return Math.max(0, Math.min(this.#failing ? retryPeriodMs / 4 : retryPeriodMs, leftMs));
  }

  /** One try to get or keep the Lease; a reason when leadership is lost. */
  async #attempt(callbacks: LeadershipCallbacks): Promise<string | undefined> {
    const { term } = this.#candidacy;
    const { renewDeadlineMs } = this.#times;
    const sinceMs = term?.renewedAtMs ?? this.#clock.monotonicMs();
    const leftMs = sinceMs + renewDeadlineMs - this.#clock.monotonicMs();
    const limit = new Deadline(this.#clock, this.#stop.signal, Math.max(0, leftMs), 'Timeout');
    try {
      const lost = await this.#step(limit.signal, callbacks);
      this.#failing = false;
      return lost;
    } catch (error) {
      this.#failing = true;
      if (this.#stop.signal.aborted) return undefined;
      this.#logger.warn(errorFields(error), 'lease not written');
      // Someone else wrote it: the next attempt reads who.
      if (isConflict(error) || isNotFound(error)) this.#mustRead = true;
      return undefined;
    } finally {
      limit.clear();
    }
  }

  async #step(signal: AbortSignal, callbacks: LeadershipCallbacks): Promise<string | undefined> {
    // The leader knows what it wrote; if that is not so any more, its write is refused.
    if (this.#candidacy.term === undefined || this.#mustRead) await this.#read(signal);
    const nowIso = microTime(this.#clock.now());
    const sentAtMs = this.#clock.monotonicMs();
    const step = electionStep(this.#candidacy, this.#times, sentAtMs, nowIso);
    if (step.do === 'lose') return step.reason;
    if (step.do === 'wait') {
      this.#holder = step.holder;
      return undefined;
    }
    this.#candidacy = {
      ...this.#candidacy,
      attempted: { token: step.token, acquireTime: step.spec.acquireTime ?? '' },
    };
    const written = await this.#write(step, signal);
    const accepted = { ...seenLease(written), token: step.token };
    this.#candidacy = acceptWrite(this.#candidacy, accepted, sentAtMs);
    this.#holder = this.#candidacy.identity;
    if (this.#term === undefined) this.#begin(step.token, callbacks);
    return undefined;
  }

  #write(step: LeaseWrite, signal: AbortSignal): Promise<Lease> {
    const options = { signal, urgent: true };
    const metadata = { name: this.#leaseName, namespace: this.#namespace };
    const { spec } = step;
    if (step.do === 'create')
      return this.#client.create(leaseResource, { metadata, spec }, options);
    // A PUT creates a Lease that was deleted, whatever its resourceVersion says, but not with a uid.
    const { uid, resourceVersion } = step.lease;
    const body = { metadata: { ...metadata, uid, resourceVersion }, spec };
    return this.#client.replace(leaseResource, body, options);
  }

  async #read(signal: AbortSignal): Promise<void> {
    const options = { signal, urgent: true };
    const lease = await this.#client.get(leaseResource, this.#leaseName, this.#namespace, options);
    const seen = lease === undefined ? undefined : seenLease(lease);
    this.#candidacy = observeLease(this.#candidacy, seen, this.#clock.monotonicMs());
    this.#mustRead = false;
  }

  #begin(token: number, callbacks: LeadershipCallbacks): void {
    const term = new AbortController();
    this.#term = term;
    this.#metrics.leader(this.#leaseName, true);
    this.#logger.info({ token }, 'leading');
    Promise.resolve()
      .then(() => callbacks.onStarted(token, term.signal))
      .catch((error: unknown) => {
        this.#logger.error(errorFields(error), 'what should run as leader failed to start');
        this.#lose(callbacks, 'what should run as leader failed to start');
        this.#stop.abort(error);
      });
  }

  #lose(callbacks: LeadershipCallbacks, reason: string): void {
    if (this.#term === undefined) return;
    this.#endTerm();
    this.#logger.error({ reason }, 'leadership lost');
    callbacks.onLost(reason);
  }

  #endTerm(): void {
    if (this.#term === undefined) return;
    this.#metrics.leader(this.#leaseName, false);
    this.#term.abort(new Error('this process does not lead any more'));
    this.#term = undefined;
    this.#candidacy = { ...this.#candidacy, term: undefined };
  }

  async #release(): Promise<void> {
    const spec = releasedSpec(this.#candidacy, microTime(this.#clock.now()));
    const { observed } = this.#candidacy;
    if (spec === undefined || observed === undefined) return;
    const { uid, resourceVersion } = observed;
    const metadata = { name: this.#leaseName, namespace: this.#namespace, uid, resourceVersion };
    try {
      const timeoutMs = this.#times.retryPeriodMs;
      await this.#client.replace(leaseResource, { metadata, spec }, { urgent: true, timeoutMs });
      this.#logger.info({}, 'lease released');
    } catch (error) {
      // The next leader then waits until the Lease has run out.
      this.#logger.warn(errorFields(error), 'lease not released');
    }
  }
}

function seenLease({ spec, metadata }: Lease): SeenLease {
  return {
    spec: spec ?? {},
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
  };
}
