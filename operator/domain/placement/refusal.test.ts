import { describe, expect, test } from '@jest/globals';
import {
  buildDevice,
  buildInventory,
  buildMember,
  deviceKeys,
} from '../../testing/builders/inventory.ts';
import { buildGroup, buildRequest } from '../../testing/builders/placement.ts';
import type { InventoryDevice, InventoryMember } from '../inventory/types.ts';
import { place } from './place.ts';
import type { Placement, PlacementRequest, Refusal } from './types.ts';

const h100 = 'H100-80GB-HBM3';

/** What a member with eight H100 answers, and what is held there. */
function answer(
  wish: Partial<PlacementRequest>,
  facts: Partial<InventoryMember> = {},
  device: Partial<InventoryDevice> = {},
  held = 0,
): Placement | Refusal {
  const inventory = buildInventory([
    { member: buildMember(facts), nodes: [{ node: 'n', devices: 8, facts: device }] },
  ]);
  inventory.assume('other', deviceKeys('fra-1', 'n', held));
  return place(buildRequest({ groups: [buildGroup({ models: [h100] })], ...wish }), inventory);
}

describe('a member refuses because', () => {
  const from = { latitude: 1.35, longitude: 103.82 };
  const here = { latitude: 50.11, longitude: 8.68 };
  const two = { groups: [buildGroup({ models: [h100], workers: 2, devicesPerWorker: 8 })] };
  const cases: readonly (readonly [string, Placement | Refusal, string, string, string])[] = [
    [
      'it is excluded',
      answer({ excludedMembers: ['fra-1'] }),
      'MemberExcluded',
      'NoMatchingMembers',
      '1 is in placement.excludedMembers (fra-1)',
    ],
    [
      'it is not among those named',
      answer({ members: ['ams-1'] }),
      'MemberExcluded',
      'NoMatchingMembers',
      '1 is not in placement.members (fra-1)',
    ],
    [
      'it takes nothing new',
      answer({}, { schedulable: false }),
      'MemberNotSchedulable',
      'NoMatchingMembers',
      '1 takes no new clusters (fra-1)',
    ],
    [
      'it cannot be paid',
      answer({ paid: true }),
      'NoSupplierAccount',
      'NoMatchingMembers',
      '1 cannot be paid, since its IOMember has no spec.accountRef (fra-1)',
    ],
    [
      'it is in another country',
      answer({ countries: ['NL', 'US'] }),
      'OtherCountry',
      'NoMatchingMembers',
      '1 is in DE, NL, US wanted (fra-1)',
    ],
    [
      'it is in another region',
      answer({ regions: ['us-east'] }, { region: 'eu-central' }),
      'OtherRegion',
      'NoMatchingMembers',
      '1 is in eu-central, us-east wanted (fra-1)',
    ],
    [
      'it lacks a certification',
      answer({ certifications: ['SOC2', 'HIPAA'] }, { certifications: ['SOC2'] }),
      'NotCertified',
      'NoMatchingMembers',
      '1 has no HIPAA (fra-1)',
    ],
    [
      'nobody knows where it is',
      answer({ latency: { from, maxMilliseconds: 10 } }),
      'UnknownLocation',
      'NoMatchingMembers',
      '1 has no coordinates to estimate latency from (fra-1)',
    ],
    [
      'it is far away',
      answer({ latency: { from, maxMilliseconds: 100 } }, { coordinates: here }),
      'TooFar',
      'NoMatchingMembers',
      '1 is about 156 ms away, at most 100 wanted (fra-1)',
    ],
    [
      'it has other devices',
      answer({ groups: [buildGroup({ models: ['B200', 'H200'] })] }),
      'NoMatchingDevices',
      'NoMatchingDevices',
      '1 has no B200 or H200 (fra-1)',
    ],
    [
      'its devices are whole',
      answer({ groups: [buildGroup({ migProfile: '1g.10gb' })] }),
      'NoMatchingDevices',
      'NoMatchingDevices',
      '1 has no GPUs MIG 1g.10gb (fra-1)',
    ],
    [
      'its devices are small',
      answer({ groups: [buildGroup({ minMemoryMiB: 90_000 })] }),
      'NoMatchingDevices',
      'NoMatchingDevices',
      '1 has no GPUs with 90000 MiB (fra-1)',
    ],
    [
      'its devices have no NVLink',
      answer({ groups: [buildGroup({ nvlink: true })] }, {}, { nvlink: false }),
      'NoMatchingDevices',
      'NoMatchingDevices',
      '1 has no GPUs with NVLink (fra-1)',
    ],
    [
      'its devices are not verified',
      answer({}, {}, { verified: false }),
      'DevicesNotRentable',
      'NoMatchingDevices',
      `1 has 8 ${h100} not verified, not healthy or not offered (fra-1)`,
    ],
    [
      'its devices are not confidential',
      answer({ confidential: true }),
      'NotConfidential',
      'NoMatchingDevices',
      '1 has the devices, but not in confidential mode (fra-1)',
    ],
    [
      'it has no spot price',
      answer({ capacity: 'Spot' }, {}, { offer: { onDemandMicroUsdPerHour: 1n } }),
      'NotOffered',
      'NoMatchingDevices',
      '1 does not offer the devices as Spot (fra-1)',
    ],
    [
      'it costs too much',
      answer({ maxPriceMicroUsdPerGpuHour: 2_499_999n }),
      'OverBudget',
      'OverBudget',
      '1 costs 2.50 $/h per GPU, budget allows 2.499999 (fra-1)',
    ],
    [
      'it has too few',
      answer(two),
      'TooFewDevices',
      'NoMatchingDevices',
      `1 has only 8 of 16 ${h100} (fra-1)`,
    ],
    [
      'they are taken',
      answer({ groups: [buildGroup({ models: [h100], workers: 6 })] }, {}, {}, 3),
      'NoCapacity',
      'NoCapacity',
      `1 has 5 of 6 ${h100} free (fra-1)`,
    ],
  ];
  test.each(cases)('%s', (_sentence, outcome, memberReason, reason, message) => {
    expect(outcome).toMatchObject({
      kind: 'Refusal',
      reason,
      message: `1 member: ${message}`,
      members: [{ member: 'fra-1', reason: memberReason }],
      counts: [{ reason: memberReason, members: 1 }],
    });
  });
});

test('a worker that no node is large enough for is refused for good', () => {
  const inventory = buildInventory([
    {
      member: buildMember(),
      nodes: [
        { node: 'a', devices: 4 },
        { node: 'b', devices: 4 },
      ],
    },
  ]);
  const request = buildRequest({ groups: [buildGroup({ models: [h100], devicesPerWorker: 8 })] });
  expect(place(request, inventory)).toMatchObject({
    reason: 'NoMatchingDevices',
    message: `1 member: 1 has 8 ${h100}, but not together with 8 of a worker on one node (fra-1)`,
  });
});

test('a worker whose node is partly taken waits', () => {
  const inventory = buildInventory([
    {
      member: buildMember(),
      nodes: [
        { node: 'a', devices: 8 },
        { node: 'b', devices: 8 },
      ],
    },
  ]);
  inventory.assume('one', deviceKeys('fra-1', 'a', 1));
  inventory.assume('two', deviceKeys('fra-1', 'b', 1));
  const request = buildRequest({ groups: [buildGroup({ models: [h100], devicesPerWorker: 8 })] });
  expect(place(request, inventory)).toMatchObject({ reason: 'NoCapacity' });
});

describe('the message', () => {
  const member = (name: string, country: string, price: bigint, devices: number) => ({
    member: buildMember({ name, country }),
    nodes: [{ node: name, devices, facts: { offer: { onDemandMicroUsdPerHour: price } } }],
  });

  test('says of every member why, the closest first, and counts by reason', () => {
    const inventory = buildInventory([
      member('ams-1', 'NL', 2_000_000n, 8),
      member('ber-1', 'DE', 2_900_000n, 16),
      member('fra-1', 'DE', 2_000_000n, 16),
    ]);
    inventory.assume('other', deviceKeys('fra-1', 'fra-1', 12));
    const request = buildRequest({
      groups: [buildGroup({ models: [h100], workers: 16 })],
      countries: ['DE'],
      maxPriceMicroUsdPerGpuHour: 2_500_000n,
    });
    expect(place(request, inventory)).toMatchObject({
      reason: 'NoCapacity',
      message:
        `3 members: 1 has 4 of 16 ${h100} free (fra-1); ` +
        '1 costs 2.90 $/h per GPU, budget allows 2.50 (ber-1); 1 is in NL, DE wanted (ams-1)',
      counts: [
        { reason: 'NoCapacity', members: 1, devices: 4 },
        { reason: 'OverBudget', members: 1, devices: 16 },
        { reason: 'OtherCountry', members: 1, devices: 8 },
      ],
    });
  });

  test('names some members of many, with what is true of each', () => {
    const inventory = buildInventory(
      ['NL', 'FR', 'IT', 'ES', 'PT'].map((country, at) => member(`m${at}`, country, 1n, 1)),
    );
    expect(place(buildRequest({ countries: ['DE'] }), inventory)).toMatchObject({
      message: '5 members: 5 are in other countries, DE wanted (m0 NL, m1 FR, m2 IT and 2 more)',
    });
  });

  test('fits a condition however many members and reasons there are', () => {
    const long = (at: number) => `${'m'.repeat(48)}-${at}`;
    const inventory = buildInventory(
      Array.from({ length: 300 }, (_, at) => {
        const facts = [
          { country: 'NL' },
          { region: 'us-east' },
          { certifications: [] },
          { coordinates: { latitude: 1, longitude: 1 } },
          { schedulable: false },
        ][at % 5];
        return {
          member: buildMember({
            name: long(at),
            country: 'DE',
            region: 'r'.repeat(60),
            certifications: ['c'.repeat(60)],
            ...facts,
          }),
          nodes: [{ node: 'n', devices: 1 }],
        };
      }),
    );
    const request = buildRequest({
      countries: ['DE', ...Array.from({ length: 40 }, (_, at) => `A${at}`)],
      regions: ['r'.repeat(60)],
      certifications: ['c'.repeat(60)],
      latency: { from: { latitude: 50, longitude: 8 }, maxMilliseconds: 1 },
      groups: Array.from({ length: 16 }, (_, at) =>
        buildGroup({ name: `g${at}`, models: [`MODEL-${'X'.repeat(50)}-${at}`] }),
      ),
    });
    const refusal = place(request, inventory);
    const message = refusal.kind === 'Refusal' ? refusal.message : '';
    expect(message.length).toBeGreaterThan(200);
    expect(message.length).toBeLessThanOrEqual(1024);
  });

  test('tells an empty federation from one that has nothing', () => {
    expect(place(buildRequest(), buildInventory([]))).toMatchObject({
      reason: 'NoMembers',
      message: 'no member has joined the federation yet',
    });
  });

  test('of a quota is the same whatever the members have', () => {
    expect(answer({ quotaRemainingDevices: 0 })).toMatchObject({
      reason: 'QuotaExceeded',
      message: `by its quota the account may take 0 more devices, 1 ${h100} wanted`,
      members: [],
    });
  });
});

test('devices of a member without a price are not for hire, and this is said', () => {
  const inventory = buildInventory([{ member: buildMember(), nodes: [] }]);
  const { offer: _none, ...unpriced } = buildDevice();
  inventory.upsertDevice(unpriced);
  expect(place(buildRequest(), inventory)).toMatchObject({
    message: '1 member: 1 has 1 GPU not verified, not healthy or not offered (fra-1)',
  });
});
