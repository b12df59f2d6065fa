import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { buildDevice } from '../../testing/builders/inventory.ts';
import { Inventory } from './inventory.ts';
import { deviceKey } from './types.ts';
import type { DeviceKey, InventoryDevice, InventoryMember } from './types.ts';

const members = ['ams', 'ber'];
const leases = ['l1', 'l2', 'l3'];

const memberFacts: fc.Arbitrary<InventoryMember> = fc.record({
  name: fc.constantFrom(...members),
  schedulable: fc.boolean(),
  country: fc.constantFrom('DE', 'NL'),
  certifications: fc.constant([]),
  offers: fc.constantFrom(
    [],
    [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 5n }],
    [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 6n, spotMicroUsdPerHour: 2n }],
  ),
});

const deviceFacts: fc.Arbitrary<InventoryDevice> = fc
  .record({
    member: fc.constantFrom(...members),
    node: fc.constantFrom('n1', 'n2'),
    index: fc.integer({ min: 0, max: 2 }),
    model: fc.constantFrom('H100-80GB-HBM3', 'L40S', ''),
    ownOffer: fc.boolean(),
    domain: fc.constantFrom(undefined, 'rack-1', 'rack-2'),
    verified: fc.boolean(),
    healthy: fc.boolean(),
  })
  .map(({ ownOffer, domain, ...facts }) => {
    const { offer, nvlinkDomain: _domain, ...device } = buildDevice(facts);
    return {
      ...device,
      ...(ownOffer && offer !== undefined ? { offer } : {}),
      ...(domain === undefined ? {} : { nvlinkDomain: domain }),
    };
  });

const allKeys: DeviceKey[] = members.flatMap((member) =>
  ['n1', 'n2'].flatMap((node) =>
    [0, 1, 2].map((index) => deviceKey(member, `${node}-gpu-${index}`)),
  ),
);
const someKeys = fc.subarray(allKeys, { maxLength: 4 });

type Operation =
  | { do: 'upsertMember'; member: InventoryMember }
  | { do: 'removeMember'; name: string }
  | { do: 'upsertDevice'; device: InventoryDevice }
  | { do: 'removeDevice'; key: DeviceKey }
  | { do: 'assume'; lease: string; keys: DeviceKey[] }
  | { do: 'withdraw'; lease: string }
  | { do: 'observe'; lease: string; keys: DeviceKey[]; generation: number }
  | { do: 'release'; lease: string };

const lease = fc.constantFrom(...leases);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ do: fc.constant('upsertMember' as const), member: memberFacts }),
  fc.record({ do: fc.constant('removeMember' as const), name: fc.constantFrom(...members) }),
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('upsertDevice' as const), device: deviceFacts }),
  },
  fc.record({ do: fc.constant('removeDevice' as const), key: fc.constantFrom(...allKeys) }),
  fc.record({ do: fc.constant('assume' as const), lease, keys: someKeys }),
  fc.record({ do: fc.constant('withdraw' as const), lease }),
  fc.record({
    do: fc.constant('observe' as const),
    lease,
    keys: someKeys,
    generation: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ do: fc.constant('release' as const), lease }),
);

function run(inventory: Inventory, step: Operation): void {
  switch (step.do) {
    case 'upsertMember':
      return inventory.upsertMember(step.member);
    case 'removeMember':
      return inventory.removeMember(step.name);
    case 'upsertDevice':
      return inventory.upsertDevice(step.device);
    case 'removeDevice':
      return inventory.removeDevice(step.key);
    case 'assume':
      return void inventory.assume(step.lease, step.keys);
    case 'withdraw':
      return inventory.withdraw(step.lease);
    case 'observe':
      return void inventory.observe(step.lease, step.keys, step.generation);
    case 'release':
      return inventory.release(step.lease);
  }
}

/** All that a reader can see, as plain values. */
function picture(inventory: Inventory) {
  return {
    members: inventory.members.map((member) => ({
      facts: member.facts,
      products: member.products(),
      flavors: member.flavors.map((pool) => ({
        flavor: pool.flavor,
        total: pool.total,
        free: pool.free,
        nodesByFree: pool.nodesByFree.map((nodes) => [...nodes]),
        nodes: [...pool.nodes.values()]
          .map((node) => ({
            node: node.node,
            domain: node.nvlinkDomain,
            total: node.total,
            free: [...node.free],
          }))
          .toSorted((left, right) => (left.node < right.node ? -1 : 1)),
      })),
    })),
    holders: allKeys.map((key) => inventory.holderOf(key)),
    leases: leases.map((name) => inventory.devicesOf(name)),
  };
}

/** The same facts given to a new inventory, in another order. */
function rebuilt(inventory: Inventory): Inventory {
  const fresh = new Inventory();
  for (const name of leases) fresh.observe(name, inventory.devicesOf(name), 1);
  for (const key of [...allKeys].toReversed()) {
    const device = inventory.device(key);
    if (device !== undefined) fresh.upsertDevice(device);
  }
  for (const member of [...inventory.members].toReversed()) fresh.upsertMember(member.facts);
  return fresh;
}

test('after any sequence of operations the index equals one rebuilt from the facts', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (steps) => {
      const inventory = new Inventory();
      for (const step of steps) run(inventory, step);
      // Who came first on a contested device is history, not a fact.
      fc.pre(inventory.contested().length === 0);
      expect(picture(rebuilt(inventory))).toEqual(picture(inventory));
    }),
    { numRuns: 1000 },
  );
});

test('assumed holds never give one device to two leases', () => {
  const assumesOnly = operation.filter((step) => step.do !== 'observe');
  fc.assert(
    fc.property(fc.array(assumesOnly, { maxLength: 60 }), (steps) => {
      const inventory = new Inventory();
      for (const step of steps) {
        run(inventory, step);
        const held = leases.flatMap((name) => [...inventory.devicesOf(name)]);
        expect(new Set(held).size).toBe(held.length);
        expect(inventory.contested()).toEqual([]);
      }
    }),
  );
});

test('a held device is in no free list, and every change that a reader sees moves the version', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (steps) => {
      const inventory = new Inventory();
      for (const step of steps) {
        const before = { version: inventory.version, members: picture(inventory).members };
        run(inventory, step);
        const { members: after } = picture(inventory);
        const unmoved = inventory.version === before.version;
        expect(unmoved ? after : before.members).toEqual(before.members);
        for (const member of inventory.members) {
          const free = member.flavors.flatMap((pool) =>
            [...pool.nodes.values()].flatMap((node) => node.free.map((device) => device.key)),
          );
          expect(free.filter((key) => inventory.holderOf(key) !== undefined)).toEqual([]);
        }
      }
    }),
  );
});
