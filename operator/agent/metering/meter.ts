import type { IOPlacement } from '../../../crds/schema/index.ts';
import { memberNamespace } from '../../domain/lease.ts';
import type { MeteringState } from '../../domain/member/heartbeat.ts';
import {
  IntervalBook,
  type MeteredPod,
  type MeteringBatch,
} from '../../domain/metering/intervals.ts';
import { isEnding, type PodFacts } from '../../domain/metering/standing.ts';
import { maxChangesPerReport } from '../../domain/metering/types.ts';
import { sameFacts } from '../../domain/same-facts.ts';
import type { MeteringMetrics } from '../../ports/metering-metrics.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { Change, WatchedInformer } from '../../runtime/informer.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Pod } from './pod.ts';
import { type Spool, SpoolFullError } from './spool.ts';
import { type MeteredNode, type Sight, workerSeen } from './views.ts';
import type { WatchSight } from './watch-sight.ts';

export type MeterOptions = Readonly<{
  member: string;
  placements: WatchedInformer<IOPlacement>;
  pods: WatchedInformer<Pod>;
  nodes: WatchedInformer<MeteredNode>;
  sights: Readonly<{ pods: WatchSight; nodes: WatchSight }>;
  spool: Spool;
  clock: Clock;
  metrics: MeteringMetrics;
  logger: Logger;
  /** Whether the work of a lease is stopped, so that none of its pods is billed. */
  isFenced: (leaseId: string) => boolean;
  /** Whether a device does no work any more; left out where nobody looks at their health. */
  isBroken?: ((device: string) => boolean) | undefined;
  /** How often the time until which all was seen is written down. */
  observeMs: number;
}>;

const lookMs = 1_000;
const fullRetryMs = 5_000;
/** What a watch has not brought so long after the RayCluster was gone is not waited for. */
const settleWithinMs = 10_000;
/**
 * Sees what becomes of the pods of leases and records it in the spool: an interval counts when it is
 * on disk. While nothing can be recorded, none begins.
 */
export class Meter {
  readonly #options: MeterOptions;
  readonly #book: IntervalBook;
  /** Taken from the book and not recorded yet. */
  #unrecorded: MeteringBatch | undefined;
  /** While it looks at what happened before it was started: how far it saw then. */
  #before: Sight | undefined;
  #started = false;
  #state: MeteringState = 'Recording';
  #observedAtMs = 0;
  /** When somebody asked first whether a lease is settled. */
  readonly #askedMs = new Map<string, number>();
  /** Uid of the pod that worked on a device when it broke, by the device. */
  readonly #brokenPods = new Map<string, string>();
  #wake: () => void = () => undefined;

  constructor(options: MeterOptions) {
    this.#options = options;
    this.#book = new IntervalBook(options.spool.metering);
  }

  /**
   * Whether all use of the lease is recorded. Asked when its RayCluster, and so its pods, are gone:
   * what nobody saw the end of then ends where the sight did.
   */
  settled(leaseId: string): boolean {
    if (!this.#started) return false;
    const { clock, sights } = this.#options;
    const askedMs = this.#askedMs.get(leaseId) ?? clock.monotonicMs();
    this.#askedMs.set(leaseId, askedMs);
    const isLate = clock.monotonicMs() - askedMs >= settleWithinMs;
    if (isLate) this.#settle(leaseId);
    const settled = (isLate || sights.pods.isOpen) && this.#isRecorded(leaseId);
    if (settled) this.#askedMs.delete(leaseId);
    else this.#wake();
    return settled;
  }

  /** The work of the lease was stopped in this second: nothing is billed after it. */
  fence(leaseId: string, atSeconds: number): void {
    const { sights, spool } = this.#options;
    const { isOpen, provenSeconds } = sights.pods;
    const seenSeconds = this.#started ? provenSeconds : spool.observedUntilSeconds;
    const endSeconds = this.#started && isOpen ? atSeconds : Math.min(atSeconds, seenSeconds);
    for (const pod of [...this.#book.pods()]) {
      if (pod.leaseId === leaseId) this.#book.lose(pod.podUid, endSeconds, 'Fenced');
    }
    this.#wake();
  }

  /**
   * A device broke, or is in order again: who works on a broken one is not billed, on none of its devices.
   * `pod` is the `namespace/name` of who has it, where that is told; who is billed on it without.
   */
  healthChanged(device: string, isBroken: boolean, pod: string | undefined): void {
    const { pods } = this.#options;
    const uid = pods.cache.get(pod ?? '')?.facts.uid ?? this.#billedOn(device)?.podUid;
    const before = this.#brokenPods.get(device);
    if (!isBroken) this.#brokenPods.delete(device);
    else if (uid !== undefined) this.#brokenPods.set(device, uid);
    const hit = new Set([uid, before]);
    const leases = new Set<string | undefined>([this.#billedOn(device)?.leaseId]);
    for (const { facts } of pods.cache.list()) if (hit.has(facts.uid)) leases.add(facts.leaseId);
    for (const leaseId of leases) {
      if (this.#started && leaseId !== undefined) this.#lookAtLease(leaseId);
    }
    this.#wake();
  }

  /** Uid of the pod that worked on a device when it broke; undefined: none, or it is gone. */
  podOn(device: string): string | undefined {
    return this.#brokenPods.get(device);
  }

  #billedOn(device: string): MeteredPod | undefined {
    for (const pod of this.#book.pods()) {
      if (pod.run !== undefined && pod.devices.includes(device)) return pod;
    }
    return undefined;
  }

  #isOnBroken(podUid: string): boolean {
    return [...this.#brokenPods.values()].includes(podUid);
  }

  /** The devices that are billed now, and the lease of each. */
  billedDevices(): ReadonlyMap<string, string> {
    const billed = new Map<string, string>();
    for (const { devices, leaseId, run } of this.#book.pods()) {
      if (run !== undefined) for (const device of devices) billed.set(device, leaseId);
    }
    return billed;
  }

  /** Whether usage can be recorded now. */
  get state(): MeteringState {
    return this.#state;
  }

  get #full(): boolean {
    return this.#state !== 'Recording';
  }

  /** Until aborted; the informers have to be synced. */
  async run(signal: AbortSignal): Promise<void> {
    this.#catchUp();
    this.#follow();
    this.#started = true;
    while (!signal.aborted) {
      await this.#record();
      await this.#pause(signal);
    }
    await this.#record();
  }

  /** What was open when the agent ended goes on, if Kubernetes vouches for it, or ends there. */
  #catchUp(): void {
    const { spool, pods } = this.#options;
    this.#before = { provenSeconds: spool.observedUntilSeconds, gap: true };
    const present = pods.cache.list().map(({ facts }) => facts);
    const uids = new Set(present.map(({ uid }) => uid));
    // First, so that their devices are free for those that came after them.
    for (const { podUid, leaseId } of [...this.#book.pods()]) {
      const until = spool.observedUntilSeconds;
      if (!uids.has(podUid)) this.#book.lose(podUid, until, 'Unobserved');
      // It was ended meanwhile, and nobody says when: what was not told is not billed.
      else if (this.#placement(leaseId) === undefined) this.#book.lose(podUid, until, 'Released');
    }
    for (const facts of present) if (facts.role === 'worker') this.#look(facts);
    this.#before = undefined;
  }

  #follow(): void {
    const { pods, nodes, placements } = this.#options;
    let isKnown = true;
    pods.onChange((change) => {
      if (!isKnown) this.#podChanged(change);
    });
    nodes.onChange((change) => {
      if (!isKnown) this.#nodeChanged(change);
    });
    placements.onChange(({ object }) => {
      if (!isKnown) this.#lookAtLease(object.spec.leaseId);
    });
    isKnown = false;
  }

  #podChanged({ type, object, previous }: Change<Pod>): void {
    const { facts } = object;
    const isGone = type === 'deleted';
    if (isGone) this.#forgetBroken(facts.uid);
    if (!isGone && sameFacts(previous?.facts, facts)) return;
    if (facts.role === 'head') {
      this.#lookAtLease(facts.leaseId, isGone ? facts : undefined);
      return;
    }
    this.#look(facts, { isGone });
    // It may have had devices without an interval, and another worker may have waited for them.
    if (isGone || isEnding(facts)) this.#lookAtLease(facts.leaseId);
  }

  #forgetBroken(podUid: string): void {
    for (const [device, uid] of this.#brokenPods) {
      if (uid === podUid) this.#brokenPods.delete(device);
    }
  }

  #nodeChanged({ type, object, previous }: Change<MeteredNode>): void {
    const isSame =
      type === 'updated' &&
      previous?.metadata.uid === object.metadata.uid &&
      previous?.ready === object.ready &&
      previous.readySince === object.readySince;
    if (isSame) return;
    const leases = new Set<string>();
    for (const { facts } of this.#options.pods.cache.byIndex('node', object.metadata.name)) {
      if (facts.role === 'head') leases.add(facts.leaseId);
      else this.#look(facts);
    }
    for (const leaseId of leases) this.#lookAtLease(leaseId);
  }

  #lookAtLease(leaseId: string, goneHead?: PodFacts): void {
    for (const { facts } of this.#options.pods.cache.byIndex('lease', leaseId)) {
      if (facts.role === 'worker') this.#look(facts, { goneHead });
    }
  }

  #look(
    facts: PodFacts,
    { isGone = false, goneHead }: { isGone?: boolean; goneHead?: PodFacts | undefined } = {},
  ): void {
    const { pods, nodes, sights, clock } = this.#options;
    const { leaseId } = facts;
    const seen = workerSeen(facts, isGone, {
      placement: this.#placement(leaseId),
      heads: pods.cache
        .byIndex('lease', leaseId)
        .flatMap((pod) => (pod.facts.role === 'head' ? [pod.facts] : [])),
      goneHead,
      node: (name) => nodes.cache.get(name),
      pods: this.#before ?? sightOf(sights.pods),
      nodes: this.#before ?? sightOf(sights.nodes),
      isBroken: (device) =>
        this.#options.isBroken?.(device) === true || this.#isOnBroken(facts.uid),
      nowSeconds: Math.floor(clock.now() / 1000),
    });
    this.#book.observe(seen, !this.#full && !this.#options.isFenced(leaseId));
  }

  #placement(leaseId: string): IOPlacement | undefined {
    const { member, placements } = this.#options;
    return placements.cache.get(`${memberNamespace(member)}/${leaseId}`);
  }

  #settle(leaseId: string): void {
    const { provenSeconds } = this.#options.sights.pods;
    for (const pod of [...this.#book.pods()]) {
      if (pod.leaseId === leaseId) this.#book.lose(pod.podUid, provenSeconds, 'Released');
    }
  }

  #isRecorded(leaseId: string): boolean {
    const batch = this.#unrecorded;
    const isUnderWay =
      batch?.pods.some((pod) => pod.leaseId === leaseId) === true ||
      batch?.changes.some((change) => change.leaseId === leaseId) === true;
    return !isUnderWay && !this.#book.isOpen(leaseId) && !this.#book.isPending(leaseId);
  }

  async #record(): Promise<void> {
    const { clock, sights, spool, metrics, observeMs } = this.#options;
    const seenUntil = Math.min(sights.pods.currentSeconds, sights.nodes.currentSeconds);
    for (const leaseId of this.#book.tell(seenUntil)) this.#lookAtLease(leaseId);
    const observedUntil = this.#book.toldUntil(seenUntil);
    // The look that is nearest: a timer that is a little early must not cost a whole look.
    const isDue = clock.monotonicMs() - this.#observedAtMs >= observeMs - lookMs / 2;
    try {
      if (this.#full) await spool.makeRoom();
      const wrote = await this.#recordAll();
      if (wrote || isDue) {
        await spool.observed(observedUntil);
        this.#observedAtMs = clock.monotonicMs();
      }
      this.#setState('Recording');
    } catch (error) {
      this.#setState(error instanceof SpoolFullError ? 'SpoolFull' : 'SpoolFailed', error);
    }
    metrics.openIntervals(this.#book.openIntervals);
    metrics.spool(spool.bytes, Math.ceil(spool.waitingChanges / maxChangesPerReport));
  }

  async #recordAll(): Promise<boolean> {
    let wrote = false;
    for (;;) {
      this.#unrecorded ??= this.#book.take(maxChangesPerReport);
      if (this.#unrecorded === undefined) return wrote;
      await this.#options.spool.record(this.#unrecorded);
      this.#unrecorded = undefined;
      wrote = true;
    }
  }

  #setState(state: MeteringState, error?: unknown): void {
    if (state === this.#state) return;
    this.#state = state;
    const { logger, metrics, pods } = this.#options;
    metrics.spoolFull(this.#full);
    if (this.#full) {
      logger.error(
        { condition: state, ...errorFields(error) },
        'usage cannot be recorded: no interval begins until it can',
      );
      return;
    }
    logger.info({}, 'usage is recorded again');
    for (const { facts } of pods.cache.list()) if (facts.role === 'worker') this.#look(facts);
  }

  /** A second, less when somebody waits. */
  async #pause(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const stop = AbortSignal.any([signal, woken.signal]);
    if (!this.#full) this.#wake = () => woken.abort();
    await sleep(this.#options.clock, this.#full ? fullRetryMs : lookMs, stop);
    this.#wake = () => undefined;
  }
}

const sightOf = ({ provenSeconds, gap }: WatchSight): Sight => ({ provenSeconds, gap });
