import { describe, expect, test } from '@jest/globals';
import type { IODevice } from '../../../crds/schema/index.ts';
import { buildNode, migLabels } from '../../testing/builders/node.ts';
import { devicesOfNode } from './from-node.ts';
import { modelTable, modelTableOf } from './model-table.ts';
import { verifyInventory } from './verify.ts';

type Spec = IODevice['spec'];
type Facts = { readonly [Field in keyof Spec]?: Spec[Field] | undefined };

/** The first device of a node with eight H100. */
function device(facts: Facts = {}): Spec {
  const options = { member: 'fra-1', table: modelTable, sha256Hex: (text: string) => text };
  const found = devicesOfNode(buildNode(), options);
  const [first] = found.kind === 'Devices' ? found.devices : [];
  if (first === undefined) throw new Error('the node has no device');
  return { ...first.spec, ...facts } as Spec;
}

const verify = (spec: Spec, duplicateUuid = false) =>
  verifyInventory({ spec, duplicateUuid }, modelTable);

test('a device whose inventory is that of its model is verified', () => {
  expect(verify(device())).toEqual({
    model: 'H100-80GB-HBM3',
    identified: {
      type: 'Identified',
      status: 'True',
      reason: 'Identified',
      message: 'NVIDIA-H100-80GB-HBM3 is an H100-80GB-HBM3.',
    },
    verified: {
      type: 'Verified',
      status: 'True',
      reason: 'InventoryMatches',
      message: 'Memory, family and compute capability are those of an H100-80GB-HBM3.',
    },
  });
});

describe('a device is not verified when', () => {
  const cases: readonly (readonly [string, Facts, string, string])[] = [
    [
      'its memory is that of another card',
      { memoryMiB: 40_960 },
      'MemoryMismatch',
      'memory is 40960 MiB, an H100-80GB-HBM3 has 81559 MiB ± 3 %',
    ],
    [
      'its family is another',
      { family: 'ampere' },
      'FamilyMismatch',
      'family is ampere, an H100-80GB-HBM3 is hopper',
    ],
    [
      'its compute capability is another',
      { computeCapability: '8.0' },
      'ComputeCapabilityMismatch',
      'compute capability is 8.0, an H100-80GB-HBM3 has 9.0',
    ],
    [
      'it is shared',
      { sharing: { strategy: 'MPS', replicas: 4 } },
      'SharedDevice',
      'the GPU is shared (MPS, 4 replicas); turn sharing off in the device plugin to offer it whole',
    ],
    [
      'its label says that it is shared',
      { product: 'NVIDIA-H100-80GB-HBM3-SHARED' },
      'SharedDevice',
      'the GPU is shared (None, 1 replicas); turn sharing off in the device plugin to offer it whole',
    ],
    [
      'the model has no such slice',
      { kind: 'MIG', migProfile: '1g.5gb', memoryMiB: 4_864 },
      'MigProfileMismatch',
      'MIG profile is 1g.5gb, an H100-80GB-HBM3 has 1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb, 1g.10gb.me',
    ],
    [
      'it is a slice that is called a whole GPU',
      { product: 'NVIDIA-H100-80GB-HBM3-MIG-1g.10gb' },
      'MigProfileMismatch',
      'the product is a slice (1g.10gb), the device says it is a whole GPU',
    ],
    [
      'its memory is not that of the slice',
      { kind: 'MIG', migProfile: '1g.10gb' },
      'MemoryMismatch',
      'memory is 81559 MiB, a 1g.10gb slice has 8704 to 10445 MiB',
    ],
    [
      'it claims confidential mode without having it',
      {
        confidential: true,
        product: 'NVIDIA-A40',
        memoryMiB: 46_068,
        family: 'ampere',
        computeCapability: '8.6',
      },
      'FamilyMismatch',
      'the node claims confidential mode, which an A40 does not have',
    ],
    [
      'nobody knows the model',
      { product: 'NVIDIA-H900' },
      'UnknownModel',
      'NVIDIA-H900 is not in the table of GPU models of 2026-11-23: ' +
        'a release that knows it is needed, or the label is not NVIDIA’s',
    ],
    [
      'the node does not tell the product',
      { product: '' },
      'NotIdentified',
      'the node does not tell its product, or its labels contradict its capacity; ' +
        'see the events of the node on the member',
    ],
    [
      'the node tells neither product nor memory',
      { product: '', memoryMiB: 0 },
      'NotIdentified',
      'the node does not tell its product and its memory, ' +
        'or its labels contradict its capacity; see the events of the node on the member',
    ],
  ];
  test.each(cases)('%s', (_sentence, facts, reason, message) => {
    expect(verify(device(facts)).verified).toEqual({
      type: 'Verified',
      status: 'False',
      reason,
      message,
    });
  });

  test('another device has its uuid', () => {
    const uuid = 'GPU-5d3c8b51-5c6f-4a21-9c2e-0f0a3f6f7a11';
    expect(verify(device({ uuid }), true).identified).toMatchObject({
      status: 'False',
      reason: 'DuplicateUuid',
      message: `${uuid} is claimed by another IODevice too`,
    });
    expect(verify(device({ uuid }), true).model).toBeUndefined();
  });
});

describe('a device is verified although', () => {
  const cases: readonly (readonly [string, Facts])[] = [
    ['its driver keeps some memory to itself', { memoryMiB: 81_038 }],
    [
      'its node does not tell family and compute capability',
      { family: undefined, computeCapability: undefined },
    ],
    [
      'its label writer is older than its family',
      { product: 'NVIDIA-L40S', memoryMiB: 46_068, family: 'ampere', computeCapability: '8.9' },
    ],
    [
      'its error correction is off',
      {
        product: 'NVIDIA-L40S',
        memoryMiB: 49_140,
        family: 'ada-lovelace',
        computeCapability: '8.9',
      },
    ],
    [
      'its label has no maker',
      { product: 'A100-SXM4-40GB', memoryMiB: 40_536, family: 'ampere', computeCapability: '8.0' },
    ],
    [
      'its product has the name of old drivers',
      { product: 'Tesla-T4', memoryMiB: 15_109, family: 'turing', computeCapability: '7.5' },
    ],
    [
      'it is a slice whose name rounds up',
      { product: 'NVIDIA-H200-MIG-1g.18gb', kind: 'MIG', migProfile: '1g.18gb', memoryMiB: 16_384 },
    ],
  ];
  test.each(cases)('%s', (_sentence, facts) => {
    expect(verify(device(facts)).verified).toMatchObject({ status: 'True' });
  });
});

test('the slices of a node are verified as slices of its model', () => {
  const labels = { 'nvidia.com/mig.strategy': 'single', ...migLabels('gpu', '1g.10gb', 14, 9_984) };
  const options = { member: 'fra-1', table: modelTable, sha256Hex: (text: string) => text };
  const found = devicesOfNode(buildNode(labels, { capacity: { 'nvidia.com/gpu': '14' } }), options);
  const verdicts = found.kind === 'Devices' ? found.devices.map(({ spec }) => verify(spec)) : [];
  expect(verdicts).toHaveLength(14);
  expect(new Set(verdicts.map(({ model, verified }) => `${model} ${verified.status}`))).toEqual(
    new Set(['H100-80GB-HBM3 True']),
  );
});

describe('the table of models', () => {
  test('has names that the API accepts, once each', () => {
    const names = modelTable.models.flatMap((model) => [model.name, ...model.aliases]);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[A-Z0-9][A-Za-z0-9]*(-[A-Za-z0-9.]+)*$/.test(name))).toEqual(
      [],
    );
    expect(names.filter((name) => name.length > 63 || name.startsWith('NVIDIA-'))).toEqual([]);
  });

  test('knows every model that has a reward multiplier', () => {
    const rewarded = [
      'B200',
      'H200',
      'H100-80GB-HBM3',
      'H100-PCIe',
      'A100-80GB-PCIe',
      'A100-SXM4-80GB',
      'A100-PCIE-40GB',
      'L40S',
      'GeForce-RTX-4090',
      'GeForce-RTX-4090-D',
      'GeForce-RTX-3060',
      'GeForce-RTX-3060-Ti',
      'GeForce-RTX-3070',
      'GeForce-RTX-3070-Ti',
      'GeForce-RTX-3080',
      'GeForce-RTX-3080-Ti',
      'GeForce-RTX-3090',
      'GeForce-RTX-3090-Ti',
      'GeForce-RTX-4060',
      'GeForce-RTX-4060-Ti',
      'GeForce-RTX-4070',
      'GeForce-RTX-4070-Ti',
      'GeForce-RTX-4080',
      'L4',
      'Quadro-RTX-4000',
      'RTX-4000-SFF-Ada-Generation',
      'Quadro-RTX-5000',
      'RTX-5000-Ada-Generation',
      'RTX-6000-Ada-Generation',
      'RTX-A4000',
      'RTX-A5000',
      'RTX-A6000',
      'Tesla-T4',
      'Tesla-V100-SXM2-16GB',
      'Tesla-V100-PCIE-32GB',
      'A10',
      'A10G',
      'A16',
      'A40',
      'GeForce-GTX-1080-Ti',
      'GeForce-RTX-2080-Ti',
      'GeForce-RTX-3050',
    ];
    expect(rewarded.filter((name) => modelTable.find(name) === undefined)).toEqual([]);
  });

  test('refuses two models of one name', () => {
    const [model] = modelTable.models;
    expect(() => modelTableOf(model === undefined ? [] : [model, model], 'today')).toThrow('twice');
  });
});
