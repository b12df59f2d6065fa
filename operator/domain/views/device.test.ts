import { expect, test } from '@jest/globals';
import { freeConditions, viewDevice, viewMember } from '../../testing/views/objects.ts';
import { deviceState, deviceView } from './device.ts';

const member = viewMember('fra-1');
const lease = {
  id: 'lease-0123456789abcdef',
  placement: 'lease-0123456789abcdef',
  since: '2026-11-24T09:00:00Z',
};
const health = (state: 'Healthy' | 'Degraded' | 'Broken') =>
  ({ state, reason: 'XidError', message: 'XID 79', since: '2026-11-24T10:00:00Z' }) as const;

test.each([
  ['can be rented', {}, undefined],
  ['was never judged', { Identified: '' }, 'Identified'],
  ['has a uuid twice', { Identified: 'False DuplicateUuid' }, 'Identified'],
  ['has too little memory', { Verified: 'False MemoryMismatch' }, 'Verified'],
  [
    'has no stake where one is required',
    { Staked: 'False NotStaked', Offered: 'False NotStaked' },
    'Staked',
  ],
  ['has no stake where none is required', { Staked: 'False NotStaked' }, undefined],
  [
    'is of a node that is not ready',
    { Healthy: 'False NodeNotReady', Offered: 'False NotHealthy' },
    'Healthy',
  ],
  ['has no price', { Offered: 'False NoOffer' }, 'Offered'],
  ['is of a member that is cordoned', { Offered: 'False Cordoned' }, 'Offered'],
])('a device that %s stands at its rung', (_, conditions, expected) => {
  const device = viewDevice('a', { conditions: { ...freeConditions, ...conditions } });
  expect(deviceView(device, 'fra-1', member).blockedBy).toBe(expected);
});

test("the agent's word that it is not well counts before a condition says so", () => {
  const device = viewDevice('a', { spec: { health: health('Degraded') } });
  expect(deviceView(device, 'fra-1', member).blockedBy).toBe('Healthy');
});

test.each([
  ['Free', viewDevice('a')],
  ['Leased', viewDevice('a', { status: { lease } })],
  ['Blocked', viewDevice('a', { conditions: {} })],
  ['Broken', viewDevice('a', { spec: { health: health('Broken') } })],
  // A repair is under way: it is listed with what needs somebody.
  ['Broken', viewDevice('a', { spec: { health: health('Broken') }, status: { lease } })],
  ['Leased', viewDevice('a', { status: { lease }, conditions: {} })],
])('it is counted as %s', (state, device) => {
  expect(deviceState(device)).toBe(state);
});

test('its price is its own, else that of its member for the product, else none', () => {
  const own = { onDemandMicroUsdPerHour: 3_000_000 };
  const slice = { kind: 'MIG', migProfile: '1g.10gb' } as const;
  const pricesOf = (device: ReturnType<typeof viewDevice>, of = member) => {
    const view = deviceView(device, 'fra-1', of);
    return [view.onDemandMicroUsdPerHour, view.spotMicroUsdPerHour];
  };
  expect(pricesOf(viewDevice('a'))).toEqual([2_490_000, 1_000_000]);
  expect(pricesOf(viewDevice('a', { spec: { offer: own } }))).toEqual([3_000_000, undefined]);
  expect(pricesOf(viewDevice('a', { spec: slice }))).toEqual([undefined, undefined]);
  const offers = [{ model: 'H100-80GB-HBM3-MIG-1g.10gb', onDemandMicroUsdPerHour: 400_000 }];
  const slicing = viewMember('fra-1', { spec: { offers } });
  expect(pricesOf(viewDevice('a', { spec: slice }), slicing)).toEqual([400_000, undefined]);
});

test('stake is told in IO; the view names the account of the member, not what the device says', () => {
  const device = viewDevice('a', {
    spec: { member: 'somebody-else' },
    status: {
      lease,
      stake: {
        amountBaseUnits: '200000000000',
        requiredBaseUnits: '200000000001',
        unlockTime: '2026-12-08T00:00:00Z',
      },
    },
  });
  expect(deviceView(device, 'fra-1', member)).toMatchObject({
    member: 'fra-1',
    account: 'suppliers/acme',
    lease: { id: lease.id, since: lease.since },
    stake: {
      amount: '2000.00',
      required: '2000.00000001',
      escrowed: '0.00',
      unlockTime: '2026-12-08T00:00:00Z',
      address: undefined,
    },
  });
  expect(deviceView(device, 'fra-1', undefined).account).toBeUndefined();
});
