import { expect, test } from '@jest/globals';
import type { IODevice } from '../../../crds/schema/index.ts';
import type { Reading } from './exposition.ts';
import { deviceBook, matchReadings } from './match.ts';

type Facts = Readonly<{ uuid?: string; migProfile?: string; node?: string }>;

function device(name: string, index: number, { node = 'a', ...facts }: Facts = {}): IODevice {
  return { metadata: { name }, spec: { node: { name: node }, index, ...facts } } as IODevice;
}

const gpu = (number: number, uuid?: string): Reading => ({
  gpu: number,
  ...(uuid === undefined ? {} : { uuid }),
  sample: { utilPercent: number },
});
const slice = (number: number, profile: string, id: number): Reading => ({
  gpu: number,
  slice: { profile, id },
  sample: { utilPercent: number * 10 + id },
});
const small = { migProfile: '1g.10gb' };
const large = { migProfile: '3g.40gb' };

const whole = [device('a-gpu-0', 0), device('a-gpu-1', 1), device('b-gpu-0', 0, { node: 'b' })];
const known = [device('a-gpu-0', 0, { uuid: 'GPU-0' }), device('a-gpu-1', 1, { uuid: 'GPU-1' })];
const mixed = [
  device('a-gpu-0', 0),
  device('a-mig-1g-10gb-0', 0, small),
  device('a-mig-1g-10gb-1', 1, small),
  device('a-mig-1g-10gb-2', 2, small),
  device('a-mig-3g-40gb-0', 0, large),
];

test.each([
  ['by the number in the node', whole, [gpu(1), gpu(0)], ['a-gpu-1 1', 'a-gpu-0 0']],
  ['not by a number that no device has', whole, [gpu(2)], []],
  ['a GPU that is gone gives its number to nobody', whole, [gpu(1, 'GPU-1')], ['a-gpu-1 1']],
  [
    'by the uuid, whatever the number',
    known,
    [gpu(0, 'GPU-1'), gpu(1, 'GPU-0')],
    ['a-gpu-1 0', 'a-gpu-0 1'],
  ],
  ['not by the number when the uuid is another', known, [gpu(0, 'GPU-9'), gpu(1)], []],
  [
    'slices in their order among those of the profile, whole GPUs without those that are cut',
    mixed,
    [slice(2, '1g.10gb', 7), slice(0, '1g.10gb', 9), slice(0, '3g.40gb', 1), gpu(0), gpu(1)].concat(
      slice(0, '1g.10gb', 8),
    ),
    [
      'a-mig-1g-10gb-2 27',
      'a-mig-1g-10gb-1 9',
      'a-mig-3g-40gb-0 1',
      'a-gpu-0 1',
      'a-mig-1g-10gb-0 8',
    ],
  ],
])('%s', (_, devices, readings, expected) => {
  const matched = matchReadings(deviceBook(devices), 'a', readings);
  expect(matched.map(({ device: name, sample }) => `${name} ${sample.utilPercent}`)).toEqual(
    expected,
  );
});
