import { describe, expect, test } from '@jest/globals';
import {
  buildDevice,
  buildInventory,
  buildMember,
  deviceKeys,
} from '../../testing/builders/inventory.ts';
import { buildGroup, buildRequest } from '../../testing/builders/placement.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { place } from './place.ts';
import type { Placement, PlacementRequest, Refusal } from './types.ts';

const h100 = 'H100-80GB-HBM3';

/** Three members as in the demo: Frankfurt, Amsterdam, New York. */
function federation(): Inventory {
  const priced = (onDemandMicroUsdPerHour: bigint) => ({ offer: { onDemandMicroUsdPerHour } });
  return buildInventory([
    {
      member: buildMember({
        name: 'fra-1',
        country: 'DE',
        region: 'eu-central',
        coordinates: { latitude: 50.11, longitude: 8.68 },
        certifications: ['ISO27001', 'SOC2'],
      }),
      nodes: [
        { devices: 8, facts: priced(2_500_000n) },
        { devices: 8, facts: priced(2_500_000n) },
      ],
    },
    {
      member: buildMember({
        name: 'ams-1',
        country: 'NL',
        coordinates: { latitude: 52.37, longitude: 4.9 },
        certifications: ['ISO27001'],
      }),
      nodes: [{ devices: 8, facts: priced(2_900_000n) }],
    },
    {
      member: buildMember({
        name: 'nyc-1',
        country: 'US',
        region: 'us-east',
        coordinates: { latitude: 40.71, longitude: -74 },
      }),
      nodes: [
        { devices: 8, facts: { ...priced(1_900_000n), model: 'A100-SXM4-80GB' } },
        { devices: 8, facts: priced(2_100_000n) },
      ],
    },
  ]);
}

const memberOf = (outcome: Placement | Refusal) =>
  outcome.kind === 'Placement' ? outcome.member : outcome.reason;

describe('a cluster goes to the member that', () => {
  const frankfurt = { from: { latitude: 50.11, longitude: 8.68 }, maxMilliseconds: 200 };
  const cases: readonly (readonly [string, Partial<PlacementRequest>, string])[] = [
    ['is cheapest', {}, 'nyc-1'],
    ['is in the country', { countries: ['NL'] }, 'ams-1'],
    ['is in one of the countries, the cheaper one', { countries: ['NL', 'DE'] }, 'fra-1'],
    ['is in the region', { regions: ['eu-central'] }, 'fra-1'],
    ['has all certifications', { certifications: ['SOC2', 'ISO27001'] }, 'fra-1'],
    ['is named', { members: ['ams-1'] }, 'ams-1'],
    ['is not excluded', { excludedMembers: ['nyc-1'] }, 'fra-1'],
    ['is near enough', { latency: { ...frankfurt, maxMilliseconds: 20 } }, 'fra-1'],
    ['is nearest when it should be fast', { strategy: 'Fastest', latency: frankfurt }, 'fra-1'],
    ['is near and cheap when both count', { strategy: 'Balanced', latency: frankfurt }, 'fra-1'],
    ['is cheapest when fast has no place to measure from', { strategy: 'Fastest' }, 'nyc-1'],
  ];
  test.each(cases)('%s', (_sentence, wish, member) => {
    expect(
      memberOf(
        place(buildRequest({ groups: [buildGroup({ models: [h100] })], ...wish }), federation()),
      ),
    ).toBe(member);
  });
});

describe('a placement', () => {
  test('names every device with its own price, and the sum', () => {
    const request = buildRequest({
      groups: [buildGroup({ workers: 2, devicesPerWorker: 4 })],
      members: ['ams-1'],
    });
    const placement = place(request, federation());
    expect(placement).toMatchObject({
      kind: 'Placement',
      member: 'ams-1',
      devices: 8,
      priceMicroUsdPerHour: 23_200_000n,
    });
    const groups = placement.kind === 'Placement' ? placement.groups : [];
    expect(groups).toEqual([
      {
        name: 'workers',
        devicesPerWorker: 4,
        model: h100,
        resourceName: 'nvidia.com/gpu',
        workers: [0, 4].map((first) => ({
          node: 'ams-1-node-0',
          devices: [0, 1, 2, 3].map((index) => ({
            key: `ams-1/ams-1-node-0-gpu-${first + index}`,
            name: `ams-1-node-0-gpu-${first + index}`,
            node: 'ams-1-node-0',
            priceMicroUsdPerHour: 2_900_000n,
          })),
        })),
      },
    ]);
  });

  test('takes the tightest node, so that whole nodes stay whole', () => {
    const inventory = buildInventory([
      {
        member: buildMember(),
        nodes: [
          { node: 'a', devices: 8 },
          { node: 'b', devices: 8 },
        ],
      },
    ]);
    inventory.assume('other', deviceKeys('fra-1', 'b', 6));
    const placement = place(buildRequest({ groups: [buildGroup({ workers: 2 })] }), inventory);
    const nodes =
      placement.kind === 'Placement'
        ? placement.groups[0]?.workers.map((worker) => worker.node)
        : [];
    expect(nodes).toEqual(['b', 'b']);
  });

  test('between equal members takes the one that breaks up less, then the first by name', () => {
    const member = (name: string, devices: number) => ({
      member: buildMember({ name }),
      nodes: [{ devices }],
    });
    const request = buildRequest({ groups: [buildGroup({ devicesPerWorker: 4 })] });
    expect(memberOf(place(request, buildInventory([member('a', 8), member('b', 4)])))).toBe('b');
    expect(memberOf(place(request, buildInventory([member('b', 4), member('a', 4)])))).toBe('a');
  });

  test('is on the cheapest member wherever that stands in the alphabet', () => {
    const member = (name: string, onDemandMicroUsdPerHour: bigint) => ({
      member: buildMember({ name }),
      nodes: [{ devices: 4, facts: { offer: { onDemandMicroUsdPerHour } } }],
    });
    const inventory = buildInventory([member('a', 2n), member('b', 3n), member('c', 1n)]);
    expect(memberOf(place(buildRequest(), inventory))).toBe('c');
  });

  test('gives one group one model, the cheaper of those it allows', () => {
    const models = [h100, 'A100-SXM4-80GB'];
    const request = buildRequest({
      groups: [buildGroup({ models, workers: 4 })],
      members: ['nyc-1'],
    });
    expect(place(request, federation())).toMatchObject({
      groups: [{ model: 'A100-SXM4-80GB' }],
      priceMicroUsdPerHour: 7_600_000n,
    });
  });

  test('gives a group the dearer model when another group needs the cheaper one', () => {
    const request = buildRequest({
      members: ['nyc-1'],
      groups: [
        buildGroup({ name: 'any', models: [h100, 'A100-SXM4-80GB'], devicesPerWorker: 8 }),
        buildGroup({ name: 'picky', models: ['A100-SXM4-80GB'] }),
      ],
    });
    expect(place(request, federation())).toMatchObject({
      groups: [
        { name: 'any', model: h100 },
        { name: 'picky', model: 'A100-SXM4-80GB' },
      ],
    });
  });

  test('lists groups without devices and without workers, with nothing in them', () => {
    const request = buildRequest({
      groups: [
        buildGroup({ name: 'cpu', devicesPerWorker: 0, workers: 3 }),
        buildGroup({ name: 'none', workers: 0 }),
        buildGroup(),
      ],
    });
    expect(place(request, federation())).toMatchObject({
      devices: 1,
      groups: [{ name: 'cpu', workers: [] }, { name: 'none', workers: [] }, { name: 'workers' }],
    });
  });

  test('of spot capacity costs the spot price, where there is one', () => {
    const inventory = buildInventory([
      {
        member: buildMember({ name: 'spotless' }),
        nodes: [{ devices: 8, facts: { offer: { onDemandMicroUsdPerHour: 1n } } }],
      },
      { member: buildMember({ name: 'spot' }), nodes: [{ devices: 8 }] },
    ]);
    const request = buildRequest({ capacity: 'Spot' });
    expect(place(request, inventory)).toMatchObject({
      member: 'spot',
      priceMicroUsdPerHour: 1_000_000n,
    });
  });

  test('holds nothing until it is told to', () => {
    const inventory = federation();
    const { version } = inventory;
    expect(place(buildRequest(), inventory)).toEqual(place(buildRequest(), inventory));
    expect(inventory.version).toBe(version);
  });
});

describe('topology', () => {
  const twoNodes = (facts = {}) =>
    buildInventory([
      {
        member: buildMember(),
        nodes: [
          { node: 'a', devices: 4, facts },
          { node: 'b', devices: 6, facts },
        ],
      },
    ]);
  const five = { groups: [buildGroup({ workers: 5 })] };

  test('Any spreads over nodes', () => {
    expect(place(buildRequest({ groups: [buildGroup({ workers: 10 })] }), twoNodes()).kind).toBe(
      'Placement',
    );
  });

  test('SameNode takes one node that has room for all groups', () => {
    const placement = place(buildRequest({ ...five, topology: 'SameNode' }), twoNodes());
    const nodes =
      placement.kind === 'Placement'
        ? placement.groups[0]?.workers.map((worker) => worker.node)
        : [];
    expect(new Set(nodes)).toEqual(new Set(['b']));
  });

  test('SameNode takes the tightest node that has room', () => {
    const request = buildRequest({ topology: 'SameNode', groups: [buildGroup({ workers: 3 })] });
    const inventory = twoNodes();
    inventory.assume('other', deviceKeys('fra-1', 'b', 3));
    const placement = place(request, inventory);
    const nodes =
      placement.kind === 'Placement'
        ? placement.groups[0]?.workers.map((worker) => worker.node)
        : [];
    expect(nodes).toEqual(['b', 'b', 'b']);
  });

  test('SameNode takes the cheaper node before the tighter one', () => {
    const dear = { offer: { onDemandMicroUsdPerHour: 3_000_000n } };
    const inventory = buildInventory([
      {
        member: buildMember(),
        nodes: [
          { node: 'a', devices: 4, facts: dear },
          { node: 'b', devices: 8 },
        ],
      },
    ]);
    const request = buildRequest({ topology: 'SameNode', groups: [buildGroup({ workers: 4 })] });
    expect(place(request, inventory)).toMatchObject({ priceMicroUsdPerHour: 10_000_000n });
  });

  test('SameNode is refused when no node has so many', () => {
    const request = buildRequest({ topology: 'SameNode', groups: [buildGroup({ workers: 7 })] });
    expect(place(request, twoNodes())).toMatchObject({
      reason: 'NoMatchingDevices',
      message: '1 member: 1 has 10 GPUs, but not together on one node (fra-1)',
    });
  });

  test('SameNvlinkDomain takes one rack', () => {
    const inventory = buildInventory([
      {
        member: buildMember(),
        nodes: ['r1', 'r1', 'r2', 'r2', 'r2'].map((nvlinkDomain, at) => ({
          node: `n${at}`,
          devices: 4,
          facts: { nvlinkDomain },
        })),
      },
    ]);
    const request = buildRequest({
      topology: 'SameNvlinkDomain',
      groups: [buildGroup({ workers: 3, devicesPerWorker: 4 })],
    });
    const placement = place(request, inventory);
    const nodes =
      placement.kind === 'Placement'
        ? placement.groups[0]?.workers.map((worker) => worker.node)
        : [];
    expect(nodes).toEqual(['n2', 'n3', 'n4']);
  });

  test('SameNvlinkDomain is refused for devices without NVLink', () => {
    const inventory = buildInventory([{ member: buildMember(), nodes: [] }]);
    const { nvlinkDomain: _none, ...alone } = buildDevice({ nvlink: false });
    inventory.upsertDevice(alone);
    expect(place(buildRequest({ topology: 'SameNvlinkDomain' }), inventory)).toMatchObject({
      reason: 'NoMatchingDevices',
      message: '1 member: 1 has 1 GPU, but not together in one NVLink domain (fra-1)',
    });
  });
});
