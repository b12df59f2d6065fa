import { leaseLabel } from '../../domain/raycluster/manifest.ts';
import type { PodFacts } from '../../domain/metering/standing.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Resource } from '../../runtime/resource.ts';

/** A pod of a lease. Decoding keeps what billing reads: a whole one is twenty times as large. */
export type Pod = KubeObject & Readonly<{ facts: PodFacts }>;

/** Pods that the agent may bill. */
export const podSelector = leaseLabel;

/** Indexes that the informer of pods has to have. */
export const podIndexes = {
  lease: ({ facts }: Pod) => [facts.leaseId],
  node: ({ facts }: Pod) => [facts.node],
};

type RawContainer = {
  restartCount?: number;
  state?: { running?: { startedAt?: string } };
  lastState?: { terminated?: { finishedAt?: string } };
};
type RawPod = KubeObject & {
  metadata: { deletionGracePeriodSeconds?: number };
  spec?: { nodeName?: string };
  status?: {
    phase?: string;
    conditions?: readonly { type: string; status: string; lastTransitionTime?: string }[];
    containerStatuses?: readonly RawContainer[];
  };
};

/** v1 Pod. */
export const podResource: Resource<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
  decode: (raw) => {
    const pod = raw as RawPod;
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    const metadata = { name, namespace, uid, resourceVersion };
    return { apiVersion: pod.apiVersion, kind: pod.kind, metadata, facts: factsOf(pod) };
  },
};

function factsOf({ metadata, spec, status }: RawPod): PodFacts {
  const { uid = '', labels = {} } = metadata;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const phase = status?.phase ?? '';
  return {
    uid,
    ...placeOf(labels),
    node: spec?.nodeName ?? '',
    ready: ready?.status === 'True',
    ...given('readySeconds', secondsOf(ready?.lastTransitionTime)),
    ...containerFacts(status?.containerStatuses ?? []),
    ...given('deletedSeconds', deletedSecondsOf(metadata)),
    finished: ['Succeeded', 'Failed'].includes(phase),
  };
}

/** By the agent's own label and KubeRay's. */
function placeOf(labels: Record<string, string>): Pick<PodFacts, 'leaseId' | 'role' | 'group'> {
  return {
    leaseId: labels[leaseLabel] ?? '',
    role: labels['ray.io/node-type'] === 'head' ? 'head' : 'worker',
    group: labels['ray.io/group'] ?? '',
  };
}

function containerFacts(containers: readonly RawContainer[]) {
  const started = containers.map(({ state }) => secondsOf(state?.running?.startedAt) ?? 0);
  const died = containers.map(({ lastState }) => secondsOf(lastState?.terminated?.finishedAt) ?? 0);
  return {
    restarts: containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    startedSeconds: Math.max(0, ...started),
    ...given('diedSeconds', Math.max(0, ...died) || undefined),
  };
}

/** deletionTimestamp is when the grace time ends; the deletion was asked for before it. */
function deletedSecondsOf(metadata: RawPod['metadata'] & KubeObject['metadata']) {
  const ends = secondsOf(metadata.deletionTimestamp);
  return ends === undefined ? undefined : ends - (metadata.deletionGracePeriodSeconds ?? 0);
}

/** Seconds since 1970 of an RFC 3339 time; undefined when it is missing or none. */
export function secondsOf(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

function given<Name extends string>(name: Name, value: number | undefined) {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<Name, number>>;
}
