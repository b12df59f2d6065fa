import { expect, test } from '@jest/globals';
import { decodeIODevice, decodeIOMember, type IODevice } from '../../../crds/schema/index.ts';
import { modelTable } from '../../domain/devices/model-table.ts';
import { sha256 } from '../../runtime/sha256.ts';
import { buildNode } from '../../testing/builders/node.ts';
import { decide, type Observed } from './decide.ts';

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
  return decide({ ...common, hash: sha256, ...facts });
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
