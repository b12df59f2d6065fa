import { describe, expect, test } from '@jest/globals';
import { ioDeviceSchema, violationsOf } from '../../../crds/schema/index.ts';
import { buildNode, migLabels } from '../../testing/builders/node.ts';
import { devicesOfNode } from './from-node.ts';
import type { DeviceFacts } from './from-node.ts';
import { modelTable } from './model-table.ts';
import type { NodeFacts } from './node-facts.ts';

const options = {
  member: 'fra-1',
  table: modelTable,
  sha256Hex: (text: string) => `0123456789${text}`,
};

function inventory(node: NodeFacts): readonly DeviceFacts[] {
  const found = devicesOfNode(node, options);
  return found.kind === 'Devices' ? found.devices : [];
}
const problems = (node: NodeFacts) =>
  devicesOfNode(node, options).problems.map(({ reason }) => reason);
const usable = (node: NodeFacts) => inventory(node).filter(({ spec }) => spec.allocatable).length;

test('a node with eight GPUs has eight devices that the API accepts', () => {
  const devices = inventory(buildNode());
  expect(devices.map(({ name }) => name)).toEqual(
    [0, 1, 2, 3, 4, 5, 6, 7].map((index) => `gpu-0-gpu-${index}`),
  );
  expect(devices[3]?.spec).toEqual({
    member: 'fra-1',
    node: { name: 'gpu-0', uid: 'uid-0', ready: true, schedulable: true },
    index: 3,
    kind: 'GPU',
    product: 'NVIDIA-H100-80GB-HBM3',
    memoryMiB: 81_559,
    family: 'hopper',
    computeCapability: '9.0',
    driverVersion: '580.82.07',
    cudaVersion: '13.0',
    resourceName: 'nvidia.com/gpu',
    sharing: { strategy: 'None', replicas: 1 },
    nvlinkDomain: 'node-uid-0',
    confidential: false,
    allocatable: true,
  });
  expect(problems(buildNode())).toEqual([]);
});

describe('slices', () => {
  test('of MIG strategy mixed have a resource each, beside the whole GPUs that are left', () => {
    const node = buildNode(
      {
        'nvidia.com/mig.strategy': 'mixed',
        ...migLabels('mig-1g.10gb', '1g.10gb', 7, 9_984),
        ...migLabels('mig-3g.40gb', '3g.40gb', 2, 40_320),
      },
      {
        capacity: {
          'nvidia.com/gpu': '6',
          'nvidia.com/mig-1g.10gb': '7',
          'nvidia.com/mig-3g.40gb': '2',
        },
      },
    );
    expect(problems(node)).toEqual([]);
    const found = inventory(node).map(({ name, spec }) => [name, spec.kind, spec.resourceName]);
    expect(found).toHaveLength(15);
    expect(found).toContainEqual(['gpu-0-gpu-5', 'GPU', 'nvidia.com/gpu']);
    expect(found).toContainEqual(['gpu-0-mig-1g-10gb-6', 'MIG', 'nvidia.com/mig-1g.10gb']);
    expect(found).toContainEqual(['gpu-0-mig-3g-40gb-1', 'MIG', 'nvidia.com/mig-3g.40gb']);
  });

  test('of a node whose GPUs are all cut are all that it has', () => {
    const labels = {
      'nvidia.com/mig.strategy': 'mixed',
      'nvidia.com/gpu.replicas': '0',
      ...migLabels('mig-1g.10gb', '1g.10gb', 14, 9_984),
    };
    const node = buildNode(labels, {
      capacity: { 'nvidia.com/gpu': '0', 'nvidia.com/mig-1g.10gb': '14' },
    });
    expect(inventory(node)).toHaveLength(14);
    expect(problems(node)).toEqual([]);
  });

  test('of MIG strategy single are asked for like GPUs', () => {
    const labels = {
      'nvidia.com/mig.strategy': 'single',
      ...migLabels('gpu', '1g.10gb', 14, 9_984),
    };
    const [first] = inventory(buildNode(labels, { capacity: { 'nvidia.com/gpu': '14' } }));
    expect(first).toMatchObject({
      name: 'gpu-0-mig-1g-10gb-0',
      spec: {
        kind: 'MIG',
        migProfile: '1g.10gb',
        resourceName: 'nvidia.com/gpu',
        memoryMiB: 9_984,
        allocatable: true,
      },
    });
    expect(first?.spec.nvlinkDomain).toBeUndefined();
  });

  test('that are cut unevenly under strategy single are listed and not usable', () => {
    const labels = {
      'nvidia.com/mig.strategy': 'single',
      'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3-MIG-INVALID',
      'nvidia.com/gpu.count': '0',
      'nvidia.com/gpu.memory': '0',
    };
    const node = buildNode(labels);
    expect(problems(node)).toEqual(['InvalidMigConfiguration', 'CountMismatch']);
    expect([inventory(node).length, usable(node)]).toEqual([8, 0]);
  });
});

describe('shared GPUs are one device each, whatever their replicas', () => {
  test.each([
    [
      'time-slicing',
      {
        'nvidia.com/gpu.product': 'NVIDIA-L40S-SHARED',
        'nvidia.com/gpu.sharing-strategy': 'time-slicing',
        'nvidia.com/gpu.replicas': '4',
      },
      'nvidia.com/gpu',
      'TimeSlicing',
    ],
    [
      'MPS',
      {
        'nvidia.com/gpu.product': 'NVIDIA-L40S-SHARED',
        'nvidia.com/gpu.sharing-strategy': 'mps',
        'nvidia.com/gpu.replicas': '4',
      },
      'nvidia.com/gpu',
      'MPS',
    ],
    [
      'a renamed resource',
      {
        'nvidia.com/gpu.product': 'NVIDIA-L40S',
        'nvidia.com/gpu.replicas': '4',
        'nvidia.com/gpu.sharing-strategy': 'time-slicing',
      },
      'nvidia.com/gpu.shared',
      'TimeSlicing',
    ],
    [
      'a suffix alone',
      {
        'nvidia.com/gpu.product': 'NVIDIA-L40S-SHARED',
        'nvidia.com/gpu.replicas': undefined,
        'nvidia.com/gpu.sharing-strategy': undefined,
      },
      'nvidia.com/gpu',
      'TimeSlicing',
    ],
  ])('by %s', (_sentence, labels, resource, strategy) => {
    const node = buildNode(
      { 'nvidia.com/gpu.count': '2', ...labels },
      { capacity: { [resource]: '8' } },
    );
    const devices = inventory(node);
    expect(devices.map(({ name }) => name)).toEqual(['gpu-0-gpu-0', 'gpu-0-gpu-1']);
    expect(devices[0]?.spec).toMatchObject({ kind: 'GPU', sharing: { strategy, replicas: 4 } });
    expect(problems(node)).toEqual([]);
  });
});

describe('labels that are not enough or cannot be true', () => {
  test.each([
    ['no product', { 'nvidia.com/gpu.product': undefined }, {}, ['NoProductLabel']],
    ['no memory', { 'nvidia.com/gpu.memory': undefined }, {}, ['NoMemoryLabel']],
    ['memory of 0', { 'nvidia.com/gpu.memory': '0' }, {}, ['NoMemoryLabel']],
    ['no count', { 'nvidia.com/gpu.count': undefined }, {}, ['CountMismatch']],
    ['fewer GPUs than the kubelet has', { 'nvidia.com/gpu.count': '4' }, {}, ['CountMismatch']],
    [
      'more GPUs than the kubelet has',
      {},
      { capacity: { 'nvidia.com/gpu': '4' } },
      ['CountMismatch'],
    ],
    ['GPUs that the kubelet does not have', {}, { capacity: {} }, ['NoCapacity']],
    [
      'replicas that do not divide the capacity',
      { 'nvidia.com/gpu.replicas': '3' },
      {},
      ['SharingMismatch'],
    ],
  ] as const)(
    'of %s leave the devices listed and not usable',
    (_sentence, labels, facts, reasons) => {
      const node = buildNode(labels, facts);
      expect(problems(node)).toEqual(reasons);
      expect(inventory(node).length).toBeGreaterThan(0);
      expect(inventory(node).every(({ spec }) => spec.memoryMiB === 0)).toBe(true);
      expect(usable(node)).toBe(0);
    },
  );

  test('of a GPU without any number of them are a problem without devices', () => {
    const node = buildNode({ 'nvidia.com/gpu.count': undefined }, { capacity: {} });
    expect(devicesOfNode(node, options)).toMatchObject({
      kind: 'Devices',
      devices: [],
      problems: [{ reason: 'NoDevicePlugin' }],
    });
  });

  test('of slices in a form that nobody knows are a problem without devices', () => {
    const node = buildNode(
      {},
      { capacity: { 'nvidia.com/gpu': '8', 'nvidia.com/mig-9x.1tb': '7' } },
    );
    expect(problems(node)).toEqual(['UnknownResource']);
    expect([inventory(node).length, usable(node)]).toEqual([8, 8]);
  });

  test('of more GPUs than a machine takes are refused as a whole', () => {
    const node = buildNode(
      { 'nvidia.com/gpu.count': '80' },
      { capacity: { 'nvidia.com/gpu': '80' } },
    );
    expect(devicesOfNode(node, options)).toEqual({
      kind: 'Refused',
      problems: [
        {
          reason: 'TooManyDevices',
          message:
            '80 GPUs of nvidia.com/gpu on one node, at most 16 are believed; ' +
            'if the GPUs are shared, label nvidia.com/gpu.replicas has to say so',
        },
      ],
    });
  });
});

test('a node without GPUs has no devices and no problems', () => {
  const node = { ...buildNode(), labels: {}, capacity: { cpu: '64' }, allocatable: { cpu: '64' } };
  expect(devicesOfNode(node, options)).toEqual({ kind: 'Devices', devices: [], problems: [] });
});

test('of devices that are not allocatable the last ones count as such', () => {
  const node = buildNode({}, { allocatable: { 'nvidia.com/gpu': '6' } });
  expect(inventory(node).map(({ spec }) => spec.allocatable)).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('after the device plugin was set up anew only the resource that can be used counts', () => {
  const node = buildNode(
    { 'nvidia.com/gpu.replicas': '2', 'nvidia.com/gpu.sharing-strategy': 'time-slicing' },
    {
      capacity: { 'nvidia.com/gpu': '8', 'nvidia.com/gpu.shared': '16' },
      allocatable: { 'nvidia.com/gpu': '0', 'nvidia.com/gpu.shared': '16' },
    },
  );
  const devices = inventory(node);
  expect(new Set(devices.map(({ name }) => name)).size).toBe(8);
  expect(devices.map(({ spec }) => spec.resourceName)).toEqual(
    Array.from({ length: 8 }, () => 'nvidia.com/gpu.shared'),
  );
});

describe('the NVLink domain', () => {
  test.each([
    ['is the fabric’s where there is one', { 'nvidia.com/gpu.clique': '7f3c.32766' }, '7f3c.32766'],
    ['is the machine for GPUs that are always joined', {}, 'node-uid-0'],
    [
      'is the machine when the fabric has no name',
      { 'nvidia.com/gpu.clique': '00000000-0000-0000-0000-000000000000.0' },
      'node-uid-0',
    ],
    ['is none for GPUs that are not', { 'nvidia.com/gpu.product': 'NVIDIA-L40S' }, undefined],
  ])('%s', (_sentence, labels, domain) => {
    expect(inventory(buildNode(labels))[0]?.spec.nvlinkDomain).toBe(domain);
  });
});

test.each([
  [
    'on and in force',
    { 'nvidia.com/cc.mode.state': 'on', 'nvidia.com/cc.ready.state': 'true' },
    true,
  ],
  [
    'on and not yet in force',
    { 'nvidia.com/cc.mode.state': 'on', 'nvidia.com/cc.ready.state': 'false' },
    false,
  ],
  [
    'for developers',
    { 'nvidia.com/cc.mode.state': 'devtools', 'nvidia.com/cc.ready.state': 'true' },
    false,
  ],
])(
  'confidential mode that is %s makes the devices confidential: %#',
  (_sentence, labels, expected) => {
    expect(inventory(buildNode(labels))[0]?.spec.confidential).toBe(expected);
  },
);

describe('device names', () => {
  const nameOf = (node: string) => inventory(buildNode({}, { name: node }))[0]?.name ?? '';

  test.each([
    ['a plain node name is kept', 'gpu-17', 'gpu-17-gpu-0'],
    ['dots become dashes, with a hash', 'gpu.example', 'gpu-example-0123456789-gpu-0'],
    ['long names are cut, with a hash', 'n'.repeat(70), `${'n'.repeat(46)}-0123456789-gpu-0`],
  ])('%s', (_sentence, node, name) => {
    expect(nameOf(node)).toBe(name);
    expect(name.length).toBeLessThanOrEqual(63);
  });
});

test('every device of every kind of node is one that the API accepts', () => {
  const nodes = [
    buildNode(),
    buildNode({ 'nvidia.com/gpu.product': undefined, 'nvidia.com/gpu.family': undefined }),
    buildNode({ 'nvidia.com/gpu.replicas': '2', 'nvidia.com/gpu.count': '4' }),
    buildNode({ 'nvidia.com/mig.strategy': 'single', ...migLabels('gpu', '1g.10gb', 8, 9_984) }),
    buildNode(
      {
        'nvidia.com/mig.strategy': 'mixed',
        ...migLabels('mig-1g.10gb.me', '1g.10gb.me', 2, 9_984),
      },
      { capacity: { 'nvidia.com/mig-1g.10gb.me': '2' } },
    ),
  ];
  for (const { name, spec } of nodes.flatMap(inventory)) {
    const manifest = {
      apiVersion: 'compute.io.net/v1alpha1',
      kind: 'IODevice',
      metadata: { name, namespace: 'io-member-fra-1' },
      spec,
    };
    expect(violationsOf(ioDeviceSchema, manifest)).toEqual([]);
  }
});
