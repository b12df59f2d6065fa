import { describe, expect, test } from '@jest/globals';
import type { MemberView } from '../views/types.ts';
import { alternativesOf } from './alternatives.ts';
import type { PlacementRequest } from './types.ts';

const h100 = {
  model: 'H100-80GB-HBM3',
  devices: 8,
  verified: 8,
  leased: 0,
  free: 8,
  onDemandMicroUsdPerHour: 2_000_000,
  spotMicroUsdPerHour: undefined,
};

const member = (name: string, country: string, changes: Partial<MemberView> = {}): MemberView => ({
  ...{ name, country, displayName: `Secret ${name}`, account: 'suppliers/x', accepted: true },
  ...{ denied: false, cordoned: false, drainDeadline: undefined, region: undefined },
  ...{ city: undefined, certifications: [], conditions: [], createdAt: '2026-11-01T00:00:00Z' },
  devices: { total: 8, free: 8, leased: 0, broken: 0 },
  capacity: [h100],
  versions: { kubernetes: undefined, kuberay: undefined, agent: undefined },
  ...changes,
});

const request = (changes: Partial<PlacementRequest> = {}): PlacementRequest => ({
  groups: [
    {
      ...{ name: 'gpu', workers: 2, devicesPerWorker: 2, models: ['H100-80GB-HBM3'] },
      ...{ minMemoryMiB: 0, nvlink: false },
    },
  ],
  ...{ capacity: 'OnDemand', confidential: false, topology: 'Any', strategy: 'Cheapest' },
  ...{ countries: [], regions: [], certifications: [], members: [], excludedMembers: [] },
  ...changes,
});

test('countries are told with the least price and all that is free, the cheapest first', () => {
  const cheap = { ...h100, onDemandMicroUsdPerHour: 1_000_000, free: 4 };
  const members = [
    member('a', 'DE'),
    member('b', 'DE', { capacity: [{ ...h100, onDemandMicroUsdPerHour: 3_000_000 }] }),
    member('c', 'NL', { capacity: [cheap] }),
  ];
  const told = alternativesOf(request(), members, 10);
  expect(told).toEqual([
    { country: 'NL', priceMicroUsdPerHour: 4_000_000, free: 4 },
    { country: 'DE', priceMicroUsdPerHour: 8_000_000, free: 16 },
  ]);
  expect(JSON.stringify(told)).not.toMatch(/Secret|suppliers|"[abc]"/);
  expect(alternativesOf(request(), members, 1)).toHaveLength(1);
});

describe('a member is none', () => {
  test.each<[string, Partial<MemberView>, Partial<PlacementRequest>]>([
    ['that has too few free', { capacity: [{ ...h100, free: 3 }] }, {}],
    ['that is cordoned', { cordoned: true }, {}],
    ['that was not accepted', { accepted: false }, {}],
    ['that drains', { drainDeadline: '2026-11-02T00:00:00Z' }, {}],
    ['that cannot be paid', { account: undefined }, { paid: true }],
    ['without a certification', {}, { certifications: ['ISO27001'] }],
    ['that was left out', {}, { excludedMembers: ['a'] }],
    ['that is too dear', {}, { maxPriceMicroUsdPerGpuHour: 1_999_999n }],
    ['that is not for hire as Spot', {}, { capacity: 'Spot' }],
    ['whose devices may be not confidential', {}, { confidential: true }],
    ['with slices only', { capacity: [{ ...h100, model: 'H100-80GB-HBM3-MIG-1g.10gb' }] }, {}],
  ])('%s', (_, changes, wishes) => {
    expect(alternativesOf(request(wishes), [member('a', 'DE', changes)], 10)).toEqual([]);
  });
});

test('two groups do not share their devices', () => {
  const [group] = request().groups;
  const two = request({ groups: [group!, { ...group!, name: 'more' }] });
  expect(alternativesOf(two, [member('a', 'DE')], 10)).toHaveLength(1);
  const less = member('a', 'DE', { capacity: [{ ...h100, free: 7 }] });
  expect(alternativesOf(two, [less], 10)).toEqual([]);
});
