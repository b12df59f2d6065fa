import type { IOCluster, IOPlacement } from '../../../crds/schema/index.ts';
import type { Placement } from '../../domain/placement/types.ts';
import { imageOf } from '../../domain/raycluster/stacks.ts';
import { type Hash, tenantOf } from '../../domain/lease.ts';

/** What an IOPlacement is made of: the cluster's wishes, and the devices that were found for them. */
export type PlacementInput = Readonly<{
  cluster: IOCluster;
  member: string;
  /** The devices of each group, by its name. */
  groups: ReadonlyMap<string, GroupDevices>;
  priceMicroUsdPerHour: number;
  leaseId: string;
  leaseGeneration: number;
  namespace: string;
  hash: Hash;
}>;

export type GroupDevices = Readonly<{
  resourceName: string | undefined;
  devices: readonly Readonly<{ name: string; node: string }>[];
}>;

/** The devices of a placement decision, group by group. */
export function devicesByGroup(placement: Placement): ReadonlyMap<string, GroupDevices> {
  return new Map(
    placement.groups.map((group) => [
      group.name,
      {
        resourceName: group.resourceName,
        devices: group.workers.flatMap((worker) =>
          worker.devices.map(({ name, node }) => ({ name, node })),
        ),
      },
    ]),
  );
}

type Group = IOPlacement['spec']['workerGroups'][number];
type ClusterGroup = IOCluster['spec']['workerGroups'][number];

/** The IOPlacement to apply: metadata of ours and the whole spec. */
export function placementObject(input: PlacementInput): Omit<IOPlacement, 'status'> {
  const { cluster, member, groups, leaseId, leaseGeneration } = input;
  const { autoscaling, failover } = cluster.spec;
  const namespace = cluster.metadata.namespace ?? '';
  return {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOPlacement',
    metadata: {
      name: leaseId,
      namespace: input.namespace,
      labels: {
        'compute.io.net/cluster-uid': cluster.metadata.uid ?? '',
        'compute.io.net/lease': leaseId,
      },
      finalizers: ['compute.io.net/raycluster'],
    },
    spec: {
      leaseId,
      leaseGeneration,
      tenant: tenantOf(namespace, input.hash),
      member,
      priceMicroUsdPerHour: input.priceMicroUsdPerHour,
      ray: { version: cluster.spec.ray.version, image: imageOf(cluster.spec.ray) },
      head: cluster.spec.head,
      fencing: { policy: failover.policy, afterSeconds: failover.fenceAfterSeconds },
      ...(failover.checkpoint === undefined ? {} : { checkpoint: failover.checkpoint }),
      workerGroups: cluster.spec.workerGroups.map((group) =>
        groupOf(group, groups.get(group.name), autoscaling?.enabled === true),
      ),
      ...(autoscaling?.enabled === true
        ? {
            autoscaling: {
              idleTimeoutSeconds: autoscaling.idleTimeoutSeconds,
              upscalingMode: autoscaling.upscalingMode,
            },
          }
        : {}),
    },
  };
}

function groupOf(group: ClusterGroup, found: GroupDevices | undefined, autoscaled: boolean): Group {
  return {
    name: group.name,
    replicas: group.replicas,
    minReplicas: autoscaled ? (group.minReplicas ?? group.replicas) : group.replicas,
    maxReplicas: autoscaled ? (group.maxReplicas ?? group.replicas) : group.replicas,
    devicesPerWorker: group.devicesPerWorker,
    ...(found?.resourceName === undefined ? {} : { resourceName: found.resourceName }),
    cpu: group.cpu,
    memory: group.memory,
    ...(group.rayStartParams === undefined ? {} : { rayStartParams: group.rayStartParams }),
    devices: found?.devices ?? [],
  };
}
