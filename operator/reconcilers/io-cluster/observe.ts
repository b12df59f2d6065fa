import type { IOAccount, IOCluster, IOMember, IOMemberReason } from '../../../crds/schema/index.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import type { PriorityClass } from '../../runtime/priority-class.ts';
import { drainDeadlineMs } from '../../domain/member/drain.ts';
import type { FederationState } from '../federation-state.ts';
import type { Heartbeats } from '../heartbeats.ts';
import type { Money, Observed } from './snapshot.ts';
import { sha256 } from '../../runtime/sha256.ts';

export type ObserveSources = Readonly<{
  clusters: WatchedInformer<IOCluster>;
  members: WatchedInformer<IOMember>;
  accounts: WatchedInformer<IOAccount>;
  priorityClasses: WatchedInformer<PriorityClass>;
  state: FederationState;
  heard: Pick<Heartbeats, 'ageMs' | 'wishes'>;
  clock: Clock;
}>;

/** Indexes that the informer of IOClusters has to have. */
export const clusterIndexes = {
  uid: (cluster: IOCluster) => [cluster.metadata.uid ?? ''],
  namespace: (cluster: IOCluster) => [cluster.metadata.namespace ?? ''],
  member: (cluster: IOCluster) => {
    const member = cluster.status?.lease?.member;
    return member === undefined ? [] : [member];
  },
  account: (cluster: IOCluster) => {
    const account = accountKey(cluster);
    return account === undefined ? [] : [account];
  },
  priorityClass: ({ spec }: IOCluster) =>
    spec.priorityClassName === undefined ? [] : [spec.priorityClassName],
};

/** `namespace/name` of the IOAccount that a cluster refers to. */
export function accountKey({ metadata, spec }: IOCluster): string | undefined {
  return spec.accountRef === undefined
    ? undefined
    : `${metadata.namespace ?? ''}/${spec.accountRef.name}`;
}

/** Gathers from caches only; no request is made and nothing is awaited. */
export function observe(
  cluster: IOCluster,
  sources: ObserveSources,
  coolingMembers: readonly string[],
  money: Money | undefined,
): Observed {
  const { state, accounts, priorityClasses, members, clock } = sources;
  const placement = state.placementOf(cluster.metadata.uid ?? '');
  const key = accountKey(cluster);
  const account = key === undefined ? undefined : accounts.cache.get(key);
  const priorityClass = cluster.spec.priorityClassName;
  const member = placement === undefined ? undefined : members.cache.get(placement.spec.member);
  return {
    cluster,
    placement,
    accountFound: key === undefined || account !== undefined,
    priorityClassFound:
      priorityClass === undefined || priorityClasses.cache.get(priorityClass) !== undefined,
    quotaRemainingDevices: quotaRemaining(cluster, account, sources),
    ...standingOf(placement?.spec.member, member, sources),
    coolingMembers,
    inventory: state.inventory,
    place: (request) => state.place(request),
    quote: (request) => state.quote(request),
    money,
    nowMs: clock.now(),
    hash: sha256,
  };
}

type Standing = Pick<
  Observed,
  'memberConnected' | 'memberLate' | 'memberSilentMs' | 'memberLeaves' | 'memberDrainMs'
>;

/** Of the member that has the placement; nothing to say without one. */
function standingOf(
  name: string | undefined,
  member: IOMember | undefined,
  { heard }: ObserveSources,
): Standing {
  const connected = member?.status?.conditions?.find(({ type }) => type === 'Connected');
  const memberConnected = connected?.status === 'True';
  const memberLate =
    !memberConnected ||
    connected.reason === ('HeartbeatLate' satisfies IOMemberReason<'Connected'>);
  const heardOf = { memberConnected, memberLate };
  if (name === undefined) {
    return { ...heardOf, memberSilentMs: undefined, memberLeaves: false, memberDrainMs: undefined };
  }
  if (member === undefined) {
    // Its heartbeat may still be there when only the object was deleted by force.
    const memberSilentMs = heard.ageMs(name) ?? Number.POSITIVE_INFINITY;
    return { ...heardOf, memberSilentMs, memberLeaves: true, memberDrainMs: 0 };
  }
  const { deletionTimestamp: deletedAt } = member.metadata;
  return {
    ...heardOf,
    memberSilentMs: heard.ageMs(name),
    memberLeaves: deletedAt !== undefined,
    memberDrainMs: drainDeadlineMs({
      drainDeadline: member.spec.drain?.deadline,
      wishedDeadline: heard.wishes(name).drainDeadline,
      deletedAt,
    }),
  };
}

/** What the account's quota leaves for this cluster, its own lease not counted. */
function quotaRemaining(
  cluster: IOCluster,
  account: IOAccount | undefined,
  { clusters, state }: ObserveSources,
): number | undefined {
  const maxDevices = account?.spec.quota?.maxDevices;
  const key = accountKey(cluster);
  if (maxDevices === undefined || key === undefined) return undefined;
  let used = 0;
  for (const other of clusters.cache.byIndex('account', key)) {
    if (other.metadata.uid === cluster.metadata.uid) continue;
    const placement = state.placementOf(other.metadata.uid ?? '');
    for (const group of placement?.spec.workerGroups ?? []) used += group.devices.length;
  }
  return Math.max(0, maxDevices - used);
}
