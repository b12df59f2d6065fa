import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { buildDevice, buildMember } from '../../testing/builders/inventory.ts';
import { buildGroup, buildRequest } from '../../testing/builders/placement.ts';
import { Inventory } from '../inventory/inventory.ts';
import type { InventoryDevice } from '../inventory/types.ts';
import { devicesWanted, matchesHardware } from './demand.ts';
import { place } from './place.ts';
import { rescale } from './rescale.ts';
import type { RunningLease } from './rescale.ts';
import type { Placement, PlacementRequest } from './types.ts';

const members = [
  ['ams', 'NL'],
  ['ber', 'DE'],
  ['cdg', 'FR'],
] as const;
const models = ['H100-80GB-HBM3', 'L40S'];

type NodeFacts = {
  member: string;
  node: string;
  size: number;
  model: string;
  price: bigint;
  held: number;
};

const nodeFacts: fc.Arbitrary<NodeFacts> = fc.record({
  member: fc.constantFrom('ams', 'ber', 'cdg'),
  node: fc.constantFrom('n1', 'n2', 'n3', 'n4'),
  size: fc.constantFrom(1, 2, 4, 8),
  model: fc.constantFrom(...models),
  price: fc.bigInt({ min: 1n, max: 4n }),
  held: fc.integer({ min: 0, max: 4 }),
});

function inventoryOf(nodes: readonly NodeFacts[]): Inventory {
  const inventory = new Inventory();
  for (const [name, country] of members) {
    inventory.upsertMember(
      buildMember({ name, country, schedulable: name !== 'cdg' || nodes.length % 2 === 0 }),
    );
  }
  const seen = new Set<string>();
  for (const { member, node, size, model, price, held } of nodes) {
    if (seen.has(`${member}/${node}`)) continue;
    seen.add(`${member}/${node}`);
    for (let index = 0; index < size; index += 1) {
      const offer = { onDemandMicroUsdPerHour: price };
      inventory.upsertDevice(buildDevice({ member, node, index, model, offer }));
      if (index < held)
        inventory.observe(
          `other-${member}-${node}-${index}`,
          [`${member}/${node}-gpu-${index}`],
          1,
        );
    }
  }
  return inventory;
}

const request: fc.Arbitrary<PlacementRequest> = fc
  .record({
    groups: fc.array(
      fc.record({
        workers: fc.integer({ min: 0, max: 5 }),
        devicesPerWorker: fc.constantFrom(0, 1, 2, 4),
        models: fc.subarray(models),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    topology: fc.constantFrom('Any' as const, 'SameNode' as const, 'SameNvlinkDomain' as const),
    strategy: fc.constantFrom('Cheapest' as const, 'Balanced' as const),
    countries: fc.subarray(['DE', 'NL']),
    excludedMembers: fc.subarray(['ams']),
    cap: fc.option(fc.bigInt({ min: 1n, max: 4n }), { nil: undefined }),
  })
  .map(({ groups, cap, ...wish }) =>
    buildRequest({
      ...wish,
      groups: groups.map((group, at) => buildGroup({ ...group, name: `g${at}` })),
      ...(cap === undefined ? {} : { maxPriceMicroUsdPerGpuHour: cap }),
    }),
  );

const scene = fc.record({ nodes: fc.array(nodeFacts, { maxLength: 10 }), request });

const devicesIn = (placement: Placement) =>
  placement.groups.flatMap((group) => group.workers.flatMap((worker) => worker.devices));

/** Everything that must hold of a placement, whatever was asked. */
function expectSound(placement: Placement, wish: PlacementRequest, inventory: Inventory): void {
  const member = inventory.member(placement.member);
  expect(member?.facts.schedulable).toBe(true);
  expect(wish.excludedMembers).not.toContain(placement.member);
  expect(wish.countries.length === 0 || wish.countries.includes(member?.facts.country ?? '')).toBe(
    true,
  );
  const devices = devicesIn(placement);
  expect(new Set(devices.map((device) => device.key)).size).toBe(devices.length);
  expect(devices.length).toBe(devicesWanted(wish));
  expect(devices.filter((device) => inventory.holderOf(device.key) !== undefined)).toEqual([]);
  const prices = devices.map((device) => device.priceMicroUsdPerHour);
  expect(prices.reduce((sum, price) => sum + price, 0n)).toBe(placement.priceMicroUsdPerHour);
  const cap = wish.maxPriceMicroUsdPerGpuHour ?? 1_000n;
  expect(prices.filter((price) => price > cap)).toEqual([]);
  for (const [at, group] of placement.groups.entries()) {
    const asked = wish.groups[at];
    expect(group.name).toBe(asked?.name);
    const own = group.workers.flatMap((worker) =>
      worker.devices.map(({ key }) => inventory.device(key)),
    );
    expect(new Set(own.map((device) => device?.model)).size).toBeLessThanOrEqual(1);
    expect(own.filter((device) => asked === undefined || !matches(device, asked))).toEqual([]);
    for (const worker of group.workers) {
      expect(worker.devices.map((device) => device.node)).toEqual(
        Array.from({ length: group.devicesPerWorker }, () => worker.node),
      );
    }
  }
  const spread = new Set(devices.map((device) => device.node));
  expect(wish.topology === 'Any' || spread.size <= 1).toBe(true);
}

function matches(
  device: InventoryDevice | undefined,
  group: PlacementRequest['groups'][number],
): boolean {
  if (device === undefined) return false;
  return matchesHardware({ ...device, key: '', onDemandMicroUsdPerHour: 0n }, group);
}

test('a placement is all or nothing, on one allowed member, of free devices, within the budget', () => {
  fc.assert(
    fc.property(scene, ({ nodes, request: wish }) => {
      const inventory = inventoryOf(nodes);
      const outcome = place(wish, inventory);
      expect(place(wish, inventory)).toEqual(outcome);
      const explained = outcome.kind === 'Refusal' ? outcome.members.length : members.length;
      expect(explained).toBe(members.length);
      if (outcome.kind === 'Refusal') return;
      expectSound(outcome, wish, inventory);
    }),
    { numRuns: 2000 },
  );
});

test('placing one cluster after the other never takes a device twice, and ends in refusals', () => {
  fc.assert(
    fc.property(scene, fc.array(request, { maxLength: 12 }), ({ nodes }, wishes) => {
      const inventory = inventoryOf(nodes);
      for (const [at, wish] of wishes.entries()) {
        const outcome = place(wish, inventory);
        if (outcome.kind === 'Refusal') continue;
        expectSound(outcome, wish, inventory);
        const keys = devicesIn(outcome).map((device) => device.key);
        expect(inventory.assume(`lease-${at}`, keys)).toEqual({ kind: 'Held' });
      }
      expect(inventory.contested()).toEqual([]);
    }),
  );
});

/** One group of workers of one size: first-fit over the nodes tells exactly whether it fits. */
test('one group is placed whenever a member has room for it, and nowhere else', () => {
  fc.assert(
    fc.property(
      fc.array(nodeFacts, { maxLength: 10 }),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(1, 2, 4),
      (nodes, workers, devicesPerWorker) => {
        const inventory = inventoryOf(nodes);
        const wish = buildRequest({
          groups: [buildGroup({ workers, devicesPerWorker, models: ['L40S'] })],
        });
        const fits = inventory.members.some((member) => {
          const rooms = member.flavors
            .filter((pool) => pool.flavor.model === 'L40S' && member.facts.schedulable)
            .flatMap((pool) => [...pool.nodes.values()].map((node) => node.free.length));
          return (
            rooms.reduce((sum, free) => sum + Math.floor(free / devicesPerWorker), 0) >= workers
          );
        });
        expect(place(wish, inventory).kind).toBe(fits ? 'Placement' : 'Refusal');
      },
    ),
  );
});

test('no other member or flavor would have been cheaper', () => {
  fc.assert(
    fc.property(
      fc.array(nodeFacts, { maxLength: 10 }),
      fc.integer({ min: 1, max: 6 }),
      (nodes, workers) => {
        const inventory = inventoryOf(nodes);
        const outcome = place(
          buildRequest({ groups: [buildGroup({ workers, models: ['L40S'] })] }),
          inventory,
        );
        if (outcome.kind === 'Refusal') return;
        const cheapest = inventory.members
          .filter((member) => member.facts.schedulable)
          .map((member) =>
            member.flavors
              .filter((pool) => pool.flavor.model === 'L40S')
              .flatMap((pool) =>
                Array.from({ length: pool.free }, () => pool.flavor.onDemandMicroUsdPerHour),
              )
              .toSorted((left, right) => Number(left - right))
              .slice(0, workers),
          )
          .filter((prices) => prices.length === workers)
          .map((prices) => prices.reduce((sum, price) => sum + price, 0n));
        expect(cheapest.filter((price) => price < outcome.priceMicroUsdPerHour)).toEqual([]);
      },
    ),
  );
});

/** A placement as the IOPlacement that it becomes. */
function running(placement: Placement): RunningLease {
  return {
    member: placement.member,
    priceMicroUsdPerHour: Number(placement.priceMicroUsdPerHour),
    workerGroups: placement.groups.map((group) => ({
      name: group.name,
      replicas: group.workers.length,
      minReplicas: group.workers.length,
      maxReplicas: group.workers.length,
      devicesPerWorker: group.devicesPerWorker,
      cpu: '1',
      memory: '1Gi',
      ...(group.resourceName === undefined ? {} : { resourceName: group.resourceName }),
      devices: group.workers.flatMap((worker) =>
        worker.devices.map(({ name, node }) => ({ name, node })),
      ),
    })),
  };
}

test('rescaling keeps the devices of workers that stay and takes only free ones', () => {
  fc.assert(
    fc.property(
      scene,
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 3, maxLength: 3 }),
      (drawn, counts) => {
        const inventory = inventoryOf(drawn.nodes);
        const first = place(drawn.request, inventory);
        if (first.kind === 'Refusal') return;
        inventory.assume(
          'lease',
          devicesIn(first).map((device) => device.key),
        );
        const groups = drawn.request.groups.map((group, at) => ({
          ...group,
          workers: counts[at] ?? 0,
        }));
        const wish = { ...drawn.request, groups };
        const lease = running(first);
        const result = rescale(wish, lease, inventory);
        expect(rescale(wish, lease, inventory)).toEqual(result);
        if (result.kind !== 'Rescaled') return;
        const before = new Set(devicesIn(first).map((device) => device.key));
        const after = devicesIn(result.placement).map((device) => device.key);
        const added = result.added.map((device) => device.key);
        const released = new Set(result.released.map((device) => device.key));
        expect(new Set(after)).toEqual(
          new Set([...[...before].filter((key) => !released.has(key)), ...added]),
        );
        expect(new Set(after).size).toBe(devicesWanted(wish));
        expect(added.filter((key) => inventory.holderOf(key) !== undefined)).toEqual([]);
        const nodes = new Set(devicesIn(result.placement).map((device) => device.node));
        expect(wish.topology === 'Any' || nodes.size <= 1).toBe(true);
        // Having done it, there is nothing more to do.
        expect(rescale(wish, running(result.placement), inventory)).toEqual({ kind: 'Unchanged' });
      },
    ),
    { numRuns: 1000 },
  );
});
