import { boundedMessage, type ConditionIntent } from '../../domain/condition-intent.ts';
import { tenantNamespace } from '../../domain/lease.ts';
import { rayClusterManifest, type RayClusterManifest } from '../../domain/raycluster/manifest.ts';
import { queuedManifest, queueLabel } from '../../domain/raycluster/queue.ts';
import { type Readiness, readiness } from '../../domain/raycluster/readiness.ts';
import { hasTokenAuth } from '../../domain/raycluster/token-auth.ts';
import { refusalOf } from './decide-refusal.ts';
import type { Applied, LiveRayCluster, Observed } from './snapshot.ts';

/** What the agent does about one placement: apply or remove, then report, then let go. */
export type Decision = Readonly<{
  apply?: RayClusterManifest;
  /** Digest of `apply`, to be remembered when it has succeeded. */
  intent?: string;
  remove?: LiveRayCluster;
  /** The RayCluster is gone: the hub may forget the placement. */
  release: boolean;
  /** The queue of the data centre does not let it run; nothing tells when that changes. */
  held?: true;
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

type Intended = Readonly<{
  write: Pick<Decision, 'apply' | 'intent'>;
  queue: string | undefined;
  /** The generation of which KubeRay has to speak. */
  generation: number;
}>;

/** What the RayCluster should be, and whether that has to be written. */
function intended(observed: Observed, { namespace, name }: Report): Intended {
  const { placement, rayCluster, retired, hash } = observed;
  const live = rayCluster?.workerGroups ?? [];
  const plain = rayClusterManifest({
    name,
    namespace,
    clusterUid: placement.metadata.labels?.['compute.io.net/cluster-uid'] ?? '',
    spec: placement.spec,
    live,
    retired,
    productOf: (device) => observed.device(device)?.spec.product,
    hash,
  });
  const queue = queueOf(observed);
  // Kueue ends what is written in other words, so only what the hub wants anew counts as new.
  const gone = [...(retired ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const sum = queue === undefined ? plain : [placement.spec, gone];
  const intent = hash(JSON.stringify(sum));
  const manifest = queue === undefined ? plain : queuedManifest(plain, { queue, intent, live });
  const known = observed.applied ?? appliedBefore(rayCluster, queue);
  if (known === undefined || !isCurrent(rayCluster, known, intent, manifest)) {
    return { write: { apply: manifest, intent }, queue, generation: Infinity };
  }
  // The last apply may have made a newer generation than the one that is seen so far.
  const generation = Math.max(rayCluster?.metadata.generation ?? 0, known.generation);
  return { write: {}, queue, generation };
}

function running(observed: Observed, report: Report): Decision {
  const { placement, rayCluster } = observed;
  const { namespace: _namespace, name: _name, ...rest } = report;
  const { write, queue, generation } = intended(observed, report);
  if (rayCluster === undefined || rayCluster.metadata.deletionTimestamp !== undefined) {
    // The same words as when KubeRay has begun: two writes of a status would say no more than one.
    const { ready } = readiness({}, Infinity, rest.workers.desired);
    return { ...rest, ...write, conditions: [accepted, isApplied, ready] };
  }
  const groups = rayCluster.workerGroups;
  const scaled = placement.spec.autoscaling !== undefined;
  const desired = scaled
    ? groups.reduce((sum, { replicas }) => sum + (replicas ?? 0), 0)
    : rest.workers.desired;
  const held = rayCluster.suspended === true && queue !== undefined;
  const { workers, ready } = held
    ? heldBack(observed, queue, desired)
    : readiness(rayCluster.status, generation, desired);
  const { state, head } = rayCluster.status;
  return {
    ...rest,
    ...write,
    ...(held ? { held } : {}),
    workers,
    rayCluster: { ...rest.rayCluster, ...(state === undefined ? {} : { state }) },
    ...(head?.serviceName === undefined ? {} : { headServiceName: head.serviceName }),
    conditions: [accepted, isApplied, withAuthentication(ready, placement.spec.ray.version)],
  };
}

/** One that exists keeps its queue, or goes on without one: Kueue lets nobody change it while it runs. */
function queueOf({ rayCluster, queue }: Observed): string | undefined {
  if (rayCluster === undefined || rayCluster.metadata.deletionTimestamp !== undefined) {
    return queue?.name;
  }
  return rayCluster.metadata.labels?.[queueLabel];
}

/** What an earlier process applied to a RayCluster in a queue: an apply takes back what Kueue wrote. */
function appliedBefore(
  live: LiveRayCluster | undefined,
  queue: string | undefined,
): Applied | undefined {
  if (queue === undefined || live?.intent === undefined) return undefined;
  const { uid = '', generation = 0 } = live.metadata;
  return { uid, generation, intent: live.intent };
}

/** Nothing of it runs, whatever KubeRay still counts. */
function heldBack({ queue, rayCluster }: Observed, name: string, desired: number): Readiness {
  const { conditions = [] } = rayCluster?.status ?? {};
  const suspended = conditions.find(({ type }) => type === 'RayClusterSuspended');
  const why = queue?.says ?? suspended?.message ?? '';
  const where = `Kueue holds it back in the queue ${name} of this data centre`;
  const message = boundedMessage(why === '' ? `${where}.` : `${where}: ${why}`);
  return {
    workers: { desired, ready: 0 },
    ready: { type: 'Ready', status: 'False', reason: 'HeldByQueue', message },
  };
}

/** Its renter is told when a Ray lets everybody in who reaches it. */
function withAuthentication(ready: ConditionIntent, version: string): ConditionIntent {
  if (ready.status !== 'True' || hasTokenAuth(version)) return ready;
  const note = `Ray ${version} asks nobody inside the data centre for a token; 2.52 and newer do.`;
  return { ...ready, message: `${ready.message} ${note}` };
}

/**
 * Whether the RayCluster is as it was left by an apply of the same intent. Its generation moves
 * with every edit of the spec and with no change of the status; labels are compared by themselves.
 * In a queue the generation says nothing: Kueue edits the spec whenever it lets it run or stops it.
 */
function isCurrent(
  live: LiveRayCluster | undefined,
  applied: Applied,
  intent: string,
  manifest: RayClusterManifest,
): boolean {
  // Applied a moment ago and not seen yet. Had it been deleted, `applied` would be forgotten.
  if (live === undefined) return applied.intent === intent;
  const { uid, generation = 0, deletionTimestamp, labels = {} } = live.metadata;
  const queued = labels[queueLabel] !== undefined;
  return (
    deletionTimestamp === undefined &&
    applied.uid === uid &&
    (queued || applied.generation >= generation) &&
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
