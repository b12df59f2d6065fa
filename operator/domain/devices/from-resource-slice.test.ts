import { expect, test } from '@jest/globals';
import { ioDeviceSchema, violationsOf } from '../../../crds/schema/index.ts';
import { buildNode } from '../../testing/builders/node.ts';
import { devicesOfNode } from './from-node.ts';
import { type DeviceSlice, devicesOfSlices, type SliceDevice } from './from-resource-slice.ts';
import { modelTable } from './model-table.ts';
import { verifyInventory } from './verify.ts';

const options = {
  member: 'fra-1',
  table: modelTable,
  sha256Hex: (text: string) => `0123456789${text}`,
};
const node = buildNode();

function gpu(index: number, { attributes = {}, ...rest }: Partial<SliceDevice> = {}): SliceDevice {
  return {
    name: `gpu-${index}`,
    attributes: {
      ...{ type: 'gpu', uuid: `GPU-0${index}`, productName: 'NVIDIA H100 80GB HBM3' },
      ...{ architecture: 'Hopper', cudaComputeCapability: '9.0.0' },
      ...{ driverVersion: '580.82.7', cudaDriverVersion: '13.0.0' },
      ...attributes,
    },
    ...{ memory: '81559Mi', tainted: false, shared: false, ...rest },
  };
}

function cut(parent: number, place: number, profile = '1g.10gb'): SliceDevice {
  const attributes = { type: 'mig', uuid: `MIG-${parent}-${place}`, profile };
  const { name, ...rest } = gpu(parent, { attributes, memory: '9984Mi' });
  return { name: `${name}-mig-1g10gb-19-${place}`, ...rest };
}

const slice = (devices: readonly SliceDevice[], rest: Partial<DeviceSlice> = {}): DeviceSlice => ({
  ...{ pool: 'gpu-0', generation: 1, slicesOfPool: 1, devices },
  ...rest,
});

function found(...slices: readonly DeviceSlice[]) {
  const { inventory, uuids } = devicesOfSlices(node, slices, options);
  const devices = inventory.kind === 'Devices' ? inventory.devices : [];
  return {
    kind: inventory.kind,
    devices,
    uuids,
    names: devices.map(({ name }) => name),
    usable: devices.filter(({ spec }) => spec.allocatable).map(({ name }) => name),
    problems: inventory.problems.map(({ reason }) => reason),
  };
}

const eight = Array.from({ length: 8 }, (_, index) => gpu(index));

test('a node has the same devices by its ResourceSlices as by its labels', () => {
  const labelled = devicesOfNode(node, options);
  const byLabels = labelled.kind === 'Devices' ? labelled.devices : [];
  const bySlices = found(slice(eight)).devices;
  // A version of Kubernetes has no leading zeros.
  const driverVersion = '580.82.7';
  expect(bySlices).toEqual(
    byLabels.map(({ name, spec }) => ({ name, spec: { ...spec, driverVersion } })),
  );
});

test('the API takes them, and they are verified', () => {
  const { devices } = found(slice([...eight.slice(0, 7), cut(7, 0), cut(7, 1)]));
  expect(devices).toHaveLength(9);
  for (const { name, spec } of devices) {
    const object = { apiVersion: 'compute.io.net/v1alpha1', kind: 'IODevice', metadata: { name } };
    expect(violationsOf(ioDeviceSchema, { ...object, spec })).toEqual([]);
    const { verified } = verifyInventory({ spec, duplicateUuid: false }, modelTable);
    expect(verified).toMatchObject({ reason: 'InventoryMatches' });
  }
});

test('a GPU keeps its number when another one is gone, and ids go by number', () => {
  const { names, uuids } = found(slice([gpu(3), gpu(0)]));
  expect(names).toEqual(['gpu-0-gpu-0', 'gpu-0-gpu-3']);
  expect([...uuids]).toEqual([
    [0, 'GPU-00'],
    [3, 'GPU-03'],
  ]);
});

test('slices are counted for each profile, and have no id that stays', () => {
  const { names, uuids, devices } = found(slice([cut(1, 0), cut(0, 4), cut(0, 2, '3g.40gb')]));
  expect(names).toEqual(['gpu-0-mig-1g-10gb-0', 'gpu-0-mig-1g-10gb-1', 'gpu-0-mig-3g-40gb-0']);
  expect(uuids.size).toBe(0);
  expect(devices[0]?.spec).toMatchObject({
    ...{ product: 'NVIDIA-H100-80GB-HBM3-MIG-1g.10gb', resourceName: 'nvidia.com/mig-1g.10gb' },
    ...{ kind: 'MIG', memoryMiB: 9984 },
  });
});

test('of a pool the newest generation counts, and a part of it says nothing', () => {
  const old = slice([gpu(0), gpu(1)]);
  const newer = { generation: 2, slicesOfPool: 2 };
  const [first, second] = [slice([gpu(0)], newer), slice([gpu(2)], newer)];
  expect(found(old, first, second).names).toEqual(['gpu-0-gpu-0', 'gpu-0-gpu-2']);
  expect(found(old, first)).toMatchObject({ kind: 'Refused', problems: [] });
  expect(found()).toMatchObject({ kind: 'Devices', devices: [] });
});

test.each<[string, SliceDevice, string]>([
  ['tells no product', gpu(0, { attributes: { productName: '' } }), 'NoProductLabel'],
  ['tells no memory', gpu(0, { memory: undefined }), 'NoMemoryLabel'],
  ['tells a memory that is none', gpu(0, { memory: '-8Gi' }), 'NoMemoryLabel'],
  ['may be shared', gpu(0, { shared: true }), 'SharingMismatch'],
  ['has no number', gpu(0, { name: 'first' }), 'UnknownResource'],
  ['has no profile', cut(0, 0, 'half'), 'InvalidMigConfiguration'],
])('a device that %s cannot be used, and the node says why', (_, device, problem) => {
  expect(found(slice([device, gpu(1)]))).toMatchObject({
    ...{ usable: ['gpu-0-gpu-1'], problems: [problem] },
  });
});

test.each([
  ['bytes', '85520809984', 81_559],
  ['kibibytes', '83516416Ki', 81_559],
  ['gibibytes', '80Gi', 81_920],
])('memory in %s', (_, memory, expected) => {
  expect(found(slice([gpu(0, { memory })])).devices[0]?.spec.memoryMiB).toBe(expected);
});

test('a tainted GPU is listed and not used', () => {
  const { names, usable, problems } = found(slice([gpu(0, { tainted: true }), gpu(1)]));
  expect(names).toHaveLength(2);
  expect(usable).toEqual(['gpu-0-gpu-1']);
  expect(problems).toEqual([]);
});

test('more GPUs than a machine has are refused, and an id that two have is no id', () => {
  const many = Array.from({ length: 17 }, (_, index) => gpu(index));
  expect(found(slice(many))).toMatchObject({ kind: 'Refused', problems: ['TooManyDevices'] });
  const twins = [gpu(0), gpu(1, { attributes: { uuid: 'GPU-00' } })];
  expect(found(slice(twins)).uuids.size).toBe(0);
});
