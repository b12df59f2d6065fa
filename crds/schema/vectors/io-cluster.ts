import { manifest, type GoodVector, type Manifest } from './vector.ts';

/** The smallest IOCluster with other fields in its spec. */
export const cluster = (spec: object = {}, name = 'train'): Manifest =>
  manifest('IOCluster', name, {
    ray: { version: '2.52.1' },
    workerGroups: [{ name: 'gpu' }],
    ...spec,
  });

export const group = (fields: object): Manifest =>
  cluster({ workerGroups: [{ name: 'gpu', ...fields }] });

export const placed = (placement: object): Manifest => cluster({ placement });

export const goodClusters: readonly GoodVector[] = [
  { name: 'the smallest one', object: cluster() },
  {
    name: 'cpu and memory as numbers',
    object: group({ cpu: 8, memory: 17_179_869_184 }),
  },
  {
    name: 'CPU workers beside GPU workers',
    object: cluster({
      workerGroups: [{ name: 'gpu' }, { name: 'cpu', replicas: 40, devicesPerWorker: 0 }],
    }),
  },
  {
    name: 'a group that is empty for now',
    object: cluster({ workerGroups: [{ name: 'a' }, { name: 'b', replicas: 0 }] }),
  },
  {
    name: 'as many devices as one cluster may have',
    object: group({ replicas: 64, devicesPerWorker: 16 }),
  },
  {
    name: 'autoscaling from nothing',
    object: cluster({
      autoscaling: {},
      workerGroups: [{ name: 'gpu', replicas: 0, minReplicas: 0, maxReplicas: 8 }],
    }),
  },
  {
    name: 'autoscaling that is switched off needs no bounds',
    object: cluster({ autoscaling: { enabled: false } }),
  },
  {
    name: 'MIG slices in one node, more of them than a node has GPUs',
    object: cluster({
      placement: { topology: 'SameNode' },
      workerGroups: [{ name: 'mig', replicas: 56, devices: { migProfile: '1g.10gb' } }],
    }),
  },
  {
    name: 'an image with a registry port and a digest',
    object: cluster({
      ray: { version: '2.53.0', image: `ray.example:5000/team/train@sha256:${'0a'.repeat(32)}` },
    }),
  },
  { name: 'Ray of the next major version', object: cluster({ ray: { version: '3.0.0' } }) },
  {
    name: 'everything that can be said about a place',
    object: placed({
      countries: ['NL', 'DE', 'XK'],
      regions: ['eu-west'],
      certifications: ['ISO27001', 'SOC2'],
      latency: { from: { latitude: '52.37', longitude: '-4.9' }, maxMilliseconds: 20 },
      members: ['amsterdam'],
      excludedMembers: ['frankfurt'],
      strategy: 'Balanced',
      topology: 'SameNvlinkDomain',
    }),
  },
  {
    name: 'Spot with a budget, an end, an account and a priority',
    object: cluster({
      accountRef: { name: 'team-a' },
      capacity: 'Spot',
      priorityClassName: 'low',
      budget: { maxPriceMicroUsdPerGpuHour: 2_500_000 },
      lifetime: { ttl: '2h30m' },
      security: { confidential: true },
      suspend: true,
    }),
  },
  {
    name: 'a most to spend, paid in IO',
    object: cluster({ paymentAsset: 'IO', budget: { maxSpendMicroUsd: 20_000_000 } }),
  },
  { name: 'a lifetime of exactly a year', object: cluster({ lifetime: { ttl: '8760h' } }) },
  {
    name: 'parameters of ray start',
    object: cluster({
      head: {
        cpu: '500m',
        memory: '512Mi',
        rayStartParams: {
          'num-cpus': '0',
          resources: `'{"a": 1}'`,
          labels: String.raw`"{\"zone\": \"a\"}"`,
          'node-ip-address': '10.0.0.1',
          'temp-dir': '/tmp/ray',
          'include-dashboard': 'false',
        },
      },
    }),
  },
];
