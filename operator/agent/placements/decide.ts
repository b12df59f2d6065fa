import type { ConditionIntent } from '../../domain/condition-intent.ts';
import { tenantNamespace } from '../../domain/lease.ts';
import { rayClusterManifest, type RayClusterManifest } from '../../domain/raycluster/manifest.ts';
import { readiness } from '../../domain/raycluster/readiness.ts';
import { refusalOf } from './decide-refusal.ts';
import type { LiveRayCluster, Observed } from './snapshot.ts';

/** What the agent does about one placement: apply or remove, then report, then let go. */
export type Decision = Readonly<{
  apply?: RayClusterManifest;
  /** Digest of `apply`, to be remembered when it has succeeded. */
  intent?: string;
  remove?: LiveRayCluster;
  /** The RayCluster is gone: the hub may forget the placement. */
  release: boolean;
  conditions: readonly ConditionIntent[];
  workers: Readonly<{ desired: number; ready: number }>;
  rayCluster: Readonly<{ namespace: string; name: string; state?: string }>;
  headServiceName?: string;
}>;

export function decide(observed: Observed): Decision {
  const { placement, rayCluster } = observed;
  const name = placement.metadata.name;
  const namespace = tenantNamespace(placement.spec.tenant);
  const desired = placement.spec.workerGroups.reduce((sum, group) => sum + group.replicas, 0);
  const report = {
    workers: { desired, ready: 0 },
    rayCluster: { namespace, name },
    release: false,
  };
  if (placement.metadata.deletionTimestamp !== undefined) {
    const message = 'The placement is deleted: the RayCluster is being removed.';
    const conditions = [accepted, no('Applied', 'Removing', message), notApplied(message)];
    if (rayCluster === undefined) return { ...report, release: true, conditions };
    return { ...report, ...removal(rayCluster), conditions };
  }
  const refusal = refusalOf(observed);
  if (refusal !== undefined) {
    const conditions = [
      refusal,
      no('Applied', 'NotAccepted', refusal.message),
      notApplied(refusal.message),
    ];
    return { ...report, ...removal(rayCluster), conditions };
  }
  const isRunning = rayCluster !== undefined;
  if (observed.fence === 'Fenced' || (observed.fence === 'Unconfirmed' && !isRunning)) {
    const message =
      'The hub was not heard for too long; the work waits until the hub has said more.';
    const conditions = [accepted, no('Applied', 'Fenced', message), notApplied(message)];
    return { ...report, ...(observed.fence === 'Fenced' ? removal(rayCluster) : {}), conditions };
  }
  const decision = running(observed, { ...report, namespace, name });
  if (observed.fence === 'Clear') return decision;
  // What runs goes on as it is until the hub was asked.
  const { apply: _apply, intent: _intent, ...seen } = decision;
  return seen;
}

type Report = Pick<Decision, 'workers' | 'rayCluster' | 'release'> & {
  namespace: string;
  name: string;
};

function running(observed: Observed, { namespace, name, ...report }: Report): Decision {
  const { placement, rayCluster, applied, hash } = observed;
  const manifest = rayClusterManifest({
    name,
    namespace,
    clusterUid: placement.metadata.labels?.['compute.io.net/cluster-uid'] ?? '',
    spec: placement.spec,
    live: rayCluster?.workerGroups ?? [],
    retired: observed.retired,
    productOf: (device) => observed.device(device)?.spec.product,
    hash,
  });
  const intent = hash(JSON.stringify(manifest));
  const current = applied !== undefined && isCurrent(rayCluster, applied, intent, manifest);
  const write = current ? {} : { apply: manifest, intent };
  if (rayCluster === undefined || rayCluster.metadata.deletionTimestamp !== undefined) {
    // The same words as when KubeRay has begun: two writes of a status would say no more than one.
    const { ready } = readiness({}, Infinity, report.workers.desired);
    return { ...report, ...write, conditions: [accepted, isApplied, ready] };
  }
  const generation = rayCluster.metadata.generation ?? 0;
  const groups = rayCluster.workerGroups;
  const scaled = placement.spec.autoscaling !== undefined;
  const desired = scaled
    ? groups.reduce((sum, { replicas }) => sum + (replicas ?? 0), 0)
    : report.workers.desired;
  // The last apply may have made a newer generation than the one that is seen so far.
  const expected = current ? Math.max(generation, applied.generation) : Infinity;
  const { workers, ready } = readiness(rayCluster.status, expected, desired);
  const { state, head } = rayCluster.status;
  return {
    ...report,
    ...write,
    workers,
    rayCluster: { ...report.rayCluster, ...(state === undefined ? {} : { state }) },
    ...(head?.serviceName === undefined ? {} : { headServiceName: head.serviceName }),
    conditions: [accepted, isApplied, ready],
  };
}

/**
 * Whether the RayCluster is as it was left by an apply of the same intent. Its generation moves
 * with every edit of the spec and with no change of the status; labels are compared by themselves.
 */
function isCurrent(
  live: LiveRayCluster | undefined,
  applied: { uid: string; generation: number; intent: string },
  intent: string,
  manifest: RayClusterManifest,
): boolean {
  // Applied a moment ago and not seen yet. Had it been deleted, `applied` would be forgotten.
  if (live === undefined) return applied.intent === intent;
  const { uid, generation = 0, deletionTimestamp, labels = {} } = live.metadata;
  return (
    deletionTimestamp === undefined &&
    applied.uid === uid &&
    applied.generation >= generation &&
    applied.intent === intent &&
    Object.entries(manifest.metadata.labels).every(([key, value]) => labels[key] === value)
  );
}

const removal = (live: LiveRayCluster | undefined): { remove?: LiveRayCluster } =>
  live === undefined || live.metadata.deletionTimestamp !== undefined ? {} : { remove: live };

const no = (type: string, reason: string, message: string): ConditionIntent => ({
  type,
  status: 'False',
  reason,
  message,
});

const accepted: ConditionIntent = {
  type: 'Accepted',
  status: 'True',
  reason: 'Accepted',
  message: 'The member runs this placement.',
};

const isApplied: ConditionIntent = {
  type: 'Applied',
  status: 'True',
  reason: 'Applied',
  message: 'The RayCluster is as the placement says.',
};

const notApplied = (message: string): ConditionIntent => no('Ready', 'NotApplied', message);
