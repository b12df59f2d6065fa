import type { RayClusterStatus } from '../../domain/raycluster/readiness.ts';
import type { Resource } from '../../runtime/resource.ts';
import type { LiveRayCluster } from './snapshot.ts';

type RawGroup = { groupName?: string; replicas?: number; scaleStrategy?: unknown };
type RawRayCluster = LiveRayCluster & {
  spec?: { workerGroupSpecs?: readonly RawGroup[] };
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
    const { apiVersion, kind, metadata, spec, status } = raw as RawRayCluster;
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
      workerGroups: (spec?.workerGroupSpecs ?? []).map((group) => ({
        groupName: group.groupName ?? '',
        replicas: group.replicas,
        scaleStrategy: group.scaleStrategy,
      })),
      status: pickStatus(status ?? {}),
    };
  },
};

function pickStatus(status: RayClusterStatus): RayClusterStatus {
  const { state, reason, observedGeneration, readyWorkerReplicas, head, conditions } = status;
  return {
    ...(state === undefined ? {} : { state }),
    ...(reason === undefined ? {} : { reason }),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(readyWorkerReplicas === undefined ? {} : { readyWorkerReplicas }),
    ...(head?.serviceName === undefined ? {} : { head: { serviceName: head.serviceName } }),
    conditions: (conditions ?? []).map(({ type, status: value, message }) => ({
      type,
      status: value,
      ...(message === undefined ? {} : { message }),
    })),
  };
}
