import { expect, test } from '@jest/globals';
import { decodeIODevice, decodeIOMember, type IODevice } from '../../../crds/schema/index.ts';
import type { DeviceHealth } from '../../domain/devices/health.ts';
import { modelTable } from '../../domain/devices/model-table.ts';
import { sha256 } from '../../runtime/sha256.ts';
import { buildNode } from '../../testing/builders/node.ts';
import { decide, type Observed } from './decide.ts';

const now = '2026-11-25T09:00:00.000Z';
const apiVersion = 'compute.io.net/v1alpha1';
const member = decodeIOMember({
  apiVersion,
  kind: 'IOMember',
  metadata: { name: 'fra-1' },
  spec: { accepted: true, location: { country: 'DE' } },
});
const twoGpus = { capacity: { 'nvidia.com/gpu': '2' } };
const node = buildNode({ 'nvidia.com/gpu.count': '2' }, twoGpus);
const [a, b, c] = ['GPU-aa', 'GPU-bb', 'GPU-cc'];

function decided(facts: Partial<Observed>) {
  const common = { member, node, known: [], uuids: new Map<number, string>(), table: modelTable };
  const health = (device: IODevice) => device.spec.health;
  return decide({ ...common, health, now, hash: sha256, ...facts });
}

/** The two devices as the hub knows them, with these ids; `lease` is one of the first. */
function known(uuids: readonly (string | undefined)[], lease?: string): readonly IODevice[] {
  return decided({}).apply.map(({ name, spec }, index) => {
    const uuid = uuids[index];
    const held = { id: lease, placement: lease, since: '2026-11-23T10:00:00Z' };
    return decodeIODevice({
      apiVersion,
      kind: 'IODevice',
      metadata: { name },
      spec: { ...spec, ...(uuid === undefined ? {} : { uuid }) },
      ...(lease === undefined || index > 0 ? {} : { status: { lease: held } }),
    });
  });
}

const told = (...uuids: readonly string[]) => new Map(uuids.entries());
const other = { ...node, uid: 'uid-1' };

test.each<[string, Partial<Observed>, { apply: readonly string[]; remove: readonly number[] }]>([
  [
    'is made with the id that is known already',
    { uuids: told(a, b) },
    { apply: [`0 ${a}`, `1 ${b}`], remove: [] },
  ],
  [
    'gets its id when it becomes known',
    { known: known([undefined, b]), uuids: told(a, b) },
    { apply: [`0 ${a}`], remove: [] },
  ],
  ['keeps its id while nobody tells it', { known: known([a, b]) }, { apply: [], remove: [] }],
  [
    'is made anew when another GPU has its number',
    { known: known([a, b]), uuids: told(a, c) },
    { apply: [], remove: [1] },
  ],
  [
    'is made anew in another machine',
    { known: known([a, b]), node: other },
    { apply: [], remove: [0, 1] },
  ],
  [
    'stays what it is while it is leased',
    { known: known([a, b], 'lease-1'), uuids: told(c, b) },
    { apply: [], remove: [] },
  ],
  [
    'does not take the id that another one still has',
    { known: known([a, undefined], 'lease-1'), uuids: told(c, a) },
    { apply: [], remove: [] },
  ],
  [
    'that is gone is removed once',
    { known: known([a, b]), node: { ...other, capacity: {}, labels: {} } },
    { apply: [], remove: [0, 1] },
  ],
])('a device %s', (_, facts, expected) => {
  const { apply, remove } = decided(facts);
  expect({
    apply: apply.map(({ spec }) => `${spec.index} ${spec.uuid}`),
    remove: remove.map(({ spec }) => spec.index),
  }).toEqual(expected);
});

test('slices of a GPU have no id that would change with the next cut', () => {
  const mig = {
    'nvidia.com/mig.strategy': 'single',
    'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3-MIG-3g.40gb',
    'nvidia.com/gpu.memory': '40320',
    'nvidia.com/gpu.count': '2',
  };
  const { apply } = decided({ node: buildNode(mig, twoGpus), uuids: told(a, b) });
  expect(apply.map(({ spec }) => [spec.kind, spec.uuid])).toEqual([
    ['MIG', undefined],
    ['MIG', undefined],
  ]);
});

const fallen: DeviceHealth = {
  ...{ state: 'Broken', reason: 'XidError', message: 'XID 79', xid: 79 },
  ...{ since: '2026-11-25T08:00:00.000Z', boot: 'boot-1 580' },
};

test('what is seen of the health of a device is stated, once', () => {
  const [first, second] = known([a, b]);
  const health = (device: IODevice) => (device === first ? fallen : undefined);
  const { apply } = decided({ known: [first, second].flatMap((each) => each ?? []), health });
  expect(apply.map(({ spec }) => [spec.index, spec.health])).toEqual([[0, fallen]]);
  const stated = { ...first, spec: { ...first?.spec, health: fallen } } as IODevice;
  expect(decided({ known: [stated, second as IODevice] }).apply).toEqual([]);
});

test('of devices that cannot be used the broken ones are the first', () => {
  const [first, second] = known([a, b]) as [IODevice, IODevice];
  const stated = { ...first, spec: { ...first.spec, health: fallen } };
  const allocatableOf = (usable: string, devices: readonly IODevice[]) => {
    const some = { ...node, allocatable: { 'nvidia.com/gpu': usable } };
    const before = devices.map(({ metadata, spec }) => [metadata.name, spec.allocatable] as const);
    const { apply } = decided({ node: some, known: devices });
    const after = apply.map(({ name, spec }) => [name, spec.allocatable] as const);
    return [...new Map([...before, ...after]).values()];
  };
  expect(allocatableOf('1', [first, second])).toEqual([true, false]);
  expect(allocatableOf('1', [stated, second])).toEqual([false, true]);
  expect(allocatableOf('2', [stated, second])).toEqual([true, true]);
  expect(allocatableOf('0', [stated, second])).toEqual([false, false]);
});

test('a leased device that is gone from its node is broken, until the node has it again', () => {
  const leased = known([a, b], 'lease-1');
  const { apply, remove } = decided({ known: leased, node: undefined });
  expect(remove.map(({ spec }) => spec.index)).toEqual([1]);
  const [gone] = apply;
  expect(gone?.spec).toMatchObject({
    allocatable: false,
    health: { state: 'Broken', reason: 'DeviceMissing', since: now },
  });
  const stated = { ...leased[0], spec: gone?.spec } as IODevice;
  expect(decided({ known: [stated], node: undefined }).apply).toEqual([]);
  const back = decided({ known: [stated, leased[1] as IODevice] }).apply;
  expect(back.map(({ spec }) => [spec.allocatable, spec.health])).toEqual([[true, undefined]]);
});
