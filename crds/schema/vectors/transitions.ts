import { account, wallet } from './io-account.ts';
import { cluster } from './io-cluster.ts';
import { device, leaseName, member, placement, slashCase } from './member-side.ts';
import type { TransitionVector } from './vector.ts';

const lease = {
  id: leaseName,
  generation: 1,
  member: 'amsterdam',
  placement: leaseName,
  startTime: '2026-11-23T10:00:00Z',
  devices: 1,
  priceMicroUsdPerHour: 2_400_000,
};

const leasedAdvice = 'cannot change while the cluster holds a lease; set spec.suspend: true first';

/** A change of a leased cluster that is refused. */
const refusedWhileLeased = (field: string, spec: object, message = `${field} ${leasedAdvice}`) => ({
  name: `${field} while the cluster holds a lease`,
  from: cluster({ workerGroups: [{ name: 'gpu', replicas: 2 }] }),
  status: { lease },
  change: { spec },
  refused: { path: `spec.${field}`, message },
});

const shapeMessage =
  'of workerGroups only replicas, minReplicas and maxReplicas can change while the cluster holds a lease';

const leasedClusters: readonly TransitionVector[] = [
  refusedWhileLeased('ray', { ray: { version: '2.53.0' } }),
  refusedWhileLeased('head', { head: { cpu: '8' } }),
  refusedWhileLeased('capacity', { capacity: 'Spot' }),
  refusedWhileLeased('autoscaling', { autoscaling: { enabled: false } }),
  refusedWhileLeased('placement', { placement: { countries: ['DE'] } }),
  refusedWhileLeased('security', { security: { confidential: true } }),
  refusedWhileLeased('failover.checkpoint', {
    failover: { checkpoint: { command: ['python', 'save.py'] } },
  }),
  refusedWhileLeased(
    'workerGroups',
    { workerGroups: [{ name: 'gpu', replicas: 2, devicesPerWorker: 2 }] },
    shapeMessage,
  ),
  {
    ...refusedWhileLeased(
      'workerGroups',
      { workerGroups: [{ name: 'gpu', devices: { models: ['L4'] } }] },
      shapeMessage,
    ),
    name: 'the devices of a group while the cluster holds a lease',
  },
  {
    ...refusedWhileLeased(
      'workerGroups',
      { workerGroups: [{ name: 'gpu' }, { name: 'more' }] },
      shapeMessage,
    ),
    name: 'one more group while the cluster holds a lease',
  },
  {
    ...refusedWhileLeased('workerGroups', { workerGroups: [{ name: 'other' }] }, shapeMessage),
    name: 'the name of a group while the cluster holds a lease',
  },
  {
    name: 'suspending and changing in one step, since the devices are still held',
    from: cluster(),
    status: { lease },
    change: { spec: { suspend: true, ray: { version: '2.53.0' } } },
    refused: { path: 'spec.ray', message: `ray ${leasedAdvice}` },
  },
  {
    name: 'the numbers of workers while the cluster holds a lease',
    from: cluster({ workerGroups: [{ name: 'gpu', replicas: 2, devices: { models: ['L4'] } }] }),
    status: { lease },
    change: {
      spec: {
        workerGroups: [
          {
            name: 'gpu',
            replicas: 3,
            minReplicas: 1,
            maxReplicas: 4,
            devices: { models: ['L4'] },
          },
        ],
      },
    },
  },
  {
    name: 'budget, lifetime and priority while the cluster holds a lease',
    from: cluster(),
    status: { lease },
    change: {
      spec: {
        budget: { maxPriceMicroUsdPerGpuHour: 3_000_000, maxSpendMicroUsd: 20_000_000 },
        lifetime: { ttl: '2h' },
        priorityClassName: 'high',
      },
    },
  },
  {
    name: 'everything while the cluster is suspended',
    from: cluster({ suspend: true }),
    status: { lease },
    change: {
      spec: {
        suspend: false,
        ray: { version: '2.53.0' },
        workerGroups: [{ name: 'other' }],
        capacity: 'Spot',
      },
    },
  },
  {
    name: 'everything while there is no lease',
    from: cluster(),
    status: { observedGeneration: 1 },
    change: { spec: { ray: { version: '2.53.0' }, placement: { countries: ['DE'] } } },
  },
  {
    name: 'an order of wishes is no change',
    from: cluster({ placement: { countries: ['NL', 'DE'] } }),
    status: { lease },
    change: { spec: { placement: { countries: ['DE', 'NL'] } } },
  },
];

const accounts: readonly TransitionVector[] = [
  {
    name: 'another account for a cluster',
    from: cluster({ accountRef: { name: 'team-a' } }),
    change: { spec: { accountRef: { name: 'team-b' } } },
    refused: {
      path: 'spec.accountRef',
      message: 'accountRef cannot change once it is set; make a new IOCluster for another account',
    },
  },
  {
    name: 'no account for a cluster that had one',
    from: cluster({ accountRef: { name: 'team-a' } }),
    change: { spec: { accountRef: null } },
    refused: { path: 'spec.accountRef', message: 'accountRef cannot change once it is set' },
  },
  {
    name: 'an account for a cluster that had none',
    from: cluster(),
    change: { spec: { accountRef: { name: 'team-a' } } },
  },
  {
    name: 'another asset to pay in',
    from: cluster(),
    change: { spec: { paymentAsset: 'IO' } },
    refused: {
      path: 'spec.paymentAsset',
      message: 'paymentAsset cannot change; make a new IOCluster to pay in another asset',
    },
  },
  {
    name: 'balances of an account',
    from: account(),
    change: {
      status: {
        balances: [{ asset: 'USDC', available: '0.01', held: '12.50', earned: '-0.000001' }],
      },
    },
  },
  {
    name: 'a balance that is no exact number',
    from: account(),
    change: {
      status: { balances: [{ asset: 'USDC', available: '1e6', held: '0', earned: '0' }] },
    },
    refused: {
      path: 'status.balances[0].available',
      message: 'must be an exact decimal number, for example 12.50',
    },
  },
  {
    name: 'another wallet',
    from: account({ wallet }),
    change: { spec: { wallet: wallet.replace('5DA', '5DB') } },
    refused: {
      path: 'spec.wallet',
      message: 'wallet cannot change once it is set; make a new IOAccount for another wallet',
    },
  },
  {
    name: 'a wallet for an account that had none',
    from: account(),
    change: { spec: { wallet, kind: 'Both' } },
  },
];

const identity = (field: string, spec: object): TransitionVector => ({
  name: `the ${field} of a device`,
  from: device({ uuid: 'GPU-1' }),
  change: { spec },
  refused: {
    path: `spec.${field}`,
    message:
      field === 'uuid'
        ? 'uuid cannot change once it is known; another GPU is another IODevice'
        : `${field} is part of the identity of the device and cannot change; delete the IODevice and make a new one`,
  },
});

const leaseIdentity = (field: string, value: unknown): TransitionVector => ({
  name: `the ${field} of a placement`,
  from: placement(),
  change: { spec: { [field]: value } },
  refused: {
    path: `spec.${field}`,
    message: `${field} says which lease this is and cannot change; another lease is another IOPlacement`,
  },
});

const memberSide: readonly TransitionVector[] = [
  identity('member', { member: 'oslo' }),
  identity('index', { index: 1 }),
  identity('kind', {
    kind: 'MIG',
    migProfile: '1g.10gb',
    resourceName: 'nvidia.com/mig-1g.10gb',
  }),
  identity('node.name', { node: { name: 'node-2' } }),
  identity('uuid', { uuid: 'GPU-2' }),
  { ...identity('uuid', { uuid: null }), name: 'forgetting the uuid of a device' },
  {
    name: 'the uuid of a device once it is known, and what may change of it',
    from: device(),
    change: {
      spec: {
        uuid: 'GPU-1',
        allocatable: false,
        node: { uid: 'other', ready: false },
        memoryMiB: 1,
      },
    },
  },
  leaseIdentity('leaseId', 'lease-fedcba9876543210'),
  leaseIdentity('leaseGeneration', 2),
  leaseIdentity('tenant', 'f'.repeat(16)),
  leaseIdentity('member', 'oslo'),
  {
    name: 'the country of an accepted member',
    from: member({ accepted: true }),
    change: { spec: { location: { country: 'US' } } },
    refused: {
      path: 'spec.location.country',
      message:
        'country cannot change while the member is accepted, since renters rely on it; set accepted: false first',
    },
  },
  {
    name: 'an enrolment that was put out',
    from: member({ accepted: true, enrolment: 3 }),
    change: { spec: { enrolment: 2 } },
    refused: {
      path: 'spec.enrolment',
      message: 'enrolment only grows, since a key that was once put out must stay out',
    },
  },
  {
    name: 'the country of a member that nobody accepted yet',
    from: member(),
    change: { spec: { location: { country: 'US' }, accepted: true } },
  },
  {
    name: 'the city and the prices of an accepted member',
    from: member({ accepted: true }),
    change: {
      spec: {
        location: { city: 'Amsterdam' },
        offers: [{ model: 'L4', onDemandMicroUsdPerHour: 1 }],
      },
    },
  },
];

const time = '2026-12-01T10:00:00Z';

const chain = {
  address: 'C'.repeat(44),
  stake: 'S'.repeat(44),
  owner: 'W'.repeat(44),
  amountBaseUnits: '20000000000',
  openedTime: time,
  deadlineTime: '2026-12-31T10:00:00Z',
};

const cases: readonly TransitionVector[] = [
  {
    name: 'the amount of a case',
    from: slashCase(),
    change: { spec: { amountBaseUnits: '1' } },
    refused: { path: 'spec', message: 'a case cannot be rewritten; open another one' },
  },
  {
    name: 'other evidence',
    from: slashCase(),
    change: { spec: { evidence: { sha256: 'cd'.repeat(32) } } },
    refused: { path: 'spec', message: 'a case cannot be rewritten; open another one' },
  },
  {
    name: 'an appeal that is recorded',
    from: slashCase(),
    status: { appeal: { time } },
    change: { status: { appeal: { time, statement: 'changed' } } },
    refused: { path: 'status.appeal', message: 'appeal cannot change once it is recorded' },
  },
  {
    name: 'an appeal without a time of day',
    from: slashCase(),
    status: {},
    change: { status: { appeal: { time: '2026-12-23' } } },
    refused: { path: 'status.appeal.time', message: 'must be of type date-time' },
  },
  {
    name: 'an outcome that is recorded',
    from: slashCase(),
    status: { outcome: { decision: 'Reversed', time } },
    change: { status: { outcome: { decision: 'Burned', time } } },
    refused: {
      path: 'status.outcome',
      message: 'outcome cannot change once it is recorded, except from Upheld to Burned',
    },
  },
  {
    name: 'opening a case on the chain',
    from: slashCase(),
    status: {},
    change: { status: { chain } },
  },
  {
    name: 'another account of a case that was opened',
    from: slashCase(),
    status: { chain },
    change: { status: { chain: { amountBaseUnits: '1' } } },
    refused: { path: 'status.chain', message: 'chain cannot change once the case was opened' },
  },
  {
    name: 'an address that is none',
    from: slashCase(),
    status: {},
    change: { status: { chain: { ...chain, owner: '0'.repeat(32) } } },
    refused: {
      path: 'status.chain.owner',
      message: 'must be a Solana address in base58, 32 to 44 characters long',
    },
  },
  {
    name: 'burning after the case was upheld',
    from: slashCase(),
    status: { appeal: { time }, outcome: { decision: 'Upheld', time } },
    change: { status: { outcome: { decision: 'Burned', time } } },
  },
];

const judged = (name: string, condition: object, path: string, message: string) => ({
  name,
  from: member(),
  change: {
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Ready',
          message: '',
          lastTransitionTime: time,
          ...condition,
        },
      ],
    },
  },
  refused: { path: `status.conditions[0].${path}`, message },
});

const conditions: readonly TransitionVector[] = [
  judged(
    'a condition whose type is a sentence',
    { type: 'not ready' },
    'type',
    'must be one word in CamelCase, for example Ready',
  ),
  judged(
    'a condition whose reason is a sentence',
    { reason: 'no capacity' },
    'reason',
    'must be one word in CamelCase, for example NoCapacity',
  ),
];

export const changes: readonly TransitionVector[] = [
  ...leasedClusters,
  ...accounts,
  ...memberSide,
  ...cases,
  ...conditions,
];
