import type { IOPlacement } from '../../../crds/schema/index.ts';
import type { Phase, ReleaseCause } from '../../domain/io-cluster/phase.ts';
import { drainStep } from '../../domain/member/drain.ts';
import { defaultFencing, hubFenceMs } from '../../domain/member/fencing.ts';
import { requestOf } from '../../domain/placement/request.ts';
import type { Observed } from './snapshot.ts';

/** How often a member that drains is asked about room elsewhere. */
const lookAgainMs = 10_000;

/** A lease that has to leave its member; `cool`: it is not placed there again for a while. */
export type Leaving = Readonly<{
  phase: Extract<Phase, { kind: 'Releasing' }>;
  cool: string;
  remove: IOPlacement;
}>;

/** Why a lease leaves its member now, although nobody asked for that; undefined: it stays. */
export function leavingOf(observed: Observed, placement: IOPlacement): Leaving | undefined {
  return lostMember(observed, placement) ?? drainedMember(observed, placement);
}

const leaving = (placement: IOPlacement, cause: ReleaseCause, message: string): Leaving => ({
  phase: { kind: 'Releasing', cause, message },
  cool: placement.spec.member,
  remove: placement,
});

/** Silent for so long that its agent has stopped the work, or counts as having stopped it. */
function lostMember({ memberSilentMs }: Observed, placement: IOPlacement): Leaving | undefined {
  const { fencing, checkpoint, member } = placement.spec;
  const fenceMs =
    fencing === undefined ? undefined : hubFenceMs(fencing, checkpoint?.timeoutSeconds);
  if (fenceMs === undefined || memberSilentMs === undefined || memberSilentMs < fenceMs) {
    return undefined;
  }
  const seconds = Math.round(fenceMs / 1000);
  const message = `${member} has not been heard for ${seconds} s and has stopped the work; the cluster is placed anew.`;
  return leaving(placement, 'MemberLost', message);
}

function drainedMember(observed: Observed, placement: IOPlacement): Leaving | undefined {
  const { memberDrainMs: deadlineMs, nowMs, cluster } = observed;
  if (deadlineMs === undefined) return undefined;
  const { member } = placement.spec;
  const { capacity } = cluster.spec;
  const step = drainStep({ deadlineMs, nowMs, capacity, canMove: canMove(observed, member) });
  if (step === 'Stay') return undefined;
  const message = `${member} gives its devices back; the cluster is placed anew elsewhere.`;
  return leaving(placement, 'MemberDraining', message);
}

/** Whether another member has room for all of it now. */
export function canMove(
  { cluster, place, quotaRemainingDevices, coolingMembers, money }: Observed,
  from: string,
) {
  const request = requestOf(cluster.spec, {
    excludedMembers: [...coolingMembers, from],
    quotaRemainingDevices,
    paid: money !== undefined,
  });
  return place(request).kind === 'Placement';
}

/** When the member's silence or its drain has to be looked at again; undefined: by itself never. */
export function lookAgainInMs(
  { memberSilentMs, memberLate, memberDrainMs, nowMs }: Observed,
  { spec }: IOPlacement,
): number | undefined {
  const times: number[] = [];
  if (memberDrainMs !== undefined) {
    times.push(Math.min(lookAgainMs, Math.max(0, memberDrainMs - nowMs)));
  }
  const fenceMs = takeOverAfterMs(spec);
  if (memberLate && memberSilentMs !== undefined && memberSilentMs < fenceMs) {
    times.push(fenceMs - memberSilentMs + 1);
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

/**
 * After how long a silence the hub itself ends a placement that is deleted. A lease that is never
 * fenced may run on, but nothing is billed for it any more.
 */
function takeOverAfterMs({ fencing = defaultFencing, checkpoint }: IOPlacement['spec']): number {
  const { afterSeconds } = fencing;
  const always = { policy: 'AfterFence', afterSeconds } as const;
  return hubFenceMs(always, checkpoint?.timeoutSeconds) ?? Number.POSITIVE_INFINITY;
}

/**
 * What becomes of a placement that is deleted while its member is silent: it ends without the agent,
 * once the member counts as stopped. `isOver`: nothing will be placed in its stead, so that also a
 * lease that is never fenced may end.
 */
export function takeOver(
  { memberSilentMs, memberLate }: Observed,
  placement: IOPlacement,
  isOver: boolean,
): Readonly<{ takeOver?: IOPlacement; requeueAfterMs?: number }> {
  const { metadata, spec } = placement;
  if (metadata.deletionTimestamp === undefined || memberSilentMs === undefined) return {};
  if (spec.fencing?.policy === 'Never' && !isOver) return {};
  const leftMs = takeOverAfterMs(spec) - memberSilentMs;
  if (leftMs <= 0) return { takeOver: placement, requeueAfterMs: lookAgainMs };
  return memberLate ? { requeueAfterMs: leftMs + 1 } : {};
}
