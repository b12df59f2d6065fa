import { expect, test } from '@jest/globals';
import type { Reading } from '../evidence/exposition.ts';
import { gpuUuids } from './gpu-uuids.ts';

const gpu = (number: number, uuid?: string): Reading => ({
  gpu: number,
  ...(uuid === undefined ? {} : { uuid }),
  sample: {},
});
const slice: Reading = { ...gpu(1, 'MIG-1'), slice: { profile: '1g.10gb', id: 7 } };

test.each<[string, readonly Reading[], readonly [number, string][]]>([
  [
    'are known by the number of the GPU',
    [gpu(1, 'GPU-b1'), gpu(0, 'GPU-a0')],
    [
      [1, 'GPU-b1'],
      [0, 'GPU-a0'],
    ],
  ],
  ['are not known where one is not told', [gpu(0), gpu(1, 'GPU-b1')], [[1, 'GPU-b1']]],
  ['are none that the API would refuse', [gpu(0, 'GPU-'), gpu(1, 'x'), gpu(2, 'GPU-a b')], []],
  ['are of nobody when two GPUs have the same', [gpu(0, 'GPU-a'), gpu(1, 'GPU-a')], []],
  ['are not known where GPUs are cut into slices', [gpu(0, 'GPU-a'), slice], []],
])('ids %s', (_, readings, expected) => {
  expect([...gpuUuids(readings)]).toEqual(expected);
});
