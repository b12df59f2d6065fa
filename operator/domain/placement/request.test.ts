import { expect, test } from '@jest/globals';
import { decodeIOCluster } from '../../../crds/schema/index.ts';
import { requestOf } from './request.ts';

/** A spec as the API server would return it, defaults filled in. */
function specOf(spec: Record<string, unknown>) {
  return decodeIOCluster({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOCluster',
    metadata: { name: 'train', namespace: 'team-a' },
    spec: { ray: { version: '2.52.1' }, workerGroups: [{ name: 'workers' }], ...spec },
  }).spec;
}

test('the smallest IOCluster asks for one GPU of any model, anywhere', () => {
  expect(requestOf(specOf({}))).toEqual({
    groups: [
      {
        name: 'workers',
        workers: 1,
        devicesPerWorker: 1,
        models: [],
        minMemoryMiB: 0,
        nvlink: false,
      },
    ],
    capacity: 'OnDemand',
    confidential: false,
    topology: 'Any',
    strategy: 'Cheapest',
    countries: [],
    regions: [],
    certifications: [],
    members: [],
    excludedMembers: [],
  });
});

test('every wish of an IOCluster arrives in the request', () => {
  const spec = specOf({
    workerGroups: [
      {
        name: 'a',
        replicas: 2,
        devicesPerWorker: 8,
        devices: { models: ['H100-80GB-HBM3'], minMemoryMiB: 80_000, nvlink: true },
      },
      { name: 'b', devices: { migProfile: '1g.10gb' } },
    ],
    placement: {
      countries: ['DE'],
      regions: ['eu'],
      certifications: ['SOC2'],
      latency: { from: { latitude: '50.11', longitude: '8.68' }, maxMilliseconds: 30 },
      members: ['fra-1'],
      excludedMembers: ['ber-1'],
      strategy: 'Balanced',
      topology: 'SameNode',
    },
    security: { confidential: true },
    capacity: 'Spot',
    budget: { maxPriceMicroUsdPerGpuHour: 2_500_000 },
  });
  expect(requestOf(spec, { excludedMembers: ['ams-1'], quotaRemainingDevices: 5 })).toEqual({
    groups: [
      {
        name: 'a',
        workers: 2,
        devicesPerWorker: 8,
        models: ['H100-80GB-HBM3'],
        minMemoryMiB: 80_000,
        nvlink: true,
      },
      {
        name: 'b',
        workers: 1,
        devicesPerWorker: 1,
        models: [],
        minMemoryMiB: 0,
        nvlink: false,
        migProfile: '1g.10gb',
      },
    ],
    capacity: 'Spot',
    confidential: true,
    topology: 'SameNode',
    strategy: 'Balanced',
    countries: ['DE'],
    regions: ['eu'],
    certifications: ['SOC2'],
    members: ['fra-1'],
    excludedMembers: ['ber-1', 'ams-1'],
    latency: { from: { latitude: 50.11, longitude: 8.68 }, maxMilliseconds: 30 },
    maxPriceMicroUsdPerGpuHour: 2_500_000n,
    quotaRemainingDevices: 5,
  });
});

test('an autoscaled group asks for as many workers as it may have', () => {
  const workerGroups = [{ name: 'workers', replicas: 1, minReplicas: 0, maxReplicas: 8 }];
  const on = specOf({ workerGroups, autoscaling: {} });
  const off = specOf({ workerGroups, autoscaling: { enabled: false } });
  expect([requestOf(on).groups[0]?.workers, requestOf(off).groups[0]?.workers]).toEqual([8, 1]);
});

test('a place that cannot be read is an error, not the absence of a limit', () => {
  const spec = specOf({});
  const latency = { from: { latitude: 'north', longitude: '8' }, maxMilliseconds: 30 };
  const broken = {
    ...spec,
    placement: { latency, strategy: 'Cheapest', topology: 'Any' },
  } as const;
  expect(() => requestOf(broken)).toThrow('spec.placement.latency.from: latitude "north"');
});
