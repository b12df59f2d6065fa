import {
  finalizers,
  type IODevice,
  type IOPlacement,
  type IOPlacementStatus,
  ioPlacementResource,
} from '../../../crds/schema/index.ts';
import { leasedDeviceNames, memberNamespace } from '../../domain/lease.ts';
import { type MemberPolicy, staysMs } from '../../domain/member/policy.ts';
import { leaseLabel } from '../../domain/raycluster/manifest.ts';
import type { PolicyMetrics } from '../../ports/policy-metrics.ts';
import { withConditions } from '../../reconcilers/with-conditions.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { ApiError } from '../../runtime/api-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller } from '../../runtime/controller.ts';
import { releaseFinalizer } from '../../runtime/finalizer.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { keyOf, type ObjectKey, splitKey } from '../../runtime/kube-object.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { OwnWrites } from '../../runtime/own-writes.ts';
import type { Result } from '../../runtime/reconcile.ts';
import { StatusWriter } from '../../runtime/status.ts';
import { decide, type Decision } from './decide.ts';
import { rayClusterResource } from './ray-cluster.ts';
import type { Applied, FenceState, LiveRayCluster, QueueState } from './snapshot.ts';
import type { TenantSpaces } from './tenant-spaces.ts';
import { sha256 } from '../../runtime/sha256.ts';

const manager = 'compute.io.net/agent';

/** Recording takes a second at most; nothing tells when it is done. */
const askMeterAgainMs = 500;

/** Wall clocks are set: while everything is to be off by a time, it is looked at this often. */
const lookAgainMs = 60_000;

/** What a queue lets run, it tells by editing the RayCluster; why it does not, it has to be asked. */
const askQueueAgainMs = 10_000;

/** What knows whether the use of a lease is recorded. */
export type Meter = Readonly<{ settled: (leaseId: string) => boolean }>;

/** The queue of the data centre. */
export type Queue = Readonly<{
  name: string;
  /** Why nothing can begin in it. */
  fault: (signal: AbortSignal) => Promise<string | undefined>;
  /** Why it does not let a RayCluster run. */
  says: (rayCluster: LiveRayCluster, signal: AbortSignal) => Promise<string | undefined>;
}>;

/** What knows whether a lease may run. */
export type Fences = Readonly<{
  check: (leaseId: string, afterSeconds: number) => FenceState;
  ask: (leaseId: string, signal: AbortSignal) => Promise<boolean>;
  forget: (leaseId: string) => void;
}>;

export type PlacementOptions = Readonly<{
  member: string;
  hub: Pick<ApiClient, 'apply' | 'get' | 'mergePatch'>;
  local: Pick<ApiClient, 'apply' | 'delete'>;
  placements: WatchedInformer<IOPlacement>;
  devices: WatchedInformer<IODevice>;
  rayClusters: WatchedInformer<LiveRayCluster>;
  tenants: Pick<TenantSpaces, 'ensure' | 'forget'>;
  /** Absent: RayClusters run at once. */
  queue?: Queue | undefined;
  fences: Fences;
  /** What the data centre lets run now. */
  policy: () => MemberPolicy;
  refusals: Pick<PolicyMetrics, 'placementRefused'>;
  /** Pods, by RayCluster group, whose device broke; absent where nobody looks at devices' health. */
  retired?: ((placement: IOPlacement) => ReadonlyMap<string, readonly string[]>) | undefined;
  /** Absent: nothing is metered. */
  meter?: Meter;
  clock: Clock;
  concurrency: number;
  metrics: RuntimeMetrics;
  logger: Logger;
}>;

/** Indexes that the informer of IOPlacements has to have. */
export const placementIndexes = {
  device: ({ spec }: IOPlacement) => leasedDeviceNames(spec),
};

/** Runs on the member what the hub's IOPlacements say, and tells the hub what became of it. */
export function placementController(options: PlacementOptions): Controller {
  const reconciler = new Reconciler(options);
  const namespace = memberNamespace(options.member);
  options.rayClusters.onChange(({ type, object }) => {
    if (type === 'deleted') reconciler.gone(`${namespace}/${object.metadata.name}`);
  });
  return new Controller({
    name: 'agent-placement',
    reconcile: (key, { signal, logger }) => reconciler.reconcile(key, { signal, logger }),
    concurrency: options.concurrency,
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
    resyncPeriodMs: 10 * 60_000,
  })
    .watch(options.placements)
    .watch(options.rayClusters, ({ metadata }) =>
      metadata.labels?.[leaseLabel] === undefined ? [] : [`${namespace}/${metadata.name}`],
    );
}

type Context = Readonly<{ signal: AbortSignal; logger: Logger }>;

class Reconciler {
  readonly #options: PlacementOptions;
  readonly #statuses: StatusWriter;
  readonly #placements: OwnWrites<IOPlacement>;
  readonly #applied = new Map<ObjectKey, Applied>();

  constructor(options: PlacementOptions) {
    this.#options = options;
    this.#placements = new OwnWrites(options.placements.cache);
    this.#statuses = new StatusWriter({ client: options.hub, manager: `${manager}-status` });
  }

  /** The RayCluster was deleted: what was applied to it is no more. */
  gone(key: ObjectKey): void {
    this.#applied.delete(key);
  }

  async reconcile(key: ObjectKey, context: Context): Promise<Result> {
    const placement = this.#placements.get(key);
    if (placement === undefined) {
      const rayCluster = this.#rayCluster(key);
      if (rayCluster !== undefined) await this.#removeOrphan(key, rayCluster, context);
      else this.#options.fences.forget(splitKey(key).name);
      return;
    }
    await this.#confirm(placement, context);
    const queue = await this.#askQueue(key, placement, context);
    let decision = this.#decide(key, placement, queue);
    if (decision.apply !== undefined) {
      await this.#apply(key, placement, decision, context.signal);
      // One that changed nothing, as after a restart, is followed by no event that says so.
      decision = this.#decide(key, placement, queue);
    }
    return this.#carryOut(key, placement, decision, context);
  }

  #decide(key: ObjectKey, placement: IOPlacement, queue: QueueState | undefined): Decision {
    return decide({
      member: this.#options.member,
      placement,
      rayCluster: this.#rayCluster(key),
      applied: this.#applied.get(key),
      device: (name) => this.#device(name),
      earlierLease: (device) => this.#earlierLease(device, placement),
      fence: this.#fenceOf(placement),
      policy: this.#options.policy(),
      nowMs: this.#options.clock.now(),
      retired: this.#options.retired?.(placement),
      queue,
      hash: sha256,
    });
  }

  async #askQueue(
    key: ObjectKey,
    placement: IOPlacement,
    { signal, logger }: Context,
  ): Promise<QueueState | undefined> {
    const { queue } = this.#options;
    if (queue === undefined || placement.metadata.deletionTimestamp !== undefined) return undefined;
    const { name } = queue;
    const rayCluster = this.#rayCluster(key);
    if (rayCluster === undefined) return { name, fault: await queue.fault(signal) };
    if (rayCluster.suspended !== true) return { name };
    try {
      return { name, says: await queue.says(rayCluster, signal) };
    } catch (error) {
      // That it is held back is known without the reason.
      if (!signal.aborted) logger.debug(errorFields(error), 'Kueue was not asked why');
      return { name };
    }
  }

  /** What is about to begin is not kept waiting for the next look at leases in doubt. */
  async #confirm(placement: IOPlacement, { signal, logger }: Context): Promise<void> {
    const { deletionTimestamp } = placement.metadata;
    if (deletionTimestamp !== undefined || this.#fenceOf(placement) !== 'Unconfirmed') return;
    try {
      await this.#options.fences.ask(placement.spec.leaseId, signal);
    } catch (error) {
      if (!signal.aborted) logger.debug(errorFields(error), 'the hub gave no answer');
    }
  }

  #fenceOf({ spec }: IOPlacement): FenceState {
    const { fencing, leaseId } = spec;
    if (fencing?.policy !== 'AfterFence') return 'Clear';
    return this.#options.fences.check(leaseId, fencing.afterSeconds);
  }

  #rayCluster(key: ObjectKey): LiveRayCluster | undefined {
    const { name } = splitKey(key);
    return this.#options.rayClusters.cache.byIndex('name', name)[0];
  }

  #device(name: string): IODevice | undefined {
    const namespace = memberNamespace(this.#options.member);
    return this.#options.devices.cache.get(`${namespace}/${name}`);
  }

  #earlierLease(device: string, placement: IOPlacement): string | undefined {
    const rank = ({ metadata }: IOPlacement): string =>
      `${metadata.creationTimestamp ?? ''}/${metadata.name}`;
    const other = this.#options.placements.cache
      .byIndex('device', device)
      .find((found) => keyOf(found) !== keyOf(placement) && rank(found) < rank(placement));
    return other?.spec.leaseId;
  }

  async #carryOut(
    key: ObjectKey,
    placement: IOPlacement,
    decision: Decision,
    { signal }: Context,
  ): Promise<Result> {
    if (decision.remove !== undefined) await this.#remove(decision.remove, signal);
    const status = statusOf(placement, decision, this.#options.clock.now());
    const { hub, meter, refusals } = this.#options;
    const refusal = refusalIn(status);
    if (refusal !== undefined && refusal !== refusalIn(placement.status)) {
      refusals.placementRefused(refusal);
    }
    if (decision.release) {
      // Whoever sees the placement gone may rely on it that all its use is on disk.
      if (meter?.settled(placement.spec.leaseId) === false) {
        return { requeueAfterMs: askMeterAgainMs };
      }
      this.#applied.delete(key);
      this.#options.fences.forget(placement.spec.leaseId);
      await releaseFinalizer(hub, ioPlacementResource, placement, finalizers.rayCluster, {
        signal,
      });
      return;
    }
    this.#placements.wrote(
      await this.#statuses.applyStatus(ioPlacementResource, placement, status, { signal }),
    );
    const againMs = decision.held === true ? askQueueAgainMs : lookAgainMs;
    const leftMs = staysMs(this.#options.policy(), this.#options.clock.now()) ?? 0;
    if (leftMs > 0) return { requeueAfterMs: Math.min(leftMs, againMs) };
    return decision.held === true ? { requeueAfterMs: againMs } : undefined;
  }

  async #apply(
    key: ObjectKey,
    placement: IOPlacement,
    { apply, intent }: Decision,
    signal: AbortSignal,
  ): Promise<void> {
    if (apply === undefined || intent === undefined) return;
    const { tenants, local } = this.#options;
    const { tenant } = placement.spec;
    await tenants.ensure(tenant, signal);
    try {
      const live = await local.apply(rayClusterResource, apply, { manager, signal });
      const { uid = '', generation = 0 } = live.metadata;
      this.#applied.set(key, { uid, generation, intent });
    } catch (error) {
      // The namespace may have been deleted by hand, or be on its way out.
      if (error instanceof ApiError && (error.isNotFound || error.status === 403)) {
        tenants.forget(tenant);
      }
      throw error;
    }
  }

  /** Foreground: the RayCluster stays until its pods are gone, and with it the lease. */
  async #remove({ metadata }: LiveRayCluster, signal: AbortSignal): Promise<void> {
    await this.#options.local.delete(rayClusterResource, metadata.name, metadata.namespace, {
      uid: metadata.uid,
      propagationPolicy: 'Foreground',
      signal,
    });
  }

  /** A cache can be behind; the hub itself is asked before anything is taken from a renter. */
  async #removeOrphan(
    key: ObjectKey,
    rayCluster: LiveRayCluster,
    { signal, logger }: Context,
  ): Promise<void> {
    const { name, namespace } = splitKey(key);
    const placement = await this.#options.hub.get(ioPlacementResource, name, namespace, {
      signal,
    });
    if (placement !== undefined || rayCluster.metadata.deletionTimestamp !== undefined) return;
    logger.warn({}, 'the hub knows no placement for this RayCluster, it is removed');
    await this.#remove(rayCluster, signal);
  }
}

/** Why the placement is refused; undefined: it is not. */
const refusalIn = (status: IOPlacementStatus | undefined): string | undefined =>
  status?.conditions?.find(({ type, status: is }) => type === 'Accepted' && is === 'False')?.reason;

function statusOf(placement: IOPlacement, decision: Decision, nowMs: number): IOPlacementStatus {
  const { generation } = placement.metadata;
  const { workers, rayCluster, headServiceName } = decision;
  return {
    observedGeneration: generation ?? 0,
    conditions: [
      ...withConditions(placement.status?.conditions, decision.conditions, generation, nowMs),
    ],
    rayCluster,
    workers: { ...workers, summary: `${workers.ready}/${workers.desired}` },
    ...(headServiceName === undefined ? {} : { headServiceName }),
  };
}
