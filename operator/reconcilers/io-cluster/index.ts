import type { IOCluster, IODevice, IOMember, IOPlacement } from '../../../crds/schema/index.ts';
import type { Refusal } from '../../domain/placement/types.ts';
import type { FederationMetrics } from '../../ports/federation-metrics.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { jitteredMs } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller, type Result } from '../../runtime/controller.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { keyOf, type KubeObject, type ObjectKey } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { OwnWrites } from '../../runtime/own-writes.ts';
import { clusterUidOf } from '../federation-state.ts';
import { Applier, type Effects } from './apply.ts';
import { decide, type Decision } from './decide.ts';
import type { ClusterMoney } from './money.ts';
import { observe, type ObserveSources } from './observe.ts';
import { WaitingLine } from './waiting-line.ts';

export type IOClusterOptions = Effects &
  ObserveSources &
  Readonly<{
    placements: WatchedInformer<IOPlacement>;
    devices: WatchedInformer<IODevice>;
    clock: Clock;
    concurrency: number;
    metrics: RuntimeMetrics & FederationMetrics;
    logger: Logger;
    /** Undefined: the hub has no ledger, and nothing is paid. */
    money?: ClusterMoney | undefined;
  }>;

/** A refusal's text is rewritten at most this often while its reason stays the same. */
const explainEveryMs = 10_000;
/** A member that refused a cluster is not asked again for this long. */
const coolingMs = 120_000;

/** Index of IOClusters by uid. */
export const byUid = 'uid';

/** Turns IOClusters into IOPlacements and mirrors what the members report. */
export function ioClusterController(options: IOClusterOptions): Controller {
  const reconciler = new Reconciler(options);
  const { clusters, placements, devices, accounts, members, priorityClasses } = options;
  const controller = new Controller({
    name: 'io-cluster',
    reconcile: (key, { signal }) => reconciler.reconcile(key, signal),
    concurrency: options.concurrency,
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
    resyncPeriodMs: 10 * 60_000,
  });
  reconciler.enqueue = (key) => controller.enqueue(key);
  const ofPlacement = (placement: IOPlacement): Iterable<ObjectKey> =>
    clusterUidOf(placement).flatMap((uid) =>
      clusters.cache
        .byIndex(byUid, uid)
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    );
  const ofNamespace = (object: KubeObject): Iterable<ObjectKey> =>
    clusters.cache
      .byIndex('namespace', object.metadata.namespace ?? '')
      .filter(({ spec }) => spec.accountRef?.name === object.metadata.name)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  controller
    .watch(clusters)
    .watch(accounts, ofNamespace)
    .watch(priorityClasses, ({ metadata }) =>
      clusters.cache
        .byIndex('priorityClass', metadata.name)
        .map((cluster) => `${cluster.metadata.namespace}/${cluster.metadata.name}`),
    )
    .watch(placements, ofPlacement)
    .watch(devices, (device, { previous }) =>
      device.spec.health?.state === previous?.spec.health?.state
        ? []
        : placements.cache
            .byIndex('device', keyOf(device))
            .flatMap((each) => [...ofPlacement(each)]),
    )
    .watch(members, (member, { previous }) =>
      connectivity(member) === connectivity(previous)
        ? []
        : reconciler.leasedOn(member.metadata.name),
    );
  return controller;
}

/** Also whether heartbeats are late: from then on its leases look at their own deadlines. */
const connectivity = (member: IOMember | undefined): string | undefined => {
  const connected = member?.status?.conditions?.find(({ type }) => type === 'Connected');
  return connected && `${connected.status}/${connected.reason}`;
};

class Reconciler {
  readonly #options: IOClusterOptions;
  readonly #applier: Applier;
  readonly #clusters: OwnWrites<IOCluster>;
  readonly #line: WaitingLine;
  readonly #explainedAtMs = new Map<ObjectKey, number>();
  /** Until when a member is not asked again, by cluster uid and member. */
  readonly #cooling = new Map<string, Map<string, number>>();
  enqueue: (key: ObjectKey) => void = () => {};

  constructor(options: IOClusterOptions) {
    this.#options = options;
    this.#clusters = new OwnWrites(options.clusters.cache);
    this.#applier = new Applier(options, options.money, (cluster) => this.#clusters.wrote(cluster));
    this.#line = new WaitingLine({
      clock: options.clock,
      openings: () => options.state.inventory.openings,
      wake: (keys) => keys.forEach((key) => this.enqueue(key)),
      changed: (waiting) => options.metrics.waiting(waiting),
    });
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result> {
    const { clock, state, money } = this.#options;
    const cluster = this.#clusters.get(key);
    if (cluster === undefined) return this.#forget(key);
    const uid = cluster.metadata.uid ?? '';
    await this.#applier.settle(uid, signal);
    const facts = await money?.gather(cluster, () => state.placementOf(uid));
    const observed = observe(cluster, this.#options, this.#coolingMembers(cluster), facts);
    // From here to the assumption nothing is awaited: no other decision comes between.
    const started = clock.monotonicMs();
    const decision = decide(observed);
    this.#count(decision, (clock.monotonicMs() - started) / 1000);
    if (decision.assume !== undefined) {
      const { leaseId, devices } = decision.assume;
      const held = state.inventory.assume(leaseId, devices);
      if (held.kind === 'Conflict') return { requeueAfterMs: 50 };
    }
    this.#updateLine(key, cluster, decision, signal);
    if (decision.cool !== undefined) this.#cool(cluster, decision.cool);
    const quietMs = this.#quietMs(key, cluster, decision);
    if (quietMs > 0) return { requeueAfterMs: quietMs };
    const done = await this.#apply(cluster, decision, signal);
    if (done.phase?.kind === 'Waiting') this.#explainedAtMs.set(key, clock.monotonicMs());
    else this.#explainedAtMs.delete(key);
    if (done.decided?.kind === 'Placement') this.#countPlaced(cluster);
    const requeueAfterMs = this.#againMs(uid, done) ?? this.#cooledInMs(uid, done);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  /** When to look again; who could not pay is looked at until the money is there. */
  #againMs(uid: string, { phase, requeueAfterMs }: Decision): number | undefined {
    const { money } = this.#options;
    const isShort =
      phase?.kind === 'Unfunded' || (phase?.kind === 'Leased' && isForMoney(phase.scaleUpRefusal));
    if (money === undefined) return requeueAfterMs;
    if (!isShort) {
      money.forget(uid);
      return requeueAfterMs;
    }
    return Math.min(requeueAfterMs ?? Number.POSITIVE_INFINITY, money.askAgainMs());
  }

  /** Keys of the clusters with a lease on a member. */
  leasedOn(member: string): readonly ObjectKey[] {
    return this.#options.clusters.cache
      .byIndex('member', member)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  }

  async #apply(cluster: IOCluster, decision: Decision, signal: AbortSignal): Promise<Decision> {
    try {
      return await this.#applier.apply(cluster, decision, signal);
    } catch (error) {
      const unsettled = this.#applier.isUnsettled(cluster.metadata.uid ?? '');
      if (decision.assume !== undefined && !unsettled) {
        this.#options.state.inventory.withdraw(decision.assume.leaseId);
      }
      if (error instanceof StoreUnavailableError) {
        const { leaseGeneration } = decision;
        const requeueAfterMs = jitteredMs(error.retryAfterSeconds * 2_000, Math.random);
        return { finalizer: 'keep', leaseGeneration, requeueAfterMs };
      }
      throw error;
    }
  }

  #forget(key: ObjectKey): void {
    this.#line.leave(key);
    this.#explainedAtMs.delete(key);
  }

  #updateLine(key: ObjectKey, cluster: IOCluster, decision: Decision, signal: AbortSignal): void {
    if (decision.phase?.kind !== 'Waiting') return this.#line.leave(key);
    const { priorityClasses } = this.#options;
    const name = cluster.spec.priorityClassName;
    const priority = name === undefined ? 0 : (priorityClasses.cache.get(name)?.value ?? 0);
    const since = cluster.metadata.creationTimestamp ?? '';
    this.#line.join(key, { priority, since }, signal);
  }

  /** How long a waiting cluster's status can stay as it is, though its text is a little old. */
  #quietMs(key: ObjectKey, cluster: IOCluster, decision: Decision): number {
    const explained = this.#explainedAtMs.get(key);
    if (decision.phase?.kind !== 'Waiting' || explained === undefined) return 0;
    if (decision.close !== undefined) return 0;
    if (cluster.status?.observedGeneration !== cluster.metadata.generation) return 0;
    const admitted = cluster.status?.conditions?.find(({ type }) => type === 'Admitted');
    if (admitted?.reason !== decision.phase.refusal.reason) return 0;
    return Math.max(0, explained + explainEveryMs - this.#options.clock.monotonicMs());
  }

  #coolingMembers(cluster: IOCluster): readonly string[] {
    const members = this.#cooling.get(cluster.metadata.uid ?? '');
    if (members === undefined) return [];
    const now = this.#options.clock.monotonicMs();
    return [...members].filter(([, until]) => until > now).map(([member]) => member);
  }

  /** Who waits hears of no opening when a member may be asked again. */
  #cooledInMs(uid: string, { phase }: Decision): number | undefined {
    if (phase?.kind !== 'Waiting') return undefined;
    const nowMs = this.#options.clock.monotonicMs();
    const left = [...(this.#cooling.get(uid)?.values() ?? [])].map((until) => until - nowMs);
    const ahead = left.filter((ms) => ms > 0);
    return ahead.length === 0 ? undefined : Math.min(...ahead) + 1;
  }

  #cool(cluster: IOCluster, member: string): void {
    const uid = cluster.metadata.uid ?? '';
    const members = this.#cooling.get(uid) ?? new Map<string, number>();
    members.set(member, this.#options.clock.monotonicMs() + coolingMs);
    this.#cooling.set(uid, members);
  }

  #count({ decided }: Decision, seconds: number): void {
    if (decided === undefined) return;
    const refusal = decided.kind === 'Refusal' ? decided.reason : undefined;
    this.#options.metrics.decided(seconds, refusal);
  }

  #countPlaced(cluster: IOCluster): void {
    const created = Date.parse(cluster.metadata.creationTimestamp ?? '');
    if (Number.isNaN(created)) return;
    this.#options.metrics.placed(Math.max(0, this.#options.clock.now() - created) / 1000);
  }
}

const isForMoney = (refusal: Refusal | undefined): boolean =>
  refusal?.reason === 'InsufficientFunds' || refusal?.reason === 'LedgerUnavailable';
