import type { Admission } from '../../domain/raycluster/manifest.ts';
import { intentAnnotation, queueLabel } from '../../domain/raycluster/queue.ts';
import type { RayClusterStatus } from '../../domain/raycluster/readiness.ts';
import type { Resource } from '../../runtime/resource.ts';
import type { LiveRayCluster } from './snapshot.ts';

type RawTemplate = {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: {
    nodeSelector?: Record<string, string>;
    tolerations?: readonly unknown[];
    schedulingGates?: readonly unknown[];
  };
};
type RawGroup = {
  groupName?: string;
  replicas?: number;
  scaleStrategy?: unknown;
  template?: RawTemplate;
};
type RawRayCluster = LiveRayCluster & {
  metadata: { annotations?: Record<string, string> };
  spec?: { suspend?: boolean; workerGroupSpecs?: readonly RawGroup[] };
  status?: RayClusterStatus;
};

/** ray.io/v1 RayCluster. Decoding keeps what the agent reads: a whole one is ten times as large. */
export const rayClusterResource: Resource<LiveRayCluster> = {
  group: 'ray.io',
  version: 'v1',
  kind: 'RayCluster',
  plural: 'rayclusters',
  namespaced: true,
  decode: (raw) => {
    const { apiVersion, kind, metadata, status } = raw as RawRayCluster;
    const { name, namespace, uid, resourceVersion, generation, deletionTimestamp, labels } =
      metadata;
    return {
      apiVersion,
      kind,
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(generation === undefined ? {} : { generation }),
        ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
        ...(labels === undefined ? {} : { labels }),
      },
      ...specFacts(raw as RawRayCluster),
      status: pickStatus(status ?? {}),
    };
  },
};

function specFacts({
  metadata,
  spec = {},
}: RawRayCluster): Pick<LiveRayCluster, 'intent' | 'suspended' | 'workerGroups'> {
  const suspended = spec.suspend === true;
  const admits = !suspended && metadata.labels?.[queueLabel] !== undefined;
  const intent = metadata.annotations?.[intentAnnotation];
  return {
    ...(intent === undefined ? {} : { intent }),
    ...(suspended ? { suspended } : {}),
    workerGroups: (spec.workerGroupSpecs ?? []).map((group) => ({
      groupName: group.groupName ?? '',
      replicas: group.replicas,
      scaleStrategy: group.scaleStrategy,
      ...(admits ? { admission: admissionOf(group.template ?? {}) } : {}),
    })),
  };
}

/** What is Kueue's in a template that it has let run; the rest is in the placement. */
function admissionOf({ metadata = {}, spec = {} }: RawTemplate): Admission {
  const { labels, annotations } = metadata;
  const { nodeSelector, tolerations, schedulingGates } = spec;
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(schedulingGates === undefined ? {} : { schedulingGates }),
  };
}

function pickStatus(status: RayClusterStatus): RayClusterStatus {
  const { state, reason, observedGeneration, readyWorkerReplicas, head, conditions } = status;
  return {
    ...(state === undefined ? {} : { state }),
    ...(reason === undefined ? {} : { reason }),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(readyWorkerReplicas === undefined ? {} : { readyWorkerReplicas }),
    ...(head === undefined ? {} : { head: pickHead(head) }),
    conditions: (conditions ?? []).map(({ type, status: value, reason: why, message }) => ({
      type,
      status: value,
      ...(why === undefined ? {} : { reason: why }),
      ...(message === undefined ? {} : { message }),
    })),
  };
}

function pickHead({ serviceName, serviceIP, podIP }: NonNullable<RayClusterStatus['head']>) {
  return {
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(serviceIP === undefined ? {} : { serviceIP }),
    ...(podIP === undefined ? {} : { podIP }),
  };
}
