import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ioDeviceSchema, violationsOf } from '../../../crds/schema/index.ts';
import { buildNode } from '../../testing/builders/node.ts';
import { deviceName } from './device-name.ts';
import { devicesOfNode, maxGpusPerNode, maxSlicesPerNode } from './from-node.ts';
import { modelTable } from './model-table.ts';
import type { NodeFacts } from './node-facts.ts';
import { verifyInventory } from './verify.ts';

const number = fc.constantFrom(
  undefined,
  '',
  '0',
  '1',
  '2',
  '7',
  '8',
  '16',
  '112',
  '-1',
  '1e3',
  'x',
);
const product = fc.constantFrom(
  undefined,
  '',
  'NVIDIA-H100-80GB-HBM3',
  'NVIDIA-H100-80GB-HBM3-SHARED',
  'NVIDIA-H100-80GB-HBM3-MIG-1g.10gb',
  'NVIDIA-H100-80GB-HBM3-MIG-1g.10gb-SHARED',
  'NVIDIA-H100-80GB-HBM3-MIG-INVALID',
  'GRID-T4-16Q',
);
const memory = fc.constantFrom(undefined, '0', '9984', '81559', '40960', 'much');

const labelsOf = (prefix: string) =>
  fc.record({
    [`${prefix}.product`]: product,
    [`${prefix}.count`]: number,
    [`${prefix}.memory`]: memory,
    [`${prefix}.replicas`]: number,
    [`${prefix}.sharing-strategy`]: fc.constantFrom(undefined, 'none', 'mps', 'time-slicing'),
  });
const resources = fc
  .dictionary(
    fc.constantFrom(
      'nvidia.com/gpu',
      'nvidia.com/gpu.shared',
      'nvidia.com/mig-1g.10gb',
      'nvidia.com/mig-1g.10gb.shared',
      'nvidia.com/mig-9x.1tb',
    ),
    number.map((text) => text ?? '0'),
  )
  .map((entries): Record<string, string> => ({ ...entries }));

const nodes: fc.Arbitrary<NodeFacts> = fc
  .record({
    gpu: labelsOf('nvidia.com/gpu'),
    mig: labelsOf('nvidia.com/mig-1g.10gb'),
    strategy: fc.constantFrom(undefined, 'none', 'single', 'mixed'),
    capacity: resources,
    allocatable: resources,
  })
  .map(({ gpu, mig, strategy, ...facts }) =>
    buildNode({ ...gpu, ...mig, 'nvidia.com/mig.strategy': strategy }, facts),
  );

const options = { member: 'fra-1', table: modelTable, sha256Hex: (text: string) => text };

test('whatever a node says, its devices are few, have names of their own and pass the API', () => {
  fc.assert(
    fc.property(nodes, (node) => {
      const found = devicesOfNode(node, options);
      const devices = found.kind === 'Devices' ? found.devices : [];
      const whole = devices.filter(({ spec }) => spec.kind === 'GPU');
      expect(whole.length).toBeLessThanOrEqual(maxGpusPerNode);
      expect(devices.length - whole.length).toBeLessThanOrEqual(2 * maxSlicesPerNode);
      expect(new Set(devices.map(({ name }) => name)).size).toBe(devices.length);
      for (const { name, spec } of devices) {
        const metadata = { name, namespace: 'io-member-fra-1' };
        const manifest = {
          apiVersion: 'compute.io.net/v1alpha1',
          kind: 'IODevice',
          metadata,
          spec,
        };
        expect(violationsOf(ioDeviceSchema, manifest)).toEqual([]);
      }
    }),
    { numRuns: 1000 },
  );
});

test('whatever a node says, nothing is rented of which it says two things, or that is shared', () => {
  fc.assert(
    fc.property(nodes, (node) => {
      const found = devicesOfNode(node, options);
      const devices = found.kind === 'Devices' ? found.devices : [];
      const rentable = devices.filter(({ spec }) => {
        const { verified } = verifyInventory({ spec, duplicateUuid: false }, modelTable);
        return verified.status === 'True' && spec.allocatable;
      });
      for (const { spec } of rentable) {
        const own = devices.filter((device) => device.spec.resourceName === spec.resourceName);
        const capacity = Number(node.capacity[spec.resourceName]);
        expect(spec.sharing.strategy).toBe('None');
        expect(spec.memoryMiB).toBeGreaterThan(0);
        expect(own.length).toBeLessThanOrEqual(capacity);
        expect(own.filter((device) => device.spec.allocatable).length).toBeLessThanOrEqual(
          Number(node.allocatable[spec.resourceName]),
        );
      }
    }),
    { numRuns: 1000 },
  );
});

test('devices of different nodes, kinds and indexes have different names', () => {
  const node = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,70}[a-z0-9])?$/);
  const profile = fc.constantFrom(undefined, '1g.10gb', '1g.10gb.me', '3g.40gb');
  const device = fc.tuple(node, profile, fc.integer({ min: 0, max: 111 }));
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  fc.assert(
    fc.property(device, device, (left, right) => {
      const same = left.every((part, at) => part === right[at]);
      const [leftName, rightName] = [deviceName(...left, hash), deviceName(...right, hash)];
      expect(leftName === rightName).toBe(same);
      expect(leftName).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    }),
  );
});
