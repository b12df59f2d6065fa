import {
  type Condition,
  finalizers,
  type IOMember,
  type IOMemberStatus,
  ioMemberResource,
  type IOPlacement,
} from '../../../crds/schema/index.ts';
import { memberNamespace, memberOfNamespace } from '../../domain/lease.ts';
import { defaultFencing, hubFenceMs } from '../../domain/member/fencing.ts';
import type { MemberLedger } from '../../ports/member-ledger.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller, type Result } from '../../runtime/controller.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import { ensureFinalizer, hasFinalizer, releaseFinalizer } from '../../runtime/finalizer.ts';
import type { Informer } from '../../runtime/informer.ts';
import { jsonEqual } from '../../runtime/json.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { OwnWrites } from '../../runtime/own-writes.ts';
import { StatusWriter } from '../../runtime/status.ts';
import type { FederationState } from '../federation-state.ts';
import type { HeartbeatLease, Heartbeats } from '../heartbeats.ts';
import { withConditions } from '../with-conditions.ts';
import { decide, type Decision, olderTwinOf } from './decide.ts';
import { MemberRights } from './rights.ts';
import type { Joining, Observed, SilenceLimits } from './snapshot.ts';

const manager = 'compute.io.net/io-member';

/** Counts of devices are written at most this often; conditions at once. */
const countEveryMs = 5_000;
/** A removal looks again this often whether a namespace, or a lease of the ledger, is done with. */
const removalEveryMs = 1_000;
/** Heartbeats come four times as often as it takes to be lost: one that fails is not late yet. */
const lateShare = 0.6;

/** An index that the informer of IOMembers has to have: those whose agents run in one cluster. */
export const memberClusterIndex = {
  clusterUid: ({ status }: IOMember): readonly string[] =>
    status?.clusterUid === undefined ? [] : [status.clusterUid],
};

export type IOMemberOptions = Readonly<{
  client: ApiClient;
  members: Informer<IOMember>;
  heartbeats: Informer<HeartbeatLease>;
  /** Made from `heartbeats`, shared by all that ask who is heard. */
  heard: Heartbeats;
  placements: Informer<IOPlacement>;
  /** How agents that ask for their certificates here stand; undefined: none does. */
  joins?: Readonly<{ joinOf: (member: string) => Joining }> | undefined;
  /** Undefined: nothing is paid, and nobody waits for its settlement. */
  memberLedger?: MemberLedger | undefined;
  state: FederationState;
  events: EventRecorder;
  clock: Clock;
  memberLostMs: number;
  metrics: RuntimeMetrics;
  logger: Logger;
}>;

/**
 * Gives accepted members their namespace and rights, says who is heard and what they have, and takes
 * everything away from those that are removed, once nothing of them is owed.
 */
export function ioMemberController(options: IOMemberOptions): Controller {
  const reconciler = new Reconciler(options);
  const ofNamespace = (namespace: string | undefined): readonly string[] => {
    const member = memberOfNamespace(namespace ?? '');
    return member === undefined ? [] : [member];
  };
  return new Controller({
    name: 'io-member',
    reconcile: (key, { signal }) => reconciler.reconcile(key, signal),
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
    resyncPeriodMs: 10 * 60_000,
  })
    .watch(options.members)
    .watch(options.heartbeats, ({ metadata }) => ofNamespace(metadata.namespace))
    .watch(options.placements, ({ metadata }, { type }) =>
      // A drain, or a removal, may have waited for it.
      type === 'deleted' ? ofNamespace(metadata.namespace) : [],
    );
}

class Reconciler {
  readonly #options: IOMemberOptions;
  readonly #statuses: StatusWriter;
  readonly #own: OwnWrites<IOMember>;
  readonly #rights: MemberRights;
  readonly #limits: SilenceLimits;
  readonly #countedAtMs = new Map<string, number>();
  /** When a member that is removed was first seen without a placement. */
  readonly #emptySinceMs = new Map<string, number>();

  constructor(options: IOMemberOptions) {
    const { client, clock } = options;
    this.#options = options;
    this.#own = new OwnWrites(options.members.cache);
    this.#statuses = new StatusWriter({ client, manager: `${manager}-status` });
    this.#rights = new MemberRights({ client, manager, clock });
    const fencedMs = hubFenceMs(defaultFencing, undefined) ?? Number.POSITIVE_INFINITY;
    const lostMs = options.memberLostMs;
    this.#limits = { lateMs: lostMs * lateShare, lostMs, fencedMs };
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Result> {
    const member = await this.#withFinalizer(this.#own.get(name), signal);
    if (member === undefined) return this.#gone(name, signal);
    const decision = decide(await this.#observe(member), this.#limits);
    if (decision.access === 'grant') await this.#rights.grant(member, signal);
    else await this.#rights.revoke(name, signal);
    const current = await this.#writeStatus(member, decision, signal);
    if (decision.removal !== undefined) return this.#remove(current, decision.removal, signal);
    const { requeueAfterMs = countEveryMs } = decision;
    return { requeueAfterMs: Math.min(requeueAfterMs, countEveryMs) };
  }

  /** Once a member was let in there may be leases on it, so it does not go before they are settled. */
  async #withFinalizer(
    member: IOMember | undefined,
    signal: AbortSignal,
  ): Promise<IOMember | undefined> {
    if (member?.spec.accepted !== true || member.metadata.deletionTimestamp !== undefined) {
      return member;
    }
    if (hasFinalizer(member, finalizers.member)) return member;
    const { client } = this.#options;
    const options = { manager, signal };
    const kept = await ensureFinalizer(
      client,
      ioMemberResource,
      member,
      finalizers.member,
      options,
    );
    this.#own.wrote(kept);
    return kept;
  }

  async #observe(member: IOMember): Promise<Observed> {
    const { heard, clock, members, state, joins, memberLedger } = this.#options;
    const { name, deletionTimestamp } = member.metadata;
    const heartbeatAgeMs = heard.ageMs(name);
    const uid = member.status?.clusterUid;
    const placements = this.#placements(name);
    return {
      member,
      nowMs: clock.now(),
      heartbeatAgeMs,
      versions: heard.versions(name),
      metering: heard.metering(name),
      wishes: heard.wishes(name),
      clusterUid: heard.clusterUid(name),
      isOfEnrolment:
        heartbeatAgeMs !== undefined &&
        this.#rights.wasAlone(name, member.spec.enrolment, heartbeatAgeMs),
      olderTwin:
        uid === undefined
          ? undefined
          : olderTwinOf(member, members.cache.byIndex('clusterUid', uid)),
      joining: joins?.joinOf(name) ?? {},
      products: state.inventory.member(name)?.products() ?? [],
      placements,
      unsettledLeases:
        deletionTimestamp === undefined || placements > 0
          ? undefined
          : await memberLedger?.unsettled(name),
      emptyForMs: deletionTimestamp === undefined ? 0 : this.#emptyForMs(name, placements),
    };
  }

  #placements(member: string): number {
    const namespace = memberNamespace(member);
    return this.#options.placements.cache
      .list()
      .filter(({ metadata }) => metadata.namespace === namespace).length;
  }

  #emptyForMs(member: string, placements: number): number {
    const nowMs = this.#options.clock.monotonicMs();
    if (placements > 0) this.#emptySinceMs.delete(member);
    else if (!this.#emptySinceMs.has(member)) this.#emptySinceMs.set(member, nowMs);
    return nowMs - (this.#emptySinceMs.get(member) ?? nowMs);
  }

  async #remove(
    member: IOMember,
    step: NonNullable<Decision['removal']>,
    signal: AbortSignal,
  ): Promise<Result> {
    const { client, clock, memberLedger } = this.#options;
    const again = { requeueAfterMs: removalEveryMs };
    if (step === 'WriteOff') {
      await memberLedger?.remove(member.metadata.name, Math.floor(clock.now() / 1000));
    }
    if (step !== 'TakeDown' || !(await this.#rights.takeDown(member, signal))) return again;
    const options = { manager, signal };
    await releaseFinalizer(client, ioMemberResource, member, finalizers.member, options);
    return undefined;
  }

  /** The object is gone, whoever took its finalizer: nobody of that name may have rights. */
  async #gone(name: string, signal: AbortSignal): Promise<void> {
    await this.#rights.revoke(name, signal);
    this.#rights.forget(name);
    this.#countedAtMs.delete(name);
    this.#emptySinceMs.delete(name);
  }

  async #writeStatus(member: IOMember, decision: Decision, signal: AbortSignal): Promise<IOMember> {
    const { clock } = this.#options;
    const { name, generation } = member.metadata;
    const before = member.status;
    const conditions = withConditions(
      withoutTypes(before?.conditions, decision.endedConditions),
      decision.conditions,
      generation,
      clock.now(),
    );
    const countedAgo = clock.monotonicMs() - (this.#countedAtMs.get(name) ?? -countEveryMs);
    const same = conditions === before?.conditions && hasStanding(member, decision);
    if (same && countedAgo < countEveryMs) return member;
    const status: IOMemberStatus = {
      observedGeneration: generation ?? 0,
      ...(member.spec.accepted ? { namespace: decision.namespace } : {}),
      conditions: [...conditions],
      ...decision.standing,
      capacity: [...decision.capacity],
      devices: decision.devices,
      // An object that is emptied by an apply is null to the API server, which refuses that.
      ...(Object.keys(decision.versions).length === 0 ? {} : { versions: decision.versions }),
    };
    const wrote = await this.#statuses.applyStatus(ioMemberResource, member, status, { signal });
    this.#own.wrote(wrote);
    this.#countedAtMs.set(name, clock.monotonicMs());
    this.#tell(member, conditions);
    return wrote;
  }

  #tell(member: IOMember, conditions: readonly Condition[]): void {
    for (const { type, status, reason, message } of conditions) {
      const previous = member.status?.conditions?.find((condition) => condition.type === type);
      if (type === 'Schedulable' || previous?.status === status) continue;
      // Of Fenced it is the truth that is bad news, and only its end is good news.
      const isFenced = type === 'Fenced';
      if (isFenced && status !== 'True' && previous?.status !== 'True') continue;
      const isGood = (status === 'True') !== isFenced || reason === 'Draining';
      const kind = isGood ? 'Normal' : 'Warning';
      this.#options.events.event(member, { type: kind, reason, message });
    }
  }
}

/** The conditions without some; the same list when none of them is there. */
function withoutTypes(
  conditions: readonly Condition[] | undefined,
  types: readonly string[],
): readonly Condition[] | undefined {
  const kept = conditions?.filter(({ type }) => !types.includes(type));
  return kept?.length === conditions?.length ? conditions : kept;
}

const standingFields = ['request', 'credential', 'clusterUid', 'clusterEnrolment'] as const;

const hasStanding = ({ status }: IOMember, { standing }: Decision): boolean =>
  standingFields.every((field) => jsonEqual(status?.[field], standing[field]));
