import { describe, expect, test } from '@jest/globals';
import {
  buildDevice,
  buildInventory,
  buildMember,
  deviceKeys,
} from '../../testing/builders/inventory.ts';
import { Inventory } from './inventory.ts';

const oneNode = (): Inventory =>
  buildInventory([{ member: buildMember(), nodes: [{ node: 'gpu-0', devices: 4 }] }]);
const keys = (count: number) => deviceKeys('fra-1', 'gpu-0', count);
const free = (inventory: Inventory) =>
  inventory.member('fra-1')?.flavors.map((pool) => pool.free) ?? [];

describe('a device is free when', () => {
  test.each([
    ['it is verified, healthy, allocatable and offered', {}, [1]],
    ['not when it is not verified', { verified: false }, []],
    ['not when it is not healthy', { healthy: false }, []],
    ['not when its node cannot take pods', { allocatable: false }, []],
    ['not when its model is not known', { model: '' }, []],
  ])('%s', (_sentence, facts, expected) => {
    const inventory = new Inventory();
    inventory.upsertMember(buildMember());
    inventory.upsertDevice(buildDevice(facts));
    expect(free(inventory)).toEqual(expected);
  });

  test('not when neither the device nor its member has a price', () => {
    const inventory = new Inventory();
    const { offer: _none, ...unpriced } = buildDevice();
    inventory.upsertMember(buildMember());
    inventory.upsertDevice(unpriced);
    expect(free(inventory)).toEqual([]);
    inventory.upsertMember(
      buildMember({ offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 7n }] }),
    );
    expect(free(inventory)).toEqual([1]);
    expect(inventory.member('fra-1')?.flavors[0]?.flavor.onDemandMicroUsdPerHour).toBe(7n);
  });

  test('a slice does not sell at the price of a whole GPU', () => {
    const inventory = new Inventory();
    const { offer: _none, ...unpriced } = buildDevice({ migProfile: '1g.10gb' });
    inventory.upsertMember(
      buildMember({ offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 7n }] }),
    );
    inventory.upsertDevice(unpriced);
    expect(free(inventory)).toEqual([]);
  });
});

describe('holds', () => {
  test('an assumed hold takes devices before anything is written', () => {
    const inventory = oneNode();
    expect(inventory.assume('lease-a', keys(3))).toEqual({ kind: 'Held' });
    expect(free(inventory)).toEqual([1]);
  });

  test('a second lease gets none of its devices when one of them is held', () => {
    const inventory = oneNode();
    inventory.assume('lease-a', keys(1));
    expect(inventory.assume('lease-b', keys(2))).toEqual({
      kind: 'Conflict',
      conflicts: [{ device: 'fra-1/gpu-0-gpu-0', lease: 'lease-a' }],
    });
    expect(inventory.devicesOf('lease-b')).toEqual([]);
    expect(free(inventory)).toEqual([3]);
  });

  test('a withdrawn hold frees what was only assumed', () => {
    const inventory = oneNode();
    inventory.observe('lease-a', keys(1), 1);
    inventory.assume('lease-a', keys(3));
    inventory.withdraw('lease-a');
    expect(inventory.devicesOf('lease-a')).toEqual(keys(1));
    expect(free(inventory)).toEqual([3]);
  });

  test('an observation that is older than the assumption does not free anything', () => {
    const inventory = oneNode();
    inventory.observe('lease-a', keys(1), 1);
    inventory.assume('lease-a', keys(3));
    inventory.observe('lease-a', keys(1), 1);
    expect(free(inventory)).toEqual([1]);
  });

  test('an observation that covers the assumption confirms it', () => {
    const inventory = oneNode();
    inventory.assume('lease-a', keys(3));
    inventory.observe('lease-a', keys(3), 1);
    inventory.withdraw('lease-a');
    expect(inventory.devicesOf('lease-a')).toEqual(keys(3));
  });

  test('scaling down frees devices once the smaller placement is observed', () => {
    const inventory = oneNode();
    inventory.observe('lease-a', keys(4), 1);
    inventory.assume('lease-a', keys(1));
    expect(free(inventory)).toEqual([0]);
    inventory.observe('lease-a', keys(1), 2);
    expect(free(inventory)).toEqual([3]);
  });

  test('news of an older generation changes nothing', () => {
    const inventory = oneNode();
    inventory.observe('lease-a', keys(3), 2);
    inventory.observe('lease-a', keys(1), 1);
    expect(inventory.devicesOf('lease-a')).toEqual(keys(3));
  });

  test('a released lease holds nothing', () => {
    const inventory = oneNode();
    inventory.observe('lease-a', keys(3), 2);
    inventory.release('lease-a');
    expect(free(inventory)).toEqual([4]);
    expect([...inventory.leases]).toEqual([]);
  });

  test('a hold on a device that is not known yet counts when the device appears', () => {
    const inventory = new Inventory();
    inventory.upsertMember(buildMember());
    inventory.observe('lease-a', keys(1), 1);
    inventory.upsertDevice(buildDevice());
    expect(free(inventory)).toEqual([0]);
    expect(inventory.holderOf('fra-1/gpu-0-gpu-0')).toBe('lease-a');
  });

  test('two placements with one device are reported, and the device stays taken', () => {
    const inventory = oneNode();
    inventory.observe('lease-a', keys(1), 1);
    expect(inventory.observe('lease-b', keys(1), 1).kind).toBe('Conflict');
    expect(inventory.contested()).toEqual([
      { device: 'fra-1/gpu-0-gpu-0', leases: ['lease-a', 'lease-b'] },
    ]);
    inventory.release('lease-a');
    expect(inventory.holderOf('fra-1/gpu-0-gpu-0')).toBe('lease-b');
    expect(free(inventory)).toEqual([3]);
  });
});

describe('the version', () => {
  test('stays when the same facts come again', () => {
    const inventory = oneNode();
    const { version, openings } = inventory;
    inventory.upsertMember(buildMember());
    inventory.upsertDevice(buildDevice({ index: 2 }));
    inventory.removeDevice('fra-1/nobody');
    expect([inventory.version, inventory.openings]).toEqual([version, openings]);
  });

  test('openings grow only when something became free', () => {
    const inventory = oneNode();
    const before = inventory.openings;
    inventory.assume('lease-a', keys(2));
    inventory.removeDevice('fra-1/gpu-0-gpu-3');
    expect(inventory.openings).toBe(before);
    inventory.release('lease-a');
    expect(inventory.openings).toBe(before + 2);
  });
});

test('products count devices, verified, leased and free ones', () => {
  const inventory = oneNode();
  inventory.upsertDevice(buildDevice({ index: 9, verified: false }));
  inventory.upsertDevice(buildDevice({ node: 'mig', migProfile: '1g.10gb' }));
  inventory.upsertDevice(buildDevice({ node: 'odd', model: '', verified: false }));
  inventory.assume('lease-a', keys(1));
  const common = { model: 'H100-80GB-HBM3' };
  expect(inventory.member('fra-1')?.products()).toEqual([
    { product: 'H100-80GB-HBM3', ...common, devices: 5, verified: 4, leased: 1, free: 3 },
    {
      product: 'H100-80GB-HBM3-MIG-1g.10gb',
      ...common,
      migProfile: '1g.10gb',
      devices: 1,
      verified: 1,
      leased: 0,
      free: 1,
    },
    { product: 'unknown', model: '', devices: 1, verified: 0, leased: 0, free: 0 },
  ]);
});

test('a removed member is no longer listed, and comes back with its devices', () => {
  const inventory = oneNode();
  inventory.removeMember('fra-1');
  expect(inventory.members).toEqual([]);
  expect(inventory.member('fra-1')).toBeUndefined();
  inventory.upsertMember(buildMember());
  expect(free(inventory)).toEqual([4]);
});
