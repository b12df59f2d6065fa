import type { IOPlacement } from '../../../crds/schema/index.ts';
import { graceSeconds, stopSeconds } from '../member/fencing.ts';
import { podTemplate } from './pod-template.ts';
import { hasTokenAuth } from './token-auth.ts';

/** Labels on everything that belongs to a lease. */
export const leaseLabel = 'compute.io.net/lease';
export const tenantLabel = 'compute.io.net/tenant';
export const clusterUidLabel = 'compute.io.net/cluster-uid';
/** On a RayCluster: after how many seconds without the hub the agent stops it; absent: never. */
export const fenceAfterLabel = 'compute.io.net/fence-after-seconds';
export const managedByLabels = { 'app.kubernetes.io/managed-by': 'io-operator' } as const;

/** Tells the work in the head how often its cluster was placed, so that it can look for a checkpoint. */
const leaseGenerationVariable = 'COMPUTE_IO_NET_LEASE_GENERATION';

/** The service account of all Ray pods of a tenant; its token is not mounted. */
export const rayServiceAccount = 'io-ray';

type PlacementSpec = IOPlacement['spec'];
type PlacementGroup = PlacementSpec['workerGroups'][number];

/** What Kueue wrote into the pod template of a group when it let it run. */
export type Admission = Readonly<{
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  nodeSelector?: Readonly<Record<string, string>>;
  tolerations?: readonly unknown[];
  schedulingGates?: readonly unknown[];
}>;

/** What others changed in a running worker group, and what an apply must therefore keep. */
export type LiveWorkerGroup = Readonly<{
  groupName: string;
  replicas: number | undefined;
  scaleStrategy: unknown;
  /** Only of one that is in a queue and may run. */
  admission?: Admission;
}>;

export type RayClusterManifest = Readonly<{
  apiVersion: 'ray.io/v1';
  kind: 'RayCluster';
  metadata: Readonly<{
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
  }>;
  spec: Readonly<Record<string, unknown>>;
}>;

export type ManifestInput = Readonly<{
  name: string;
  namespace: string;
  clusterUid: string;
  spec: PlacementSpec;
  /** Worker groups of the RayCluster as it runs now; empty before the first apply. */
  live: readonly LiveWorkerGroup[];
  /** Pods, by RayCluster group, that have to go: their device is broken. */
  retired?: ReadonlyMap<string, readonly string[]> | undefined;
  /** `nvidia.com/gpu.product` of a device, as its node says. */
  productOf: (device: string) => string | undefined;
  /** Lower-case hexadecimal sha256. */
  hash: (text: string) => string;
}>;

/**
 * The RayCluster of a placement.
 *
 * A lease is for devices on named nodes, but the scheduler only counts: two pods of one group may
 * land on a node where the lease has one GPU and take another lease's. So every worker group is cut
 * into one RayCluster group per node, whose size is what the lease has there.
 */
export function rayClusterManifest(input: ManifestInput): RayClusterManifest {
  const { spec } = input;
  const labels = labelsOf(input);
  const wanted = spec.workerGroups.flatMap((group) => workerGroups(group, input, labels));
  return {
    apiVersion: 'ray.io/v1',
    kind: 'RayCluster',
    metadata: {
      name: input.name,
      namespace: input.namespace,
      labels: { ...labels, ...fenceLabels(spec) },
    },
    spec: {
      rayVersion: spec.ray.version,
      ...(hasTokenAuth(spec.ray.version) ? { authOptions: { mode: 'token' } } : {}),
      ...autoscaling(spec),
      headGroupSpec: {
        serviceType: 'ClusterIP',
        rayStartParams: {
          ...spec.head.rayStartParams,
          'dashboard-host': '0.0.0.0',
          'num-gpus': '0',
        },
        template: podTemplate({
          labels,
          container: 'ray-head',
          image: spec.ray.image,
          cpu: spec.head.cpu,
          memory: spec.head.memory,
          graceSeconds: graceSeconds(spec.checkpoint?.timeoutSeconds),
          env: [{ name: leaseGenerationVariable, value: String(spec.leaseGeneration) }],
          ...(spec.checkpoint === undefined ? {} : { preStop: spec.checkpoint.command }),
          // KubeRay's autoscaler talks to the API server with an account that KubeRay makes for it.
          serviceAccount: spec.autoscaling === undefined ? rayServiceAccount : undefined,
        }),
      },
      workerGroupSpecs: [...wanted, ...drainedGroups(wanted, input, labels)],
    },
  };
}

function labelsOf(input: ManifestInput): Record<string, string> {
  return {
    ...managedByLabels,
    [leaseLabel]: input.spec.leaseId,
    [tenantLabel]: input.spec.tenant,
    [clusterUidLabel]: input.clusterUid,
  };
}

function fenceLabels({ fencing }: PlacementSpec): Record<string, string> {
  return fencing?.policy === 'AfterFence'
    ? { [fenceAfterLabel]: String(fencing.afterSeconds) }
    : {};
}

function autoscaling(spec: PlacementSpec): Record<string, unknown> {
  if (spec.autoscaling === undefined) return {};
  return {
    enableInTreeAutoscaling: true,
    autoscalerOptions: {
      version: 'v2',
      upscalingMode: spec.autoscaling.upscalingMode,
      idleTimeoutSeconds: spec.autoscaling.idleTimeoutSeconds,
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    },
  };
}

type WorkerGroupSpec = Readonly<{ groupName: string; replicas: number; [field: string]: unknown }>;

function workerGroups(
  group: PlacementGroup,
  input: ManifestInput,
  labels: Record<string, string>,
): readonly WorkerGroupSpec[] {
  if (group.devicesPerWorker === 0) {
    const size = { min: group.minReplicas, replicas: group.replicas, max: group.maxReplicas };
    return [workerGroup({ group, input, labels, groupName: group.name, size })];
  }
  let replicasLeft = group.replicas;
  let minimumLeft = group.minReplicas;
  return [...devicesByNode(group)].map(([node, devices]) => {
    const workers = Math.floor(devices.length / group.devicesPerWorker);
    const replicas = Math.min(workers, replicasLeft);
    const min = Math.min(workers, minimumLeft);
    replicasLeft -= replicas;
    minimumLeft -= min;
    return workerGroup({
      group,
      input,
      labels,
      groupName: groupNameOn(group.name, node, input.hash),
      size: { min, replicas, max: workers },
      place: { node, product: input.productOf(devices[0] ?? '') },
    });
  });
}

/**
 * A group's name on one node: it stays when the lease grows or shrinks elsewhere. Of a thousand
 * nodes no two share ten digits; six would collide in one lease of thirty.
 */
export function groupNameOn(group: string, node: string, hash: (text: string) => string): string {
  return `${group}-${hash(node).slice(0, 10)}`;
}

/** Names of the groups that a RayCluster of a placement has on the nodes of its lease. */
export function groupNames(
  groups: readonly PlacementGroup[],
  hash: (text: string) => string,
): readonly string[] {
  return groups.flatMap((group) =>
    group.devicesPerWorker === 0
      ? [group.name]
      : [...devicesByNode(group).keys()].map((node) => groupNameOn(group.name, node, hash)),
  );
}

function devicesByNode(group: PlacementGroup): ReadonlyMap<string, readonly string[]> {
  const byNode = new Map<string, string[]>();
  for (const { name, node } of group.devices) {
    const names = byNode.get(node) ?? [];
    names.push(name);
    byNode.set(node, names);
  }
  return byNode;
}

type GroupInput = Readonly<{
  group: PlacementGroup;
  input: ManifestInput;
  labels: Record<string, string>;
  groupName: string;
  size: Readonly<{ min: number; replicas: number; max: number }>;
  place?: Readonly<{ node: string; product: string | undefined }>;
}>;

function workerGroup({
  group,
  input,
  labels,
  groupName,
  size,
  place,
}: GroupInput): WorkerGroupSpec {
  const live = input.live.find((candidate) => candidate.groupName === groupName);
  const scaled = input.spec.autoscaling !== undefined && live?.replicas !== undefined;
  // An autoscaler owns the replicas of a running group, within what the lease allows.
  const replicas = scaled
    ? Math.min(Math.max(live.replicas ?? 0, size.min), size.max)
    : size.replicas;
  return {
    groupName,
    replicas,
    minReplicas: size.min,
    maxReplicas: size.max,
    ...scaleStrategy(scaled ? live.scaleStrategy : undefined, input.retired?.get(groupName)),
    rayStartParams: {
      ...group.rayStartParams,
      ...(group.devicesPerWorker === 0 ? {} : { 'num-gpus': String(group.devicesPerWorker) }),
    },
    template: podTemplate({
      labels,
      container: 'ray-worker',
      image: input.spec.ray.image,
      cpu: group.cpu,
      memory: group.memory,
      graceSeconds: stopSeconds,
      serviceAccount: rayServiceAccount,
      ...(place === undefined || group.resourceName === undefined
        ? {}
        : { devices: { resource: group.resourceName, count: group.devicesPerWorker, ...place } }),
    }),
  };
}

/**
 * Groups on nodes that the lease has left. KubeRay does not look at the pods of a group that is
 * gone from the spec, so such a group stays with no workers until the RayCluster ends.
 */
function drainedGroups(
  wanted: readonly WorkerGroupSpec[],
  input: ManifestInput,
  labels: Record<string, string>,
): readonly WorkerGroupSpec[] {
  const names = new Set(wanted.map(({ groupName }) => groupName));
  const [group] = input.spec.workerGroups;
  if (group === undefined) return [];
  return input.live
    .filter(({ groupName }) => !names.has(groupName))
    .map(({ groupName }) => {
      const drained = workerGroup({
        group,
        input: { ...input, live: [] },
        labels,
        groupName,
        size: { min: 0, replicas: 0, max: 0 },
      });
      return drained;
    });
}

/** KubeRay deletes these pods first, and then makes or deletes as many as the number asks for. */
function scaleStrategy(
  live: unknown,
  retired: readonly string[] = [],
): { scaleStrategy?: Record<string, unknown> } {
  const known = isRecord(live) ? live : {};
  const listed = Array.isArray(known['workersToDelete']) ? known['workersToDelete'] : [];
  if (retired.length === 0) return isRecord(live) ? { scaleStrategy: live } : {};
  const workersToDelete = [...new Set([...listed, ...retired])];
  return { scaleStrategy: { ...known, workersToDelete } };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
