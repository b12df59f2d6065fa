import { expect, test } from '@jest/globals';
import type { IOPlacement } from '../../../crds/schema/index.ts';
import { buildPlacementGroup, buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { groupNameOn } from '../raycluster/manifest.ts';
import { leasedDevices } from './leased-devices.ts';

const hash = (text: string): string => `${text}0123456789`;
const none = { devices: [], devicesPerWorker: 0 };

function placementOf(devices: readonly { name: string; node: string }[]): IOPlacement {
  const workers = buildPlacementGroup({ devicesPerWorker: 2, devices: [...devices] });
  const cpu = buildPlacementGroup({ name: 'cpu', devicesPerWorker: 0, devices: [] });
  const spec = buildPlacementSpec({ workerGroups: [cpu, workers] });
  return { metadata: { name: spec.leaseId }, spec } as IOPlacement;
}
const on = (node: string, group = 'workers') => ({ node, group: groupNameOn(group, node, hash) });

test('devices of the group on the node, lowest number first', () => {
  const devices = [10, 2, 0].map((index) => ({ name: `a-gpu-${index}`, node: 'a' }));
  const placement = placementOf([...devices, { name: 'b-gpu-0', node: 'b' }]);
  expect(leasedDevices(placement, on('a'), hash)).toEqual({
    devices: ['a-gpu-0', 'a-gpu-2', 'a-gpu-10'],
    devicesPerWorker: 2,
  });
});

test.each([
  ['without a placement', undefined, on('a')],
  ['on a node that the lease has left', placementOf([]), { ...on('z'), node: 'a' }],
  ['for a group without devices', placementOf([]), { node: 'a', group: 'cpu' }],
])('none %s', (_, placement, pod) => {
  expect(leasedDevices(placement, pod, hash)).toEqual(none);
});
