import { cluster } from './io-cluster.ts';
import { leaseName, member, placement } from './member-side.ts';
import type { GoodVector, Manifest, TransitionVector } from './vector.ts';

/** Objects at every bound at once: the API server has to judge them within its cost limit. */

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Text of a length that ends with a number. */
const padded = (length: number, index: number, fill = 'x'): string =>
  fill.repeat(length - String(index).length) + String(index);

const params = Object.fromEntries(
  times(32, (index) => [padded(63, index, 'p'), padded(512, index)]),
);

const models = times(16, (index) => padded(63, index, 'M'));

const countries =
  'AD AE AF AG AI AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ';

const largestCluster: Manifest = cluster({
  accountRef: { name: 'a'.repeat(253) },
  ray: { version: '2.100.100', image: `${'i'.repeat(184)}@sha256:${'0'.repeat(64)}` },
  head: { cpu: '1023.999', memory: '65535.999Gi', rayStartParams: params },
  workerGroups: times(16, (index) => ({
    name: padded(40, index, 'g'),
    replicas: 64,
    minReplicas: 0,
    maxReplicas: 64,
    cpu: '1023.999',
    memory: '65535.999Gi',
    devices: { models, minMemoryMiB: 4_194_304 },
    rayStartParams: params,
  })),
  autoscaling: { enabled: true },
  placement: {
    countries: countries.split(' '),
    regions: times(50, (index) => padded(63, index)),
    certifications: times(32, (index) => padded(63, index)),
    latency: { from: { latitude: '-89.999999', longitude: '-179.999999' }, maxMilliseconds: 1000 },
    members: times(50, (index) => padded(53, index, 'm')),
    excludedMembers: times(50, (index) => padded(53, index, 'e')),
  },
  priorityClassName: 'p'.repeat(253),
  lifetime: { ttl: '8759h59m59s' },
});

const largestPlacement: Manifest = placement({
  workerGroups: times(16, (group) => ({
    name: padded(40, group, 'g'),
    replicas: 64,
    minReplicas: 64,
    maxReplicas: 64,
    devicesPerWorker: 1,
    resourceName: 'nvidia.com/gpu',
    cpu: '1023.999',
    memory: '65535.999Gi',
    rayStartParams: params,
    devices: times(64, (index) => ({
      name: padded(253, index, 'd'),
      node: padded(253, index, 'n'),
    })),
  })),
});

const largestMember: Manifest = member(
  {
    location: { country: 'ZW', latitude: '-89.999999', longitude: '-179.999999' },
    certifications: times(32, (index) => padded(63, index)),
    offers: times(64, (index) => ({
      model: padded(63, index, 'M'),
      onDemandMicroUsdPerHour: 1_000_000_000_000_000,
      spotMicroUsdPerHour: 1_000_000_000_000_000,
    })),
  },
  'l'.repeat(40),
);

export const largestVectors: readonly GoodVector[] = [
  { name: 'at every bound', object: largestCluster },
  { name: 'at every bound', object: largestPlacement },
  { name: 'at every bound', object: largestMember },
];

export const largestTransitions: readonly TransitionVector[] = [
  {
    name: 'the end of the largest cluster while it holds a lease',
    from: largestCluster,
    status: {
      lease: {
        id: leaseName,
        generation: 1,
        member: 'amsterdam',
        placement: leaseName,
        startTime: '2026-11-23T10:00:00Z',
        devices: 1024,
        priceMicroUsdPerHour: 1,
      },
    },
    change: { spec: { lifetime: { ttl: '1h' } } },
  },
  {
    name: 'the city of the largest member',
    from: largestMember,
    change: { spec: { location: { city: 'Harare' } } },
  },
];
