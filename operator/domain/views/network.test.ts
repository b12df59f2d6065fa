import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  buildDevice,
  buildInventory,
  buildMember,
  type NodePlan,
} from '../../testing/builders/inventory.ts';
import { viewCluster } from '../../testing/views/objects.ts';
import type { InventoryDevice } from '../inventory/types.ts';
import { countryCapacity, fewestMembers, networkSums } from './network.ts';

const asOf = '2026-11-25T12:00:00Z';

type Place = readonly [country: string, devices: number];

/** Members of countries, each with so many free H100. */
function federation(...countries: readonly Place[]) {
  return buildInventory(
    countries.map(([country, devices], at) => ({
      member: buildMember({ name: `member-${at}`, country }),
      nodes: [{ devices }],
    })),
  );
}

const places = (...countries: readonly Place[]) =>
  countryCapacity(federation(...countries).members).map(
    ({ country = '', continent, members, devices, models }) =>
      `${continent}/${country} ${members} ${devices} ${models.length}`,
  );

test('a country with three members is told apart', () => {
  expect(places(['DE', 1], ['DE', 2], ['DE', 3])).toEqual(['EU/DE 3 6 1']);
});

test('countries with fewer are one entry of their continent', () => {
  const few = [
    ['NL', 1],
    ['FR', 1],
    ['FR', 1],
    ['US', 4],
    ['CA', 4],
    ['MX', 4],
  ] as readonly Place[];
  expect(places(['DE', 1], ['DE', 1], ['DE', 1], ...few)).toEqual([
    'EU/DE 3 3 1',
    'EU/ 3 3 1',
    'NA/ 3 12 1',
  ]);
});

test('where the rest of a continent is few, the smallest country of it is not told apart', () => {
  const four = [
    ['FR', 1],
    ['FR', 1],
    ['FR', 1],
    ['FR', 1],
  ] as const;
  const three = [
    ['DE', 1],
    ['DE', 1],
    ['DE', 1],
  ] as const;
  expect(places(...four, ...three, ['NL', 5])).toEqual(['EU/FR 4 4 1', 'EU/ 4 8 1']);
});

test('where there is nothing to add to it, its models are not told', () => {
  expect(places(['SG', 8], ['DE', 1], ['DE', 1], ['DE', 1])).toEqual(['AS/ 1 8 0', 'EU/DE 3 3 1']);
});

test('free is what can be rented now: not what is held, sick, without a price, or cordoned off', () => {
  const node = (name: string, facts: Partial<InventoryDevice> = {}): NodePlan => ({
    node: name,
    devices: 1,
    facts,
  });
  const { offer: _, ...unpriced } = buildDevice();
  const inventory = buildInventory([
    {
      member: buildMember({ name: 'fra-1' }),
      nodes: [
        node('free'),
        node('held'),
        node('sick', { healthy: false }),
        node('unverified', { verified: false }),
      ],
    },
    {
      member: buildMember({ name: 'fra-2', schedulable: false }),
      nodes: [node('cordoned'), node('idle')],
    },
    { member: buildMember({ name: 'empty' }), nodes: [] },
  ]);
  inventory.upsertDevice({ ...unpriced, node: 'unpriced', name: 'unpriced' });
  inventory.observe('lease-1', ['fra-1/held-gpu-0', 'fra-2/cordoned-gpu-0'], 1);
  const { network, models } = networkSums(inventory.members, [], asOf);
  expect(network).toEqual({
    asOf,
    members: 2,
    countries: 1,
    devices: { total: 7, verified: 6, offered: 3, leased: 2, free: 1 },
    clusters: { running: 0, waiting: 0 },
    utilisationPermille: 667,
  });
  expect(models).toMatchObject([
    { model: 'H100-80GB-HBM3', devices: 7, verified: 6, leased: 2, free: 1, memoryMiB: 81_559 },
  ]);
});

test('a network without anything is all zeros', () => {
  const { network, models, countries } = networkSums([], [], asOf);
  expect(network).toMatchObject({ members: 0, utilisationPermille: 0 });
  expect([models, countries]).toEqual([[], []]);
});

test('the middle price is that of the middle device, and who offers no spot has no part in it', () => {
  const priced = (name: string, devices: number, price: bigint, spot?: bigint) => ({
    member: buildMember({ name }),
    nodes: [
      {
        devices,
        facts: {
          offer: {
            onDemandMicroUsdPerHour: price,
            ...(spot === undefined ? {} : { spotMicroUsdPerHour: spot }),
          },
        },
      },
    ],
  });
  const { members } = buildInventory([
    priced('a', 1, 1_000_000n, 500_000n),
    priced('b', 7, 2_000_000n),
    priced('c', 2, 3_000_000n, 900_000n),
  ]);
  const [market] = networkSums(members, [], asOf).models;
  expect(market?.onDemandMicroUsdPerHour).toEqual({
    low: 1_000_000,
    median: 2_000_000,
    high: 3_000_000,
  });
  expect(market?.spotMicroUsdPerHour).toEqual({ low: 500_000, median: 900_000, high: 900_000 });
});

const group = { name: 'gpu', replicas: 2, devicesPerWorker: 4, cpu: '4', memory: '16Gi' };

test('who waits wants each model that would do, also one that nobody has', () => {
  const { members } = federation(['DE', 2]);
  const wants = (devices?: object, name = 'a') =>
    viewCluster(name, { spec: { workerGroups: [{ ...group, ...(devices && { devices }) }] } });
  const wanted = (...clusters: Parameters<typeof networkSums>[1]) =>
    networkSums(members, clusters, asOf).models.map((each) => [each.model, each.wanted]);
  expect(wanted(wants())).toEqual([['H100-80GB-HBM3', 8]]);
  expect(wanted(wants({ models: ['B200'] }), wants(undefined, 'b'))).toEqual([
    ['B200', 16],
    ['H100-80GB-HBM3', 8],
  ]);
  expect(wanted(wants({ minMemoryMiB: 100_000 }))).toEqual([['H100-80GB-HBM3', 0]]);
  expect(wanted(wants({ models: ['H100-80GB-HBM3'], migProfile: '1g.10gb' }))).toEqual([
    ['H100-80GB-HBM3', 0],
    ['H100-80GB-HBM3-MIG-1g.10gb', 8],
  ]);
  const running = { Placed: 'True Placed', Ready: 'True Ready' };
  expect(wanted(viewCluster('runs', { conditions: running }))).toEqual([['H100-80GB-HBM3', 0]]);
});

const secret = 'sEcReT<script>‮';

test('no word of a renter or a supplier comes through', () => {
  const inventory = buildInventory(
    ['a', 'b', 'c'].map((name) => ({
      member: buildMember({
        name: `${secret}-${name}`,
        country: 'DE',
        region: secret,
        certifications: [secret],
        supplier: `${secret}/${secret}`,
        offers: [{ model: secret, onDemandMicroUsdPerHour: 1n }],
      }),
      nodes: [
        { node: secret, devices: 1, facts: { nvlinkDomain: secret, resourceName: secret } },
        { node: 'b', devices: 1, facts: { model: secret } },
        { node: 'c', devices: 1, facts: { migProfile: secret } },
      ],
    })),
  );
  const cluster = viewCluster(secret, {
    namespace: secret,
    spec: {
      accountRef: { name: secret },
      workerGroups: [{ ...group, name: secret, devices: { models: [secret, 'L40S'] } }],
    },
  });
  const sums = networkSums(inventory.members, [cluster], asOf);
  expect(JSON.stringify(sums)).not.toContain('sEcReT');
  expect(sums.models.map(({ model }) => model)).toEqual(['H100-80GB-HBM3', 'L40S']);
  expect(sums.network.devices.total).toBe(9);
});

const someMember = fc.record({
  country: fc.constantFrom('DE', 'NL', 'FR', 'US', 'CA', 'SG'),
  schedulable: fc.boolean(),
  devices: fc.integer({ min: 0, max: 4 }),
  model: fc.constantFrom('H100-80GB-HBM3', 'L40S', 'no-such-model'),
  verified: fc.boolean(),
  held: fc.integer({ min: 0, max: 4 }),
});

test('sums over countries are those of the network, and few members are never told apart', () => {
  fc.assert(
    fc.property(fc.array(someMember, { maxLength: 20 }), (plans) => {
      const inventory = buildInventory(
        plans.map(({ country, schedulable, devices, model, verified }, at) => ({
          member: buildMember({ name: `m${at}`, country, schedulable }),
          nodes: [{ node: 'n', devices, facts: { model, verified } }],
        })),
      );
      plans.forEach(({ held }, at) => {
        const keys = Array.from({ length: held }, (_, index) => `m${at}/n-gpu-${index}`);
        inventory.observe(`lease-${at}`, keys, 1);
      });
      const { network, countries, models } = networkSums(inventory.members, [], asOf);
      const sum = (of: (each: (typeof countries)[number]) => number) =>
        countries.reduce((total, each) => total + of(each), 0);
      expect(sum(({ members }) => members)).toBe(network.members);
      expect(sum(({ devices }) => devices)).toBe(network.devices.total);
      expect(sum(({ free }) => free)).toBe(network.devices.free);
      expect(models.reduce((total, { free }) => total + free, 0)).toBe(
        inventory.members.reduce(
          (total, { facts, flavors }) =>
            total +
            flavors.reduce(
              (all, { flavor, free }) =>
                all + (facts.schedulable && flavor.model !== 'no-such-model' ? free : 0),
              0,
            ),
          0,
        ),
      );
      const few = countries.filter(({ members }) => members < fewestMembers);
      // Few members have no country, and no models; and they are all that their continent has.
      expect(few.filter(({ country, models: told }) => country ?? told.length > 0)).toEqual([]);
      const crowded = few.filter(({ continent }) =>
        countries.some((each) => each.continent === continent && each.country !== undefined),
      );
      expect(crowded).toEqual([]);
      const { offered, free, leased, total } = network.devices;
      expect(free).toBeLessThanOrEqual(offered);
      expect(offered).toBeLessThanOrEqual(total);
      expect(offered - free).toBeLessThanOrEqual(leased);
    }),
  );
});
