import {
  type IOAccount,
  ioAccountResource,
  type IOCluster,
  ioClusterResource,
  type IODevice,
  ioDeviceResource,
  ioMemberResource,
  type IOMember,
} from '../../crds/schema/index.ts';
import { memberNamespace } from '../domain/lease.ts';
import { heartbeatLeaseName } from '../domain/member/heartbeat.ts';
import { FederationState, placementIndexes } from '../reconcilers/federation-state.ts';
import { type HeartbeatLease, heartbeatResource, Heartbeats } from '../reconcilers/heartbeats.ts';
import { ioClusterController } from '../reconcilers/io-cluster/index.ts';
import { clusterIndexes } from '../reconcilers/io-cluster/observe.ts';
import { ioPlacementController } from '../reconcilers/io-placement/index.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { ApiError } from '../runtime/api-error.ts';
import { type Controller } from '../runtime/controller.ts';
import { decodeObject } from '../runtime/decode.ts';
import { silentLogger } from '../runtime/logger.ts';
import { priorityClassResource } from '../runtime/priority-class.ts';
import { noMetrics } from '../runtime/metrics.ts';
import { buildCluster } from './builders/io-cluster.ts';
import { type Billed, FailingMember } from './failing-member.ts';
import { FakeInformer } from './fake-informer.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryHub } from './memory-hub.ts';
import { noFederationMetrics } from './no-metrics.ts';
import { below, pick, type RandomSource } from './seeded-random.ts';

/** A cluster that ran in two places at one instant. */
export type TwoPlaces = Readonly<{ atMs: number; clusterUid: string; members: readonly string[] }>;

const tickMs = 500;
const lostAfterMs = 40_000;
const lateAfterMs = 24_000;
const names = ['austin', 'berlin', 'cairo'] as const;

/**
 * A hub and three members with the product's own code for heartbeats, fencing, placements and failover,
 * on objects in memory and a clock that a test moves. Every tick it looks whether anything runs twice.
 */
export class FailingWorld {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 1));
  readonly hub = new MemoryHub(() => new Date(this.clock.now()).toISOString());
  readonly members: readonly FailingMember[];
  readonly twice: TwoPlaces[] = [];
  readonly #random: RandomSource;
  readonly #startedMs = this.clock.monotonicMs();
  /** When each lease was deleted on the hub: the ledger bills nothing after it. */
  readonly #deletedSeconds = new Map<string, number>();
  /** Calls of the hub fail so often, before or after they took effect. */
  hubFaultShare = 0;
  #processes: readonly Readonly<{ stop: () => void; tick: () => void }>[] = [];

  constructor(random: RandomSource) {
    this.#random = random;
    const { hub, clock } = this;
    this.members = names.map(
      (name) => new FailingMember({ name, hub, clock, random, devices: devicesOf(name) }),
    );
  }

  async start(clusters: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    for (const [index, spec] of clusters.entries()) {
      const { spec: decoded } = buildCluster(spec);
      const metadata = { name: `c-${index}`, namespace: 'team', uid: `cluster-${index}` };
      this.hub.put(ioClusterResource, { metadata, spec: decoded });
    }
    for (const member of this.members) await member.startAgent();
    this.startHub();
  }

  /** Runs for so long; `disturb` is called every tick. */
  async run(seconds: number, disturb: () => Promise<void> | void = () => {}): Promise<void> {
    for (let tick = 0; tick < (seconds * 1000) / tickMs; tick += 1) {
      await disturb();
      await this.clock.advance(tickMs);
      for (const member of this.members) member.tick();
      for (const { tick: passes } of this.#processes) passes();
      this.#look();
    }
  }

  /** A new process of the hub; those before do nothing any more. */
  startHub(): void {
    this.#stopHubs();
    this.startHubBeside();
  }

  /** One more that believes it leads. */
  startHubBeside(): void {
    const { clock, hub } = this;
    const dead = new AbortController();
    const informers = hub.informers({ clusters: clusterIndexes, placements: placementIndexes });
    const heartbeats = new FakeInformer<HeartbeatLease>(heartbeatResource);
    const heard = new Heartbeats(heartbeats, clock);
    const known = new FakeInformer<IOMember>(ioMemberResource);
    const devices = new FakeInformer<IODevice>(ioDeviceResource);
    const { placements } = informers;
    const state = new FederationState({ devices, members: known, placements });
    for (const name of names) for (const device of devicesOf(name)) devices.put(device);
    const accounts = new FakeInformer<IOAccount>(ioAccountResource);
    const controller: Controller = ioClusterController({
      ...{ ...informers, accounts, members: known, devices, state, clock, heard },
      priorityClasses: new FakeInformer(priorityClassResource),
      client: this.#client(dead.signal),
      events: { event: () => {} },
      now: () => clock.now(),
      concurrency: 4,
      metrics: { ...noMetrics, ...noFederationMetrics },
      logger: silentLogger,
    });
    const strays = ioPlacementController({
      ...{ ...informers, client: this.#client(dead.signal) },
      ...{ metrics: noMetrics, logger: silentLogger, clock },
    });
    const tick = (): void => {
      for (const name of names) {
        const lease = hub.read(heartbeatResource, heartbeatLeaseName, memberNamespace(name));
        // The watch of the hub is a little late now and then.
        if (lease !== undefined && this.#random() < 0.7) heartbeats.put(lease);
        const age = heard.ageMs(name);
        known.put(memberOf(name, age ?? Number.POSITIVE_INFINITY));
      }
    };
    tick();
    controller.start();
    strays.start();
    const started = {
      tick,
      stop: () => {
        dead.abort(new Error('the hub was killed'));
        for (const each of [controller, strays]) {
          each.abort();
          void each.stop();
        }
      },
    };
    this.#processes = [...this.#processes, started];
  }

  clusters(): readonly IOCluster[] {
    return this.hub.clusters();
  }

  /** Seconds that two leases of one cluster were billed for at once. */
  billedTwice(): number {
    let seconds = 0;
    const all = this.members.flatMap(({ billed }) => billed);
    for (const [index, a] of all.entries()) {
      for (const b of all.slice(index + 1)) {
        if (a.clusterUid !== b.clusterUid || a.leaseId === b.leaseId) continue;
        const start = Math.max(a.startSeconds, b.startSeconds);
        seconds += Math.max(0, Math.min(this.#endOf(a), this.#endOf(b)) - start);
      }
    }
    return seconds;
  }

  close(): void {
    this.#stopHubs();
    for (const member of this.members) member.close();
  }

  #stopHubs(): void {
    for (const { stop } of this.#processes) stop();
    this.#processes = [];
    this.hub.disconnect();
  }

  #endOf({ end, leaseId }: Billed): number {
    const now = Math.floor(this.clock.now() / 1000);
    return Math.min(end ?? now, this.#deletedSeconds.get(leaseId) ?? now);
  }

  #look(): void {
    for (const { metadata, spec } of this.hub.placements()) {
      const { deletionTimestamp } = metadata;
      if (deletionTimestamp === undefined) continue;
      this.#deletedSeconds.set(spec.leaseId, Math.floor(Date.parse(deletionTimestamp) / 1000));
    }
    const where = new Map<string, string[]>();
    for (const member of this.members) {
      for (const { clusterUid } of member.running()) {
        where.set(clusterUid, [...(where.get(clusterUid) ?? []), member.name]);
      }
    }
    const atMs = this.clock.monotonicMs() - this.#startedMs;
    for (const [clusterUid, members] of where) {
      if (members.length > 1) this.twice.push({ atMs, clusterUid, members });
    }
  }

  /** The hub's API as its process reaches it: now and then a call, or its answer, is lost. */
  #client(dead: AbortSignal): Pick<ApiClient, 'apply' | 'mergePatch' | 'delete' | 'get'> {
    const { client } = this.hub;
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      dead.throwIfAborted();
      const fails = this.#random() < this.hubFaultShare;
      const takesEffect = !fails || below(this.#random, 2) === 0;
      await this.clock.after(pick(this.#random, [1, 5, 200]));
      dead.throwIfAborted();
      const answer = takesEffect ? await work() : undefined;
      if (fails) throw new ApiError({ status: 0, reason: 'Timeout', message: 'no answer' });
      dead.throwIfAborted();
      return answer as T;
    };
    return {
      apply: (resource, object, options) => call(() => client.apply(resource, object, options)),
      get: (resource, name, namespace) => call(() => client.get(resource, name, namespace)),
      mergePatch: (resource, name, namespace, patch) =>
        call(() => client.mergePatch(resource, name, namespace, patch)),
      delete: (resource, name, namespace) => call(() => client.delete(resource, name, namespace)),
    };
  }
}

const condition = (type: string, isTrue: boolean, reason = type) => ({
  ...{ type, reason, message: 'as it should be' },
  status: isTrue ? ('True' as const) : ('False' as const),
  lastTransitionTime: '2026-11-01T00:00:00Z',
});

function memberOf(name: string, silentMs: number): IOMember {
  const model = 'H100-80GB-HBM3';
  return {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOMember',
    metadata: { name },
    spec: {
      ...{ accepted: true, denied: false, enrolment: 1, cordoned: false, certifications: [] },
      location: { country: 'DE' },
      offers: [{ model, onDemandMicroUsdPerHour: 2_000_000 }],
    },
    status: {
      conditions: [
        condition(
          ...(['Connected', silentMs < lostAfterMs] as const),
          silentMs < lateAfterMs ? 'HeartbeatsArrive' : 'HeartbeatLate',
        ),
        condition('Schedulable', silentMs < lateAfterMs),
      ],
    },
  };
}

function devicesOf(member: string): readonly IODevice[] {
  return [0, 1, 2, 3].map((index) =>
    decodeObject(ioDeviceResource, {
      apiVersion: 'compute.io.net/v1alpha1',
      kind: 'IODevice',
      metadata: { name: `n1-gpu-${index}`, namespace: memberNamespace(member) },
      spec: {
        ...{ index, memoryMiB: 81_559, resourceName: 'nvidia.com/gpu', allocatable: true },
        ...{ product: 'NVIDIA-H100-80GB-HBM3', confidential: false, kind: 'GPU', member },
        node: { name: 'n1', uid: `${member}-n1`, ready: true, schedulable: true },
      },
      status: {
        model: 'H100-80GB-HBM3',
        conditions: [condition('Verified', true), condition('Healthy', true)],
      },
    }),
  );
}
