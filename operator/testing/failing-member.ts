import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type IODevice,
  ioDeviceResource,
  type IOPlacement,
  ioPlacementResource,
} from '../../crds/schema/index.ts';
import { Fences } from '../agent/fencing/fences.ts';
import { fencing } from '../agent/fencing/index.ts';
import { Renewals } from '../agent/fencing/renewals.ts';
import { heartbeat } from '../agent/heartbeat.ts';
import { placementController, placementIndexes } from '../agent/placements/index.ts';
import { rayClusterResource } from '../agent/placements/ray-cluster.ts';
import type { LiveRayCluster } from '../agent/placements/snapshot.ts';
import { memberNamespace } from '../domain/lease.ts';
import { openPolicy } from '../domain/member/policy.ts';
import { clusterUidLabel, leaseLabel } from '../domain/raycluster/manifest.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { ApiError } from '../runtime/api-error.ts';
import { decodeObject } from '../runtime/decode.ts';
import { silentLogger } from '../runtime/logger.ts';
import { noMetrics } from '../runtime/metrics.ts';
import { FakeInformer } from './fake-informer.ts';
import type { ManualClock } from './manual-clock.ts';
import type { MemoryHub } from './memory-hub.ts';
import type { RandomSource } from './seeded-random.ts';

/** How the way from a member to the hub is. Times are those of one direction. */
export type Line = { isCut: boolean; losesAnswers: boolean; delayMs: number };

/** Time that a lease was billed for on a member, in whole seconds, half-open. */
export type Billed = { clusterUid: string; leaseId: string; startSeconds: number; end?: number };

type Work = { live: LiveRayCluster; readyAtMs: number; goneAtMs: number; billed?: Billed };

const grantedGraceMs = 10_000;
const readyAfterMs = 3_000;
const requestTimeoutMs = 30_000;
const longestPauseMs = 15_000;

export type FailingMemberOptions = Readonly<{
  name: string;
  hub: MemoryHub;
  clock: ManualClock;
  random: RandomSource;
  devices: readonly IODevice[];
}>;

/**
 * A member with the agent's own code for heartbeats, fencing and placements, on a cluster in memory. Its
 * pods die as late as they may; its agent, and its way to the hub, fail when they are told to.
 */
export class FailingMember {
  readonly name: string;
  readonly line: Line = { isCut: false, losesAnswers: false, delayMs: 5 };
  readonly billed: Billed[] = [];
  readonly #options: FailingMemberOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), 'member-'));
  readonly #work = new Map<string, Work>();
  #rayClusters: FakeInformer<LiveRayCluster> | undefined;
  #placements: FakeInformer<IOPlacement> | undefined;
  #isSynced = false;
  /** What the hub has sent and has not arrived. */
  #onTheWay: { atMs: number; placements: readonly IOPlacement[] }[] = [];
  #watchesFromMs = 0;
  #agent = new AbortController();
  #begin: (() => void) | undefined;
  #uids = 0;

  constructor(options: FailingMemberOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Leases whose pods exist, by the uid of their IOCluster. */
  running(): readonly Readonly<{ clusterUid: string; leaseId: string; uid: string }>[] {
    return [...this.#work.values()].map(({ live: { metadata } }) => ({
      clusterUid: metadata.labels?.[clusterUidLabel] ?? '',
      leaseId: metadata.labels?.[leaseLabel] ?? '',
      uid: metadata.uid ?? '',
    }));
  }

  /** Starts an agent from what its cluster and its disk have. */
  async startAgent(): Promise<void> {
    const { clock, devices, name } = this.#options;
    this.#agent = new AbortController();
    const { signal } = this.#agent;
    const logger = silentLogger;
    const rayClusters = new FakeInformer<LiveRayCluster>(rayClusterResource, {
      name: ({ metadata }) => [metadata.name],
    });
    for (const { live } of this.#work.values()) rayClusters.put(live);
    const placements = new FakeInformer<IOPlacement>(ioPlacementResource, placementIndexes);
    const known = new FakeInformer<IODevice>(ioDeviceResource);
    for (const device of devices) known.put(device);
    const hub = this.#hub(signal);
    const local = this.#local(signal);
    const renewals = await Renewals.open({
      ...{ clock, logger, directory: this.#directory },
      stamp: () => ({ bootId: 'boot', uptimeMs: clock.monotonicMs(), wallMs: clock.now() }),
    });
    const namespace = memberNamespace(name);
    const askHub = (id: string, stop: AbortSignal) =>
      hub.get(ioPlacementResource, id, namespace, { signal: stop });
    const fences = new Fences({ renewals, askHub, clock, logger });
    fences.onFence((leaseId, atSeconds) => this.#endBilling(leaseId, atSeconds));
    const controller = placementController({
      ...{ member: name, hub, local, placements, devices: known, rayClusters, fences, clock },
      ...{ metrics: noMetrics, logger, concurrency: 4 },
      tenants: { ensure: async () => undefined, forget: () => undefined },
      policy: () => openPolicy,
      refusals: { placementRefused: () => undefined },
    });
    const beats = heartbeat({
      ...{ hub, member: name, intervalMs: 10_000, clock, logger },
      versions: async () => ({}),
      metering: () => undefined,
      wishes: () => ({ cordoned: false, drainDeadline: undefined }),
      clusterUid: async () => `uid-of-${name}`,
      acknowledged: (sentMs) => {
        if (!signal.aborted) renewals.acknowledge(sentMs);
      },
    });
    const released = (id: string) => controller.enqueue(`${namespace}/${id}`);
    const fence = fencing({
      ...{ fences, local, rayClusters, released, clock, logger },
      resource: rayClusterResource,
    });
    [this.#rayClusters, this.#placements, this.#isSynced] = [rayClusters, placements, false];
    this.#onTheWay = [];
    void fence.run(signal, {});
    this.#begin = () => {
      void beats.run(signal, {});
      controller.start();
    };
    signal.addEventListener('abort', () => {
      controller.abort();
      void controller.stop();
    });
  }

  /** As SIGKILL: nothing of it takes effect any more. */
  killAgent(): void {
    this.#agent.abort(new Error('killed'));
    this.#rayClusters = undefined;
    this.#placements = undefined;
    this.#begin = undefined;
  }

  /** What happens by itself: pods become ready and die, and the watch on the hub brings what is new. */
  tick(): void {
    const { clock } = this.#options;
    for (const [name, work] of this.#work) {
      if (clock.monotonicMs() >= work.goneAtMs) this.#gone(name, work);
      else if (clock.monotonicMs() >= work.readyAtMs) this.#ready(name, work);
    }
    this.#watch();
  }

  close(): void {
    this.killAgent();
    rmSync(this.#directory, { recursive: true });
  }

  #watch(): void {
    const { hub, clock, random } = this.#options;
    if (this.line.isCut) {
      // Who was refused for a while looks again after a pause of its own.
      this.#watchesFromMs = clock.monotonicMs() + random() * longestPauseMs;
      this.#onTheWay = [];
    }
    if (clock.monotonicMs() < this.#watchesFromMs) return;
    const namespace = memberNamespace(this.name);
    const now = hub.placements().filter(({ metadata }) => metadata.namespace === namespace);
    const atMs = clock.monotonicMs() + this.line.delayMs + random() * 1_000;
    this.#onTheWay.push({ atMs, placements: now });
    // In order: what is late holds up what comes after it.
    while ((this.#onTheWay[0]?.atMs ?? Infinity) <= clock.monotonicMs()) {
      this.#arrived(this.#onTheWay.shift()?.placements ?? []);
    }
  }

  #arrived(placements: readonly IOPlacement[]): void {
    const informer = this.#placements;
    if (informer === undefined) return;
    const names = new Set(placements.map(({ metadata }) => metadata.name));
    for (const known of informer.cache.list()) {
      if (!names.has(known.metadata.name)) informer.drop(known);
    }
    for (const placement of placements) informer.put(placement);
    if (!this.#isSynced) this.#begin?.();
    this.#isSynced = true;
  }

  #put(name: string, work: Work): void {
    this.#work.set(name, work);
    this.#rayClusters?.put(work.live);
  }

  #ready(name: string, work: Work): void {
    const { metadata } = work.live;
    if (work.billed !== undefined || metadata.deletionTimestamp !== undefined) return;
    const billed: Billed = {
      clusterUid: metadata.labels?.[clusterUidLabel] ?? '',
      leaseId: metadata.labels?.[leaseLabel] ?? '',
      startSeconds: this.#seconds() + 1,
    };
    this.billed.push(billed);
    this.#put(name, { ...work, billed });
  }

  #gone(name: string, { live }: Work): void {
    this.#endBilling(live.metadata.labels?.[leaseLabel] ?? '', this.#seconds());
    this.#work.delete(name);
    this.#rayClusters?.drop(live);
  }

  #endBilling(leaseId: string, atSeconds: number): void {
    const open = this.billed.find((each) => each.leaseId === leaseId && each.end === undefined);
    if (open !== undefined) open.end = Math.max(open.startSeconds, atSeconds);
  }

  #seconds = (): number => Math.floor(this.#options.clock.now() / 1000);

  /** The API server of the member, which is always there. */
  #local(killed: AbortSignal): Pick<ApiClient, 'apply' | 'delete'> {
    const { clock } = this.#options;
    return {
      apply: async (resource, manifest) => {
        killed.throwIfAborted();
        const { name } = manifest.metadata;
        const before = this.#work.get(name)?.live;
        if (before !== undefined) return decodeObject(resource, before);
        this.#uids += 1;
        const metadata = { ...manifest.metadata, uid: `${this.name}-${this.#uids}`, generation: 1 };
        const made = { ...manifest, metadata };
        const live = decodeObject(rayClusterResource, structuredClone(made));
        const readyAtMs = clock.monotonicMs() + readyAfterMs;
        this.#put(name, { live, readyAtMs, goneAtMs: Infinity });
        return decodeObject(resource, made);
      },
      delete: async (_, name, __, options) => {
        killed.throwIfAborted();
        const work = this.#work.get(name);
        if (work === undefined || work.live.metadata.uid !== options?.uid) return;
        if (work.live.metadata.deletionTimestamp !== undefined) return;
        const deletionTimestamp = new Date(clock.now()).toISOString();
        const live = { ...work.live, metadata: { ...work.live.metadata, deletionTimestamp } };
        this.#endBilling(live.metadata.labels?.[leaseLabel] ?? '', this.#seconds());
        this.#put(name, { ...work, live, goneAtMs: clock.monotonicMs() + grantedGraceMs });
      },
    };
  }

  /** The hub as the agent reaches it. */
  #hub(killed: AbortSignal): Pick<ApiClient, 'apply' | 'get' | 'mergePatch'> {
    const { client } = this.#options.hub;
    return {
      apply: (resource, object, options) =>
        this.#over(killed, options.signal, () => client.apply(resource, object, options)),
      get: (resource, name, namespace, options) =>
        this.#over(killed, options?.signal, () => client.get(resource, name, namespace, options)),
      mergePatch: (resource, name, namespace, patch, options) =>
        this.#over(killed, options?.signal, () =>
          client.mergePatch(resource, name, namespace, patch, options),
        ),
    };
  }

  async #over<T>(
    killed: AbortSignal,
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    const stop = AbortSignal.any([killed, ...(signal === undefined ? [] : [signal])]);
    await this.#travel(stop, this.line.isCut);
    const answer = await call().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    await this.#travel(stop, this.line.isCut || this.line.losesAnswers);
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  /** One way; what is lost is waited for until nobody waits any more. */
  async #travel(stop: AbortSignal, isLost: boolean): Promise<void> {
    const { clock, random } = this.#options;
    const ms = isLost ? requestTimeoutMs : this.line.delayMs * (0.5 + random());
    await Promise.race([clock.after(ms), aborted(stop)]);
    stop.throwIfAborted();
    if (isLost || this.line.isCut) {
      throw new ApiError({ status: 0, reason: 'Timeout', message: 'no answer' });
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
