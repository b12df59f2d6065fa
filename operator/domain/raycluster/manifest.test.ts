import { describe, expect, test } from '@jest/globals';
import { buildPlacementGroup, buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { rayClusterManifest } from './manifest.ts';
import type { LiveWorkerGroup, ManifestInput } from './manifest.ts';

type Template = {
  metadata: { labels: Record<string, string> };
  spec: {
    serviceAccountName?: string;
    automountServiceAccountToken?: boolean;
    securityContext: Record<string, unknown>;
    tolerations?: unknown;
    affinity?: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: {
            matchFields: { key: string; values: string[] }[];
            matchExpressions: { key: string; values: string[] }[];
          }[];
        };
      };
    };
    containers: { resources: Record<string, unknown>; securityContext: unknown }[];
  };
};
type Spec = {
  authOptions?: unknown;
  enableInTreeAutoscaling?: boolean;
  autoscalerOptions?: Record<string, unknown>;
  headGroupSpec: { rayStartParams: Record<string, string>; template: Template };
  workerGroupSpecs: {
    groupName: string;
    replicas: number;
    minReplicas: number;
    maxReplicas: number;
    scaleStrategy?: unknown;
    rayStartParams: Record<string, string>;
    template: Template;
  }[];
};

const live = (groupName: string, replicas?: number, scaleStrategy?: unknown): LiveWorkerGroup => ({
  groupName,
  replicas,
  scaleStrategy,
});

function manifest(input: Partial<ManifestInput> = {}) {
  return rayClusterManifest({
    name: 'lease-0123456789abcdef',
    namespace: 'io-tenant-fedcba9876543210',
    clusterUid: 'uid-1',
    spec: buildPlacementSpec(),
    live: [],
    productOf: () => 'NVIDIA-H100-80GB-HBM3',
    hash: (text) => `${text}0123456789`,
    ...input,
  });
}
const specOf = (input: Partial<ManifestInput> = {}) => manifest(input).spec as Spec;
const groupsOf = (input: Partial<ManifestInput> = {}) => specOf(input).workerGroupSpecs;
const sizes = (input: Partial<ManifestInput> = {}) =>
  groupsOf(input).map((group) => [
    group.groupName,
    group.minReplicas,
    group.replicas,
    group.maxReplicas,
  ]);
const node = (template: Template) =>
  template.spec.affinity?.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
    .nodeSelectorTerms[0];

test('pods that have to go are named to KubeRay, beside those that the autoscaler named', () => {
  const [name = ''] = groupsOf().map(({ groupName }) => groupName);
  const retired = new Map([[name, ['pod-1']]]);
  const strategyOf = (input: Partial<ManifestInput>) =>
    (groupsOf(input)[0] as { scaleStrategy?: unknown } | undefined)?.scaleStrategy;
  expect(strategyOf({})).toBeUndefined();
  expect(strategyOf({ retired })).toEqual({ workersToDelete: ['pod-1'] });
  const autoscaling = { idleTimeoutSeconds: 60, upscalingMode: 'Default' as const };
  const spec = { ...buildPlacementSpec(), autoscaling };
  const running = [live(name, 1, { workersToDelete: ['pod-1', 'pod-2'] })];
  expect(strategyOf({ spec, live: running, retired })).toEqual({
    workersToDelete: ['pod-1', 'pod-2'],
  });
});

test('the RayCluster says whose it is, on itself and on its pods', () => {
  const labels = {
    'app.kubernetes.io/managed-by': 'io-operator',
    'compute.io.net/lease': 'lease-0123456789abcdef',
    'compute.io.net/tenant': 'fedcba9876543210',
    'compute.io.net/cluster-uid': 'uid-1',
  };
  const { metadata, apiVersion, kind } = manifest();
  expect({ apiVersion, kind, metadata }).toEqual({
    apiVersion: 'ray.io/v1',
    kind: 'RayCluster',
    metadata: {
      name: 'lease-0123456789abcdef',
      namespace: 'io-tenant-fedcba9876543210',
      labels,
    },
  });
  const { headGroupSpec, workerGroupSpecs } = specOf();
  for (const { template } of [headGroupSpec, ...workerGroupSpecs]) {
    expect(template.metadata.labels).toEqual(labels);
  }
});

describe('the head', () => {
  test('has no GPU and is reached from the cluster', () => {
    const { headGroupSpec } = specOf();
    expect(headGroupSpec.rayStartParams).toEqual({ 'dashboard-host': '0.0.0.0', 'num-gpus': '0' });
    expect(headGroupSpec.template.spec.containers[0]?.resources).toEqual({
      requests: { cpu: '2', memory: '8Gi' },
      limits: { cpu: '2', memory: '8Gi' },
    });
    expect(headGroupSpec.template.spec.affinity).toBeUndefined();
  });

  test('keeps the renter’s parameters but not what the operator decides', () => {
    const rayStartParams = { 'object-store-memory': '1000000', 'num-gpus': '8' };
    const spec = buildPlacementSpec({ head: { cpu: '2', memory: '8Gi', rayStartParams } });
    expect(specOf({ spec }).headGroupSpec.rayStartParams).toMatchObject({
      'object-store-memory': '1000000',
      'num-gpus': '0',
    });
  });

  test('has KubeRay’s account for the autoscaler and none of its own otherwise', () => {
    const autoscaling = { idleTimeoutSeconds: 60, upscalingMode: 'Default' } as const;
    const accountOf = (spec: Spec) => {
      const { serviceAccountName, automountServiceAccountToken } = spec.headGroupSpec.template.spec;
      return [serviceAccountName, automountServiceAccountToken];
    };
    expect(accountOf(specOf())).toEqual(['io-ray', false]);
    expect(accountOf(specOf({ spec: buildPlacementSpec({ autoscaling }) }))).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('workers', () => {
  test('are one group per node, as large as what the lease has there', () => {
    const devices = [
      ...['a', 'a', 'a'].map((name, index) => ({ name: `${name}-gpu-${index}`, node: 'a' })),
      { name: 'b-gpu-7', node: 'b' },
    ];
    const group = buildPlacementGroup({
      devicesPerWorker: 1,
      replicas: 4,
      minReplicas: 4,
      maxReplicas: 4,
      devices,
    });
    const spec = buildPlacementSpec({ workerGroups: [group] });
    expect(sizes({ spec })).toEqual([
      ['workers-a012345678', 3, 3, 3],
      ['workers-b012345678', 1, 1, 1],
    ]);
  });

  test('are pinned to their node by its name and to the GPU that was leased', () => {
    const [first] = groupsOf();
    expect(first?.template.spec.tolerations).toEqual([
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
    ]);
    expect(first === undefined ? undefined : node(first.template)).toEqual({
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }],
      matchExpressions: [
        { key: 'nvidia.com/gpu.present', operator: 'In', values: ['true'] },
        { key: 'nvidia.com/gpu.product', operator: 'In', values: ['NVIDIA-H100-80GB-HBM3'] },
      ],
    });
  });

  test('on slices are pinned by the label of the slice, not of the whole GPU', () => {
    const group = buildPlacementGroup({ resourceName: 'nvidia.com/mig-1g.10gb' });
    const spec = buildPlacementSpec({ workerGroups: [group] });
    const productOf = () => 'NVIDIA-H100-80GB-HBM3-MIG-1g.10gb';
    const [first] = groupsOf({ spec, productOf });
    const keys = first === undefined ? [] : node(first.template)?.matchExpressions;
    expect(keys).toContainEqual({
      key: 'nvidia.com/mig-1g.10gb.product',
      operator: 'In',
      values: ['NVIDIA-H100-80GB-HBM3-MIG-1g.10gb'],
    });
  });

  test('ask for their devices, and for as much as they may use', () => {
    const resources = { cpu: '32', memory: '256Gi', 'nvidia.com/gpu': '4' };
    const [first] = groupsOf();
    expect(first?.template.spec.containers[0]?.resources).toEqual({
      requests: resources,
      limits: resources,
    });
    expect(first?.rayStartParams).toEqual({ 'num-gpus': '4' });
  });

  test('without devices may run anywhere', () => {
    const group = buildPlacementGroup({ devicesPerWorker: 0, devices: [] });
    const { resourceName: _none, ...cpu } = group;
    const spec = buildPlacementSpec({ workerGroups: [cpu] });
    const [first] = groupsOf({ spec });
    expect(sizes({ spec })).toEqual([['workers', 2, 2, 2]]);
    expect(first?.template.spec.affinity).toBeUndefined();
    expect(first?.rayStartParams).toEqual({});
  });

  test('on a node that the lease has left come to an end, group and all', () => {
    expect(sizes({ live: [live('workers-a012345678', 1), live('workers-z012345678', 1)] })).toEqual(
      [
        ['workers-a012345678', 1, 1, 1],
        ['workers-b012345678', 1, 1, 1],
        ['workers-z012345678', 0, 0, 0],
      ],
    );
  });
});

test('no pod of a tenant is privileged, root or has a token', () => {
  const { headGroupSpec, workerGroupSpecs } = specOf();
  for (const { template } of [headGroupSpec, ...workerGroupSpecs]) {
    expect(template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            runAsNonRoot: true,
          },
        },
      ],
    });
  }
});

describe('with the autoscaler', () => {
  const autoscaling = { idleTimeoutSeconds: 90, upscalingMode: 'Conservative' } as const;
  const group = buildPlacementGroup({ replicas: 1, minReplicas: 1, maxReplicas: 2 });
  const spec = buildPlacementSpec({ autoscaling, workerGroups: [group] });

  test('the second version of it is on, and set as the renter wants', () => {
    expect(specOf({ spec })).toMatchObject({
      enableInTreeAutoscaling: true,
      autoscalerOptions: {
        version: 'v2',
        idleTimeoutSeconds: 90,
        upscalingMode: 'Conservative',
        securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true },
      },
    });
  });

  test('a new cluster starts with the replicas that were asked for', () => {
    expect(sizes({ spec })).toEqual([
      ['workers-a012345678', 1, 1, 1],
      ['workers-b012345678', 0, 0, 1],
    ]);
  });

  test('what it did to a running cluster stays, within what the lease allows', () => {
    const strategy = { workersToDelete: ['pod-1'] };
    const running = { spec, live: [live('workers-b012345678', 7, strategy)] };
    expect(sizes(running)).toEqual([
      ['workers-a012345678', 1, 1, 1],
      ['workers-b012345678', 0, 1, 1],
    ]);
    expect(groupsOf(running)[1]?.scaleStrategy).toEqual(strategy);
  });

  test('without it nobody else sets replicas', () => {
    const running = { live: [live('workers-a012345678', 0, { workersToDelete: ['pod-1'] })] };
    expect(sizes(running)[0]).toEqual(['workers-a012345678', 1, 1, 1]);
    expect(groupsOf(running)[0]?.scaleStrategy).toBeUndefined();
  });
});

test.each([
  ['2.51.2', undefined],
  ['2.52.0', { mode: 'token' }],
  ['3.0.0', { mode: 'token' }],
])('Ray %s is asked for a token if it can be', (version, expected) => {
  const spec = buildPlacementSpec({ ray: { version, image: 'ray' } });
  expect(specOf({ spec }).authOptions).toEqual(expected);
});
