import { durationSeconds } from '../../../crds/schema/duration.ts';
import type { IOPlacement } from '../../../crds/schema/index.ts';
import { type DeviceKey, deviceKey } from '../../domain/inventory/types.ts';
import type { Lease, Phase } from '../../domain/io-cluster/phase.ts';
import { leaseIdOf, memberNamespace } from '../../domain/lease.ts';
import { requestOf } from '../../domain/placement/request.ts';
import type { Placement, Refusal } from '../../domain/placement/types.ts';
import { devicesByGroup, placementObject } from './decide-placement-object.ts';
import { rescaledPlacement } from './decide-rescale.ts';
import { memberReport } from './decide-report.ts';
import type { Observed } from './snapshot.ts';

/** What to do about one IOCluster. Carried out in this order: assume, apply, status, remove. */
export type Decision = Readonly<{
  finalizer: 'ensure' | 'release' | 'keep';
  /** Absent: the status stays as it is. */
  phase?: Phase;
  /** The lease that the status should name, and the count of leases so far. */
  lease?: Lease;
  leaseGeneration: number;
  /** Devices to hold before anything is written. */
  assume?: Readonly<{ leaseId: string; devices: readonly DeviceKey[] }>;
  apply?: Omit<IOPlacement, 'status'>;
  remove?: IOPlacement;
  /** A member that refused: it is not asked again for a while. */
  cool?: string;
  /** A placement decision was made; its outcome is counted. */
  decided?: Placement | Refusal;
  requeueAfterMs?: number;
}>;

/** Pure: the same snapshot gives the same decision, and deciding again after it changes nothing. */
export function decide(observed: Observed): Decision {
  const { cluster, placement } = observed;
  if (cluster.metadata.deletionTimestamp !== undefined) return onDeletion(observed);
  const finished = finishedMessage(observed);
  const releasing = placement !== undefined;
  if (finished !== undefined) {
    return withoutLease(observed, { kind: 'Finished', message: finished, releasing });
  }
  if (cluster.spec.suspend) return withoutLease(observed, { kind: 'Suspended', releasing });
  if (placement !== undefined) return onLease(observed, placement);
  return onQueue(observed);
}

function onDeletion({ placement, cluster }: Observed): Decision {
  const leaseGeneration = cluster.status?.leaseGeneration ?? 0;
  if (placement === undefined) return { finalizer: 'release', leaseGeneration };
  return { finalizer: 'keep', leaseGeneration, ...removal(placement) };
}

/** Deleting once is enough; then the agent's finalizer decides when it is gone. */
function removal(placement: IOPlacement): { remove?: IOPlacement } {
  return placement.metadata.deletionTimestamp === undefined ? { remove: placement } : {};
}

function withoutLease(observed: Observed, phase: Phase): Decision {
  const { placement } = observed;
  return {
    finalizer: 'keep',
    phase,
    leaseGeneration: generationSoFar(observed),
    ...(placement === undefined ? {} : removal(placement)),
  };
}

function generationSoFar({ cluster, placement }: Observed): number {
  return Math.max(cluster.status?.leaseGeneration ?? 0, placement?.spec.leaseGeneration ?? 0);
}

function onLease(observed: Observed, placement: IOPlacement): Decision {
  const leaseGeneration = generationSoFar(observed);
  const base = { finalizer: 'ensure', leaseGeneration } as const;
  const report = memberReport(placement);
  if (placement.metadata.deletionTimestamp !== undefined) {
    const message = `${placement.spec.leaseId} is being released by ${placement.spec.member}.`;
    return { ...base, phase: { kind: 'Releasing', cause: 'ShapeChanged', message } };
  }
  if (report.accepted?.ok === false) {
    const message = `${placement.spec.member} refused: ${report.accepted.message}`;
    return {
      ...base,
      phase: { kind: 'Releasing', cause: 'RefusedByMember', message },
      cool: placement.spec.member,
      remove: placement,
    };
  }
  const wanted = rescaledPlacement(observed, placement);
  if (wanted.kind === 'ShapeChanged') {
    const message = 'The specification changed before the cluster ran; it is placed anew.';
    const phase = { kind: 'Releasing', cause: 'ShapeChanged', message } as const;
    return { ...base, phase, remove: placement };
  }
  const current = wanted.kind === 'Apply' ? wanted.object : placement;
  const lease = leaseOf(placement, current.spec);
  const requeueAfterMs = untilExpiry(observed, lease.startTime);
  return {
    ...base,
    lease,
    phase: {
      kind: 'Leased',
      lease,
      report,
      memberConnected: observed.memberConnected,
      scaleUpRefusal: wanted.refusal,
    },
    ...(wanted.kind === 'Apply'
      ? { apply: wanted.object, assume: { leaseId: lease.id, devices: devicesOf(wanted.object) } }
      : {}),
    ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }),
  };
}

function onQueue(observed: Observed): Decision {
  const { cluster, hash } = observed;
  const soFar = generationSoFar(observed);
  const invalid = invalidity(observed);
  if (invalid !== undefined) {
    return { finalizer: 'keep', leaseGeneration: soFar, phase: invalid };
  }
  const request = requestOf(cluster.spec, {
    excludedMembers: observed.coolingMembers,
    quotaRemainingDevices: observed.quotaRemainingDevices,
  });
  const decided = observed.place(request);
  if (decided.kind === 'Refusal') {
    return {
      finalizer: 'keep',
      leaseGeneration: soFar,
      phase: { kind: 'Waiting', refusal: decided, quote: observed.quote(request) },
      decided,
    };
  }
  const leaseGeneration = soFar + 1;
  const leaseId = leaseIdOf(cluster.metadata.uid ?? '', leaseGeneration, hash);
  const namespace = memberNamespace(decided.member);
  const object = placementObject({
    cluster,
    member: decided.member,
    groups: devicesByGroup(decided),
    priceMicroUsdPerHour: Number(decided.priceMicroUsdPerHour),
    leaseId,
    leaseGeneration,
    namespace,
    hash,
  });
  return {
    finalizer: 'ensure',
    leaseGeneration,
    assume: { leaseId, devices: devicesOf(object) },
    apply: object,
    decided,
  };
}

function invalidity(observed: Observed): Extract<Phase, { kind: 'Invalid' }> | undefined {
  const { cluster } = observed;
  const namespace = cluster.metadata.namespace ?? '';
  if (!observed.accountFound) {
    const name = cluster.spec.accountRef?.name ?? '';
    const message = `spec.accountRef.name: there is no IOAccount ${name} in namespace ${namespace}.`;
    return { kind: 'Invalid', reason: 'AccountNotFound', message };
  }
  if (!observed.priorityClassFound) {
    const name = cluster.spec.priorityClassName ?? '';
    const message = `spec.priorityClassName: there is no PriorityClass ${name} on the hub.`;
    return { kind: 'Invalid', reason: 'PriorityClassNotFound', message };
  }
  return undefined;
}

/** The lease of a placement; `spec` may be newer than what the placement was read with. */
export function leaseOf(placement: IOPlacement, spec: IOPlacement['spec']): Lease {
  return {
    id: spec.leaseId,
    generation: spec.leaseGeneration,
    member: spec.member,
    placement: placement.metadata.name,
    startTime: placement.metadata.creationTimestamp ?? '',
    devices: spec.workerGroups.reduce((sum, group) => sum + group.devices.length, 0),
    priceMicroUsdPerHour: spec.priceMicroUsdPerHour,
  };
}

/** The devices that a placement names, as the inventory keys them. */
export function devicesOf(placement: Pick<IOPlacement, 'spec'>): readonly DeviceKey[] {
  const { member, workerGroups } = placement.spec;
  return workerGroups.flatMap((group) => group.devices.map(({ name }) => deviceKey(member, name)));
}

/** Finished stays finished, whatever is edited afterwards. */
function finishedMessage(observed: Observed): string | undefined {
  const { cluster, placement } = observed;
  const latched = cluster.status?.conditions?.find(({ type }) => type === 'Finished');
  if (latched?.status === 'True') return latched.message;
  const startTime = placement?.metadata.creationTimestamp;
  if (startTime === undefined) return undefined;
  const leftMs = untilExpiry(observed, startTime);
  if (leftMs === undefined || leftMs > 0) return undefined;
  return `spec.lifetime.ttl ${cluster.spec.lifetime?.ttl ?? ''} has passed since the lease began.`;
}

/** Milliseconds until spec.lifetime.ttl has passed, at least 0; undefined without a ttl. */
function untilExpiry({ cluster, nowMs }: Observed, startTime: string): number | undefined {
  const { ttl } = cluster.spec.lifetime ?? {};
  if (ttl === undefined) return undefined;
  const seconds = durationSeconds(ttl);
  if (seconds === undefined) return undefined;
  return Math.max(0, Date.parse(startTime) + seconds * 1000 - nowMs);
}
