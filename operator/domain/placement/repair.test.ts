import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { buildInventory, buildMember } from '../../testing/builders/inventory.ts';
import { buildGroup, buildRequest } from '../../testing/builders/placement.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { deviceKey } from '../inventory/types.ts';
import { repair, type RepairResult } from './repair.ts';
import type { RunningLease } from './rescale.ts';

type Seat = readonly [node: string, index: number];
const nameOf = ([node, index]: Seat): string => `${node}-gpu-${index}`;
const nodes = { a: 4, b: 4, c: 2 };

function inventoryOf(sizes: Readonly<Record<string, number>> = nodes, model?: string): Inventory {
  const plans = Object.entries(sizes).map(([node, devices]) => ({
    node,
    devices,
    ...(model === undefined || node !== 'b' ? {} : { facts: { model } }),
  }));
  return buildInventory([{ member: buildMember(), nodes: plans }]);
}

/** One group at 2.00 $/h a device, while today's price is 2.50. */
function lease(seats: readonly Seat[], devicesPerWorker = 1): RunningLease {
  const workers = seats.length / devicesPerWorker;
  const numbers = { replicas: workers, minReplicas: workers, maxReplicas: workers };
  const devices = seats.map((seat) => ({ name: nameOf(seat), node: seat[0] }));
  const pods = { devicesPerWorker, resourceName: 'nvidia.com/gpu', cpu: '4', memory: '16Gi' };
  return {
    member: 'fra-1',
    priceMicroUsdPerHour: seats.length * 2_000_000,
    workerGroups: [{ name: 'workers', ...numbers, ...pods, devices }],
  };
}

/** Breaks devices of a lease that is held, and repairs it; `others` hold what they name. */
function repaired(
  running: RunningLease,
  broken: readonly Seat[],
  { inventory = inventoryOf(), others = [] as readonly Seat[], request = {} } = {},
): RepairResult {
  const keyOf = (name: string) => deviceKey('fra-1', name);
  const [group] = running.workerGroups;
  const own = group?.devices.map(({ name }) => keyOf(name)) ?? [];
  inventory.observe('lease-1', own, 1);
  inventory.observe(
    'lease-2',
    others.map((seat) => keyOf(nameOf(seat))),
    1,
  );
  for (const seat of broken) {
    const device = inventory.device(keyOf(nameOf(seat)));
    if (device !== undefined) inventory.upsertDevice({ ...device, healthy: false, broken: true });
  }
  const { devicesPerWorker = 1, replicas = 1 } = group ?? {};
  const wish = buildRequest({
    groups: [buildGroup({ workers: replicas, devicesPerWorker })],
    ...request,
  });
  return repair(wish, running, new Set(broken.map(nameOf)), inventory);
}

const devicesOf = (result: RepairResult) =>
  result.kind === 'Repaired'
    ? [...result.groups.values()].flatMap((devices) => devices.map(({ name }) => name))
    : result.kind;

const pair: readonly Seat[] = [
  ['a', 0],
  ['a', 1],
];
const all = (node: string, from: number, to: number): readonly Seat[] =>
  Array.from({ length: to - from }, (_, at) => [node, from + at] as const);

describe('a broken device', () => {
  test.each<[string, RepairResult, unknown]>([
    ['of nobody changes nothing', repaired(lease(pair), []), 'Unchanged'],
    [
      'is replaced on its own node first',
      repaired(lease(pair), [['a', 0]]),
      ['a-gpu-2', 'a-gpu-1'],
    ],
    [
      'of a worker of two leaves the other where it is',
      repaired(lease(pair, 2), [['a', 1]]),
      ['a-gpu-0', 'a-gpu-2'],
    ],
    [
      'is replaced on the tightest other node when its own is full',
      repaired(lease(pair), [['a', 0]], { others: all('a', 2, 4) }),
      ['a-gpu-1', 'c-gpu-0'],
    ],
    [
      'of a worker of two moves all of it when its node is full',
      repaired(lease(pair, 2), [['a', 1]], { others: all('a', 2, 4) }),
      ['c-gpu-0', 'c-gpu-1'],
    ],
    [
      'is not replaced by another model',
      repaired(lease(pair), [['a', 0]], { inventory: inventoryOf({ a: 2, b: 4 }, 'L4') }),
      'Refusal',
    ],
    [
      'stays where all have to be on one node',
      repaired(lease(pair), [['a', 0]], {
        others: all('a', 2, 4),
        request: { topology: 'SameNode' },
      }),
      'Refusal',
    ],
    [
      'is not replaced by one that is broken too',
      repaired(
        lease(pair),
        [
          ['a', 0],
          ['a', 2],
          ['a', 3],
        ],
        { inventory: inventoryOf({ a: 4 }) },
      ),
      'Refusal',
    ],
  ])('%s', (_, result, expected) => {
    expect(devicesOf(result)).toEqual(expected);
  });

  test('is replaced at the price that was agreed, whatever others cost now', () => {
    const request = { maxPriceMicroUsdPerGpuHour: 1n };
    const result = repaired(lease(pair), [['a', 0]], { others: all('a', 2, 4), request });
    expect(result).toMatchObject({
      released: ['a-gpu-0'],
      added: [{ name: 'c-gpu-0', priceMicroUsdPerHour: 2_000_000n }],
    });
  });
});

test('a repair takes no held or broken device, and leaves other workers where they are', () => {
  const seats = Object.entries(nodes).flatMap(([node, count]) => all(node, 0, count));
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...seats], { minLength: 1 }),
      fc.nat(seats.length),
      fc.array(fc.boolean(), { minLength: seats.length, maxLength: seats.length }),
      (order, count, flags) => {
        const own = order.slice(0, Math.max(1, count));
        const others = order.slice(own.length);
        const broken = seats.filter((_, at) => flags[at] === true);
        const result = repaired(lease(own), broken, { others });
        if (result.kind !== 'Repaired') return;
        const names = [...result.groups.values()].flat().map(({ name }) => name);
        const bad = new Set([...others, ...broken].map(nameOf));
        expect(names).toHaveLength(own.length);
        expect(new Set(names).size).toBe(own.length);
        expect(names.filter((name) => bad.has(name))).toEqual([]);
        const well = own.map(nameOf).filter((name) => !bad.has(name));
        expect(names).toEqual(expect.arrayContaining(well));
      },
    ),
  );
});
