import type {
  IOMember,
  IOMemberConditionType,
  IOMemberStatus,
} from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../../domain/condition-intent.ts';
import type { ProductCounts } from '../../domain/inventory/types.ts';
import { memberNamespace } from '../../domain/lease.ts';
import { drainDeadlineMs } from '../../domain/member/drain.ts';
import type { Versions } from '../../domain/member/heartbeat.ts';
import {
  acceptedCondition,
  connectedCondition,
  drainedCondition,
  fencedCondition,
  joinedCondition,
  meteringCondition,
  schedulableCondition,
} from './decide-conditions.ts';
import { decideRemoval, type RemovalStep } from './decide-removal.ts';
import type { Observed, SilenceLimits } from './snapshot.ts';

export type Capacity = Readonly<{
  model: string;
  devices: number;
  verified: number;
  leased: number;
  free: number;
}>;

export type Decision = Readonly<{
  /** Whether the member's namespace, role and bindings exist (`grant`) or are taken away. */
  access: 'grant' | 'revoke';
  namespace: string;
  conditions: readonly ConditionIntent[];
  /** Conditions that do not apply any more. */
  endedConditions: readonly IOMemberConditionType[];
  /** Which cluster the member is, how its agent came in, and what it asks for. */
  standing: Pick<IOMemberStatus, 'request' | 'credential' | 'clusterUid' | 'clusterEnrolment'>;
  capacity: readonly Capacity[];
  /** Over all products. */
  devices: Readonly<{ total: number; free: number; leased: number; broken?: number }>;
  versions: Versions;
  /** Undefined while the member is not being removed. */
  removal: RemovalStep | undefined;
  /** When the next condition can change by the passing of time alone. */
  requeueAfterMs: number | undefined;
}>;

/** Models listed in status.capacity; the CRD takes no more. */
export const maximumCapacityModels = 64;

export function decide(observed: Observed, limits: SilenceLimits): Decision {
  const { member, wishes } = observed;
  const deadlineMs = drainDeadlineMs({
    drainDeadline: member.spec.drain?.deadline,
    wishedDeadline: wishes.drainDeadline,
    deletedAt: member.metadata.deletionTimestamp,
  });
  const removal = decideRemoval(observed, limits);
  const connected = connectedCondition(observed, limits);
  return {
    // While an agent that is removed has something to release it needs its rights.
    access: member.spec.accepted && removal !== 'TakeDown' ? 'grant' : 'revoke',
    namespace: memberNamespace(member.metadata.name),
    conditions: [
      acceptedCondition(member),
      ...joinedCondition(observed),
      connected,
      fencedCondition(observed, limits),
      ...drainedCondition(observed, deadlineMs, removal),
      ...meteringCondition(observed, connected),
      schedulableCondition(observed, deadlineMs, connected),
    ],
    endedConditions: deadlineMs === undefined ? ['Drained'] : [],
    standing: standingOf(observed),
    capacity: capacityOf(observed.products),
    devices: totals(observed.products),
    versions: observed.versions,
    removal,
    requeueAfterMs: nextSilence(observed.heartbeatAgeMs, limits),
  };
}

/** The API server forgets answered requests after an hour, the status keeps what came of them. */
function standingOf(observed: Observed): Decision['standing'] {
  const { member, joining } = observed;
  const credential = joining.credential ?? member.status?.credential;
  return {
    ...(joining.request === undefined ? {} : { request: joining.request }),
    ...(credential === undefined ? {} : { credential }),
    ...clusterOf(observed),
  };
}

/**
 * An enrolment belongs to the cluster from which it was first heard. While it was not heard, the
 * cluster of the enrolment before stands.
 */
function clusterOf({ member, clusterUid, isOfEnrolment }: Observed): Partial<Decision['standing']> {
  const { status, spec } = member;
  const isPinned = status?.clusterUid !== undefined && status.clusterEnrolment === spec.enrolment;
  if (!isPinned && isOfEnrolment && spec.accepted && clusterUid !== undefined) {
    return { clusterUid, clusterEnrolment: spec.enrolment };
  }
  return {
    ...(status?.clusterUid === undefined ? {} : { clusterUid: status.clusterUid }),
    ...(status?.clusterEnrolment === undefined
      ? {}
      : { clusterEnrolment: status.clusterEnrolment }),
  };
}

function nextSilence(ageMs: number | undefined, limits: SilenceLimits): number | undefined {
  if (ageMs === undefined) return undefined;
  const next = [limits.lateMs, limits.lostMs, limits.fencedMs].filter(
    (limitMs) => limitMs >= ageMs,
  );
  return next.length === 0 ? undefined : Math.min(...next) - ageMs + 1;
}

/**
 * The older of two members that were let in and whose agents run in the same cluster: the one that
 * stays, as a younger one is a member under a second name.
 */
export function olderTwinOf(
  member: IOMember,
  sameCluster: readonly IOMember[],
): string | undefined {
  const rank = ({ metadata }: IOMember): string =>
    `${metadata.creationTimestamp ?? ''}/${metadata.name}`;
  const uid = member.status?.clusterUid;
  if (uid === undefined) return undefined;
  return sameCluster.find(
    (other) =>
      other.spec.accepted && other.status?.clusterUid === uid && rank(other) < rank(member),
  )?.metadata.name;
}

/** What status.capacity lists; products ascend by name, so the same devices always read the same. */
function capacityOf(products: readonly ProductCounts[]): readonly Capacity[] {
  return products
    .filter(({ product }) => product !== 'unknown')
    .slice(0, maximumCapacityModels)
    .map(({ product, devices, verified, leased, free }) => ({
      model: product,
      devices,
      verified,
      leased,
      free,
    }));
}

function totals(products: readonly ProductCounts[]): Decision['devices'] {
  const sums = { total: 0, free: 0, leased: 0 };
  const broken = products.reduce((sum, product) => sum + (product.broken ?? 0), 0);
  for (const product of products) {
    sums.total += product.devices;
    sums.free += product.free;
    sums.leased += product.leased;
  }
  return broken === 0 ? sums : { ...sums, broken };
}
