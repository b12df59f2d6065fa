import { expect, test } from '@jest/globals';
import { viewAccount, viewCase, viewMember } from '../../testing/views/objects.ts';
import { accountView, caseView } from './account.ts';
import { memberView } from './member.ts';

test('a member without a status has a view; no device is counted', () => {
  const { status: _, ...fresh } = viewMember('new', { spec: { displayName: '<b>New</b>' } });
  expect(memberView(fresh)).toMatchObject({
    name: 'new',
    displayName: '<b>New</b>',
    account: 'suppliers/acme',
    devices: { total: 0, free: 0, leased: 0, broken: 0 },
    capacity: [],
    conditions: [],
  });
});

test('capacity of a member has the prices that it asks', () => {
  const counts = { devices: 8, verified: 8, leased: 2, free: 6 };
  const status = {
    devices: { total: 10, free: 6, leased: 2, broken: 1 },
    capacity: [
      { model: 'H100-80GB-HBM3', ...counts },
      { model: 'L40S', ...counts },
    ],
    versions: { kubernetes: 'v1.37.2' },
  };
  expect(memberView(viewMember('fra-1', { status }))).toMatchObject({
    devices: { total: 10, free: 6, leased: 2, broken: 1 },
    capacity: [
      {
        model: 'H100-80GB-HBM3',
        ...counts,
        onDemandMicroUsdPerHour: 2_490_000,
        spotMicroUsdPerHour: 1_000_000,
      },
      { model: 'L40S', ...counts, onDemandMicroUsdPerHour: undefined },
    ],
    versions: { kubernetes: 'v1.37.2', kuberay: undefined, agent: undefined },
  });
});

test('the view of an account has no balances: the ledger alone knows them', () => {
  const account = viewAccount('renter', {
    spec: { quota: { maxDevices: 16 } },
    status: {
      devicesInUse: 4,
      balances: [{ asset: 'USDC', available: '1.00', held: '0.00', earned: '0.00' }],
      deposit: { reference: 'ab'.repeat(32), accounts: [{ asset: 'USDC', address: 'So1' }] },
    },
  });
  const view = accountView(account);
  expect(view).toMatchObject({ devicesInUse: 4, maxDevices: 16, wallet: undefined });
  expect(view.deposit?.accounts).toEqual([{ asset: 'USDC', address: 'So1' }]);
  expect(Object.keys(view)).not.toContain('balances');
});

test('a case puts at risk what it asks for, until the chain says how much was there', () => {
  const chain = {
    address: 'case1',
    stake: 'stake1',
    owner: 'owner1',
    amountBaseUnits: '100000000',
    openedTime: '2026-11-24T09:00:00Z',
    deadlineTime: '2026-11-25T09:00:00Z',
  };
  const open = caseView(viewCase('c1'), 'fra-1', undefined);
  expect(open).toMatchObject({ amount: '3000.00', owner: undefined, appeal: undefined });
  const status = {
    chain,
    appeal: { time: '2026-11-24T10:00:00Z', statement: 'it is one' },
    outcome: { decision: 'Reversed', time: '2026-11-24T12:00:00Z' } as const,
  };
  expect(caseView(viewCase('c1', { status }), 'fra-1', 'suppliers/acme')).toMatchObject({
    member: 'fra-1',
    account: 'suppliers/acme',
    amount: '1.00',
    owner: 'owner1',
    appealDeadline: '2026-11-25T09:00:00Z',
    appeal: { statement: 'it is one' },
    outcome: { decision: 'Reversed', statement: undefined },
  });
});
