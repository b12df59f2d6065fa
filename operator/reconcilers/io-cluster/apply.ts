import {
  finalizers,
  type IOCluster,
  type IOPlacement,
  ioClusterResource,
  ioPlacementResource,
} from '../../../crds/schema/index.ts';
import type { Phase } from '../../domain/io-cluster/phase.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { ApiError } from '../../runtime/api-error.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import { ensureFinalizer, releaseFinalizer } from '../../runtime/finalizer.ts';
import { StatusWriter } from '../../runtime/status.ts';
import { memberNamespace } from '../../domain/lease.ts';
import { heartbeatLeaseName } from '../../domain/member/heartbeat.ts';
import type { FederationState } from '../federation-state.ts';
import { heartbeatResource, type Heartbeats } from '../heartbeats.ts';
import { type Decision, leaseOf } from './decide.ts';
import { memberReport } from './decide-report.ts';
import { eventsOf } from './events.ts';
import { afterExtend, afterOpen } from './hold-answer.ts';
import type { ClusterMoney } from './money.ts';
import { statusAfter } from './status.ts';

const manager = 'compute.io.net/io-cluster';

export type Effects = Readonly<{
  client: Pick<ApiClient, 'apply' | 'mergePatch' | 'delete' | 'get'>;
  heard: Pick<Heartbeats, 'renewTime'>;
  state: FederationState;
  events: Pick<EventRecorder, 'event'>;
  now: () => number;
  /** Of the gateway through which renters reach their clusters, without a slash at its end. */
  gatewayUrl?: string | undefined;
}>;

/** What the applier moves money with; undefined where nothing is paid. */
type Purse = Pick<ClusterMoney, 'open' | 'extend' | 'close'>;

/**
 * Carries out a decision. The order makes a crash between any two steps harmless: the finalizer
 * stands before the placement exists, money is held before that too, the lease's number is in the status
 * before the placement is deleted or the ledger ends the lease, the ledger has taken the end in before the
 * finalizer goes, and what was done already is not done again.
 */
export class Applier {
  readonly #effects: Effects;
  readonly #statuses: StatusWriter;
  readonly #purse: Purse | undefined;
  readonly #wrote: (cluster: IOCluster) => void;
  readonly #unsettled = new Map<string, Omit<IOPlacement, 'status'>>();

  /** `wrote` is told of every IOCluster as the API server has it after a write. */
  constructor(effects: Effects, purse: Purse | undefined, wrote: (cluster: IOCluster) => void) {
    this.#effects = effects;
    this.#purse = purse;
    this.#wrote = wrote;
    this.#statuses = new StatusWriter({ client: effects.client, manager: `${manager}-status` });
  }

  /** Gives back what was really done: without the money for it, something else than was decided. */
  async apply(cluster: IOCluster, decided: Decision, signal: AbortSignal): Promise<Decision> {
    const { client, heard } = this.#effects;
    // Before anything is awaited: the renewal that the decision knew of.
    const renewal = heard.renewTime(decided.takeOver?.spec.member ?? '');
    if (decided.finalizer === 'release') {
      await this.#close(decided);
      await releaseFinalizer(client, ioClusterResource, cluster, finalizers.lease, { signal });
      return decided;
    }
    let current = cluster;
    if (decided.finalizer === 'ensure') {
      current = await ensureFinalizer(client, ioClusterResource, cluster, finalizers.lease, {
        signal,
      });
      if (current !== cluster) this.#wrote(current);
    }
    const decision = await this.#fund(current, decided);
    const placement = await this.#place(current, decision, signal);
    const phase = placement === undefined ? decision.phase : this.#leased(decision, placement);
    for (const note of decision.notes ?? []) this.#effects.events.event(current, note);
    await this.#writeStatus(current, decision, phase, signal);
    if (decision.remove !== undefined) await this.#remove(decision.remove, signal);
    if (decision.takeOver !== undefined) {
      await this.#takeOver(decision.takeOver, renewal, signal);
    }
    await this.#close(decision);
    return decision;
  }

  /** Whether a placement of the cluster was sent and no answer came. */
  isUnsettled(clusterUid: string): boolean {
    return this.#unsettled.has(clusterUid);
  }

  /** Sends an unanswered placement again, the same one: then it is known to exist, or not to. */
  async settle(clusterUid: string, signal: AbortSignal): Promise<void> {
    const manifest = this.#unsettled.get(clusterUid);
    if (manifest !== undefined) await this.#send(clusterUid, manifest, signal);
  }

  /** Holds the money; where that fails the devices are free again, and nothing is placed. */
  async #fund(cluster: IOCluster, decision: Decision): Promise<Decision> {
    if (this.#purse === undefined) return decision;
    const { open, extend, assume } = decision;
    let funded = decision;
    if (open !== undefined) {
      const answer = await this.#purse.open(open);
      funded = afterOpen(decision, open, answer, Math.floor(this.#effects.now() / 1000));
    } else if (extend !== undefined) {
      const answer = await this.#purse.extend(cluster.metadata.uid ?? '', extend);
      funded = afterExtend(decision, extend, answer);
    }
    if (funded !== decision && assume !== undefined) {
      this.#effects.state.inventory.withdraw(assume.leaseId);
    }
    return funded;
  }

  async #close({ close = [] }: Decision): Promise<void> {
    for (const closing of close) await this.#purse?.close(closing);
  }

  async #place(
    cluster: IOCluster,
    decision: Decision,
    signal: AbortSignal,
  ): Promise<IOPlacement | undefined> {
    if (decision.apply === undefined) return undefined;
    return this.#send(cluster.metadata.uid ?? '', decision.apply, signal);
  }

  async #send(
    clusterUid: string,
    manifest: Omit<IOPlacement, 'status'>,
    signal: AbortSignal,
  ): Promise<IOPlacement> {
    const { client, state } = this.#effects;
    try {
      const placement = await client.apply(ioPlacementResource, manifest, { manager, signal });
      state.wrote(placement);
      this.#unsettled.delete(clusterUid);
      return placement;
    } catch (error) {
      // Without an answer the placement may exist. Its devices stay held until that is known.
      if (error instanceof ApiError && error.isTransient) {
        this.#unsettled.set(clusterUid, manifest);
      } else {
        this.#unsettled.delete(clusterUid);
        state.inventory.withdraw(manifest.spec.leaseId);
      }
      throw error;
    }
  }

  #leased(decision: Decision, placement: IOPlacement): Phase {
    const earlier = decision.phase?.kind === 'Leased' ? decision.phase : undefined;
    return {
      kind: 'Leased',
      lease: leaseOf(placement, placement.spec),
      report: memberReport(placement),
      memberConnected: earlier?.memberConnected ?? true,
      scaleUpRefusal: earlier?.scaleUpRefusal,
    };
  }

  async #writeStatus(
    cluster: IOCluster,
    decision: Decision,
    phase: Phase | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { now, events, gatewayUrl } = this.#effects;
    const { leaseGeneration } = decision;
    const status =
      phase === undefined
        ? { ...cluster.status, leaseGeneration }
        : statusAfter(cluster, decision, phase, now(), gatewayUrl);
    if (phase === undefined && (cluster.status?.leaseGeneration ?? 0) === leaseGeneration) return;
    const written = await this.#statuses.applyStatus(ioClusterResource, cluster, status, {
      signal,
    });
    if (written === cluster) return;
    this.#wrote(written);
    for (const note of eventsOf(cluster.status?.conditions, status.conditions)) {
      events.event(cluster, note);
    }
  }

  /**
   * Ends a placement in its agent's stead. The deletion came first and the heartbeat is asked for
   * now: an agent that was heard since has seen the deletion, or will, and ends it itself.
   */
  async #takeOver(
    placement: IOPlacement,
    last: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { client } = this.#effects;
    const { member } = placement.spec;
    const lease = await client.get(heartbeatResource, heartbeatLeaseName, memberNamespace(member), {
      signal,
    });
    if (lease !== undefined && lease.spec?.renewTime !== last) return;
    await releaseFinalizer(client, ioPlacementResource, placement, finalizers.rayCluster, {
      signal,
    });
  }

  async #remove(placement: IOPlacement, signal: AbortSignal): Promise<void> {
    const { name, namespace, uid } = placement.metadata;
    await this.#effects.client.delete(ioPlacementResource, name, namespace, { uid, signal });
  }
}
