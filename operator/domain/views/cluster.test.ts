import { expect, test } from '@jest/globals';
import { viewCluster } from '../../testing/views/objects.ts';
import { clusterPhase, clusterView, waitsForDevices } from './cluster.ts';

const leased = {
  Valid: 'True Accepted',
  Admitted: 'True Admitted',
  Placed: 'True Placed',
  Provisioned: 'True Provisioned',
  Ready: 'False WorkersNotReady',
  Finished: 'False Running',
};
const waiting = { ...leased, Admitted: 'False NoCapacity', Placed: 'False Waiting' };
const lease = {
  id: 'lease-0123456789abcdef',
  generation: 1,
  member: 'fra-1',
  placement: 'lease-0123456789abcdef',
  startTime: '2026-11-24T09:00:00Z',
  devices: 2,
  priceMicroUsdPerHour: 4_980_000,
};
const quote = { devices: 2, priceMicroUsdPerHour: 4_980_000 };
const nowhere = (): undefined => undefined;

test.each([
  ['Waiting', 'nothing was said of it yet', viewCluster('a', { conditions: {} })],
  ['Waiting', 'there is no capacity', viewCluster('a', { conditions: waiting })],
  [
    'Waiting',
    'its member refused it',
    viewCluster('a', {
      conditions: {
        ...waiting,
        Placed: 'False Released',
        Provisioned: 'False RefusedByMember',
      },
    }),
  ],
  ['Starting', 'it has devices', viewCluster('a', { conditions: leased })],
  [
    'Running',
    'head and workers are ready',
    viewCluster('a', { conditions: { ...leased, Ready: 'True Ready' } }),
  ],
  [
    'Refused',
    'what it asks for is wrong',
    viewCluster('a', { conditions: { Valid: 'False AccountNotFound' } }),
  ],
  [
    'Quoted',
    'it was made to be told its price',
    viewCluster('a', { spec: { suspend: true }, status: { quote } }),
  ],
  ['Suspended', 'there is no price', viewCluster('a', { spec: { suspend: true } })],
  [
    'Suspended',
    'it had a lease before',
    viewCluster('a', { spec: { suspend: true }, status: { quote, leaseGeneration: 2 } }),
  ],
  [
    'Ending',
    'its member still removes it',
    viewCluster('a', {
      conditions: { Finished: 'True TTLExpired', Provisioned: 'False Releasing' },
    }),
  ],
  [
    'Ended',
    'it is gone from its member',
    viewCluster('a', {
      conditions: { Finished: 'True TTLExpired', Provisioned: 'False NotPlaced' },
    }),
  ],
  [
    'Ending',
    'it was deleted while it ran',
    viewCluster('a', { deletedAt: '2026-11-24T10:00:00Z', conditions: leased }),
  ],
])('it is %s when %s', (phase, _, cluster) => {
  expect(clusterPhase(cluster)).toBe(phase);
});

test.each([
  ['NoCapacity', true],
  ['NoMatchingDevices', true],
  ['QuotaExceeded', true],
  ['InsufficientFunds', false],
  ['BudgetExhausted', false],
  ['LedgerUnavailable', false],
  ['PriceUnknown', false],
  ['Pending', false],
])('who waits for %s stands in line: %p', (reason, expected) => {
  const conditions = { ...waiting, Admitted: `False ${reason}` };
  expect(waitsForDevices(viewCluster('a', { conditions }))).toBe(expected);
});

test('who runs, is suspended or was never looked at stands in no line', () => {
  expect(waitsForDevices(viewCluster('a', { conditions: leased }))).toBe(false);
  const suspended = viewCluster('a', { spec: { suspend: true }, conditions: waiting });
  expect(waitsForDevices(suspended)).toBe(false);
  expect(waitsForDevices(viewCluster('a', { conditions: {} }))).toBe(false);
});

test('the view has what a renter may know, and no more', () => {
  const spend = {
    asset: 'USDC',
    settled: '12.00',
    held: '9.96',
    unsettled: '0.50',
    summary: '12.50 USDC',
    time: '2026-11-24T11:00:00Z',
  } as const;
  const cluster = viewCluster('train', {
    version: 42,
    conditions: { ...leased, Ready: 'True Ready' },
    status: {
      lease,
      spend,
      workers: { desired: 2, ready: 1, summary: '1/2' },
      quote: { ...quote, payment: { asset: 'USDC', perHour: '5.10', hold: '10.20' } },
      refusals: [{ reason: 'PriceAboveBudget', members: 2, devices: 16 }],
      endpoint: 'https://hub.example/v1/gateway',
    },
  });
  const view = clusterView(cluster, (member) => (member === 'fra-1' ? 'DE' : undefined));
  expect(view).toEqual({
    namespace: 'team',
    name: 'train',
    uid: 'uid-train',
    account: 'renter',
    createdAt: '2026-11-24T08:00:00Z',
    resourceVersion: '42',
    phase: 'Running',
    conditions: expect.arrayContaining([
      {
        type: 'Ready',
        status: 'True',
        reason: 'Ready',
        message: 'Ready is True.',
        lastTransitionTime: '2026-11-24T08:00:00Z',
      },
    ]),
    rayVersion: '2.52.1',
    image: undefined,
    stack: undefined,
    capacity: 'OnDemand',
    suspended: false,
    workerGroups: [
      {
        name: 'gpu',
        replicas: 2,
        minReplicas: undefined,
        maxReplicas: undefined,
        devicesPerWorker: 1,
        models: [],
      },
    ],
    devices: 2,
    priceMicroUsdPerHour: 4_980_000,
    payment: { asset: 'USDC', perHour: '5.10', hold: '10.20' },
    spend: {
      asset: 'USDC',
      settled: '12.00',
      held: '9.96',
      unsettled: '0.50',
      time: '2026-11-24T11:00:00Z',
    },
    lease: {
      id: lease.id,
      member: 'fra-1',
      country: 'DE',
      startTime: lease.startTime,
      devices: 2,
    },
    workers: { desired: 2, ready: 1 },
    endpoint: 'https://hub.example/v1/gateway',
    refusals: [{ reason: 'PriceAboveBudget', members: 2, devices: 16 }],
    queuePosition: undefined,
  });
});

test('a cluster of which nothing is known yet has a view', () => {
  const { status: _, ...fresh } = viewCluster('new');
  expect(clusterView(fresh, nowhere)).toMatchObject({
    phase: 'Waiting',
    conditions: [],
    refusals: [],
    lease: undefined,
    spend: undefined,
  });
});
