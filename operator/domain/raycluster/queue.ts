import type { Admission, LiveWorkerGroup, RayClusterManifest } from './manifest.ts';

/** Kueue's label: the LocalQueue, beside the RayCluster, that says when it may run. */
export const queueLabel = 'kueue.x-k8s.io/queue-name';

/**
 * On a RayCluster in a queue: digest of what was applied. Kueue edits such a RayCluster while it runs, so
 * that neither its generation nor its spec say whether it is as the placement wants it.
 */
export const intentAnnotation = 'compute.io.net/intent';

/** Kueue 0.19 takes this many kinds of pods in one workload; the head is one of them. */
export const maxQueuedWorkerGroups = 17;

/** Kueue's own name for the pods of the head, which no worker group may have. */
export const headPodSet = 'head';

type Template = Readonly<{
  metadata?: Readonly<Record<string, unknown>>;
  spec?: Readonly<Record<string, unknown>>;
}>;

/**
 * A RayCluster that waits in a queue until it may run. `spec.suspend` is Kueue's: it is not in what is
 * applied. The list of worker groups is replaced as a whole by every apply, so what Kueue wrote into
 * the templates of groups that run is written again.
 */
export function queuedManifest(
  manifest: RayClusterManifest,
  options: Readonly<{ queue: string; intent: string; live: readonly LiveWorkerGroup[] }>,
): RayClusterManifest {
  const { queue, intent, live } = options;
  const groups = (manifest.spec['workerGroupSpecs'] ?? []) as readonly Readonly<{
    groupName: string;
    template: Template;
  }>[];
  const { labels, ...metadata } = manifest.metadata;
  return {
    ...manifest,
    metadata: {
      ...metadata,
      labels: { ...labels, [queueLabel]: queue },
      annotations: { [intentAnnotation]: intent },
    },
    spec: {
      ...manifest.spec,
      workerGroupSpecs: groups.map((group) => {
        const admission = live.find(({ groupName }) => groupName === group.groupName)?.admission;
        if (admission === undefined) return group;
        return { ...group, template: admitted(group.template, admission) };
      }),
    },
  };
}

function admitted({ metadata = {}, spec = {}, ...rest }: Template, admission: Admission): Template {
  const { labels = {}, annotations, nodeSelector, tolerations = [], schedulingGates } = admission;
  return {
    ...rest,
    metadata: {
      ...metadata,
      labels: { ...labels, ...record(metadata['labels']) },
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: {
      ...spec,
      ...(nodeSelector === undefined ? {} : { nodeSelector }),
      ...(schedulingGates === undefined ? {} : { schedulingGates }),
      ...(tolerations.length === 0 ? {} : { tolerations: union(spec['tolerations'], tolerations) }),
    },
  };
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function union(own: unknown, theirs: readonly unknown[]): readonly unknown[] {
  const first: readonly unknown[] = Array.isArray(own) ? own : [];
  const known = new Set(first.map(inOrder));
  return [...first, ...theirs.filter((each) => !known.has(inOrder(each)))];
}

/** The same for the same fields: the API server keeps no order of them. */
const inOrder = (value: unknown): string =>
  JSON.stringify(Object.entries(record(value)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
