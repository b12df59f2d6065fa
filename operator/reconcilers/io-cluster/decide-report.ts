import type { IOPlacement } from '../../../crds/schema/index.ts';
import type { MemberReport, Verdict } from '../../domain/io-cluster/phase.ts';

type Workers = NonNullable<MemberReport['workers']>;

/**
 * What the agent says of a placement. Conditions of an older generation say nothing of Accepted and
 * Applied now, but Ready goes on to count: pods do not stop because a number was edited. Workers
 * that were ordered since then are not ready, whatever it said.
 */
export function memberReport(placement: IOPlacement): MemberReport {
  const workers = workersOf(placement);
  return {
    accepted: verdictOf(placement, 'Accepted', { current: true }),
    applied: verdictOf(placement, 'Applied', { current: false }),
    ready: withAll(workers, verdictOf(placement, 'Ready', { current: false })),
    workers,
  };
}

function verdictOf(
  { metadata, status }: IOPlacement,
  type: string,
  { current }: { current: boolean },
): Verdict | undefined {
  const condition = status?.conditions?.find((found) => found.type === type);
  if (condition === undefined || condition.status === 'Unknown') return undefined;
  if (current && (condition.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  const { reason, message } = condition;
  return { ok: condition.status === 'True', reason, message };
}

function workersOf({ metadata, spec, status }: IOPlacement): Workers | undefined {
  const reported = status?.workers;
  const isCurrent = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  // How many an autoscaler wants now is known on the member only.
  if (reported === undefined || isCurrent || spec.autoscaling !== undefined) return reported;
  const desired = spec.workerGroups.reduce((sum, { replicas }) => sum + replicas, 0);
  return { desired, ready: Math.min(reported.ready, desired) };
}

function withAll(workers: Workers | undefined, ready: Verdict | undefined): Verdict | undefined {
  if (ready?.ok !== true || workers === undefined || workers.ready >= workers.desired) return ready;
  const message = `${workers.ready} of ${workers.desired} workers are ready.`;
  return { ok: false, reason: 'WorkersNotReady', message };
}
