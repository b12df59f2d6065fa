import { describe, expect, test } from '@jest/globals';
import { buildInventory, buildMember } from '../../testing/builders/inventory.ts';
import { buildGroup, buildRequest } from '../../testing/builders/placement.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { deviceKey } from '../inventory/types.ts';
import { rescale } from './rescale.ts';
import type { RunningLease } from './rescale.ts';
import type { RescaleResult } from './types.ts';

const twoNodes = (member = buildMember()): Inventory =>
  buildInventory([
    {
      member,
      nodes: [
        { node: 'a', devices: 4 },
        { node: 'b', devices: 4 },
      ],
    },
  ]);

/** A lease of one group with workers of one device at 2.00 $/h, older than today's price of 2.50. */
function lease(
  devices: readonly (readonly [string, number])[],
  devicesPerWorker = 1,
): RunningLease {
  const workers = devices.length / devicesPerWorker;
  return {
    member: 'fra-1',
    priceMicroUsdPerHour: devices.length * 2_000_000,
    workerGroups: [
      {
        name: 'workers',
        replicas: workers,
        minReplicas: workers,
        maxReplicas: workers,
        devicesPerWorker,
        resourceName: 'nvidia.com/gpu',
        cpu: '4',
        memory: '16Gi',
        devices: devices.map(([node, index]) => ({ name: `${node}-gpu-${index}`, node })),
      },
    ],
  };
}

/** The inventory while `running` is observed in it. */
function holding(running: RunningLease, inventory = twoNodes()): Inventory {
  const keys = running.workerGroups.flatMap((group) =>
    group.devices.map(({ name }) => deviceKey(running.member, name)),
  );
  inventory.observe('lease-1', keys, 1);
  return inventory;
}

const names = (result: RescaleResult) =>
  result.kind === 'Rescaled'
    ? result.placement.groups.flatMap((group) =>
        group.workers.flatMap((worker) => worker.devices.map((device) => device.name)),
      )
    : result.kind;
const workers = (count: number, devicesPerWorker = 1) =>
  buildRequest({ groups: [buildGroup({ workers: count, devicesPerWorker })] });

describe('a running lease', () => {
  const running = lease([
    ['a', 0],
    ['a', 1],
    ['b', 0],
  ]);

  test('stays when it has what it needs', () => {
    expect(rescale(workers(3), running, holding(running))).toEqual({ kind: 'Unchanged' });
  });

  test('keeps its devices and gets more when it grows', () => {
    const result = rescale(workers(5), running, holding(running));
    expect(names(result)).toEqual(['a-gpu-0', 'a-gpu-1', 'b-gpu-0', 'a-gpu-2', 'a-gpu-3']);
    expect(result).toMatchObject({
      released: [],
      added: [{ name: 'a-gpu-2' }, { name: 'a-gpu-3' }],
      placement: { member: 'fra-1', devices: 5 },
    });
  });

  test('pays the agreed price for what it keeps and the price of today for what it gets', () => {
    expect(rescale(workers(5), running, holding(running))).toMatchObject({
      placement: { priceMicroUsdPerHour: 3n * 2_000_000n + 2n * 2_500_000n },
    });
  });

  test('gives the last workers back when it shrinks, and pays less', () => {
    const result = rescale(workers(1), running, holding(running));
    expect(names(result)).toEqual(['a-gpu-0']);
    expect(result).toMatchObject({
      released: [{ name: 'a-gpu-1' }, { name: 'b-gpu-0' }],
      placement: { priceMicroUsdPerHour: 2_000_000n },
    });
  });

  test('gives everything back when it shrinks to nothing', () => {
    expect(rescale(workers(0), running, holding(running))).toMatchObject({
      placement: { devices: 0, priceMicroUsdPerHour: 0n },
    });
  });

  test('keeps the devices of a worker together on their node', () => {
    const pairs = lease(
      [
        ['a', 0],
        ['b', 1],
        ['a', 2],
        ['b', 3],
      ],
      2,
    );
    const result = rescale(workers(1, 2), pairs, holding(pairs));
    expect(names(result)).toEqual(['a-gpu-0', 'a-gpu-2']);
  });

  test.each([
    [
      'the member is full',
      workers(9),
      twoNodes(),
      'NoCapacity',
      '1 has 5 of 6 H100-80GB-HBM3 free (fra-1)',
    ],
    [
      'the member is cordoned',
      workers(5),
      twoNodes(buildMember({ schedulable: false })),
      'NoMatchingMembers',
      '1 takes no new clusters (fra-1)',
    ],
    [
      'the quota is used up',
      buildRequest({ groups: [buildGroup({ workers: 5 })], quotaRemainingDevices: 1 }),
      twoNodes(),
      'QuotaExceeded',
      'by its quota the account may take 1 more device, 2 H100-80GB-HBM3 wanted',
    ],
    [
      'the budget is too small',
      buildRequest({
        groups: [buildGroup({ workers: 5 })],
        maxPriceMicroUsdPerGpuHour: 2_400_000n,
      }),
      twoNodes(),
      'OverBudget',
      '1 costs 2.50 $/h per GPU, budget allows 2.40 (fra-1)',
    ],
  ])('keeps running as it is when %s', (_sentence, request, inventory, reason, message) => {
    const result = rescale(request, running, holding(running, inventory));
    expect(result).toMatchObject({ kind: 'Refusal', reason });
    expect(result.kind === 'Refusal' ? result.message : '').toContain(message);
  });

  test('grows on its node only when everything has to be on one node', () => {
    const here = lease([['b', 0]]);
    const request = buildRequest({ topology: 'SameNode', groups: [buildGroup({ workers: 3 })] });
    expect(names(rescale(request, here, holding(here)))).toEqual(['b-gpu-0', 'b-gpu-1', 'b-gpu-2']);
    const more = { ...request, groups: [buildGroup({ workers: 6 })] };
    expect(rescale(more, here, holding(here)).kind).toBe('Refusal');
  });

  test('grows inside its NVLink domain only when everything has to be in one', () => {
    const rack = (node: string, nvlinkDomain: string) => ({
      node,
      devices: 2,
      facts: { nvlinkDomain },
    });
    const racks = buildInventory([
      {
        member: buildMember(),
        nodes: [rack('a', 'r1'), rack('b', 'r2'), rack('c', 'r2'), rack('d', 'r1')],
      },
    ]);
    const here = lease([['b', 0]]);
    const groups = (count: number) => [buildGroup({ workers: count })];
    const request = buildRequest({ topology: 'SameNvlinkDomain', groups: groups(4) });
    expect(names(rescale(request, here, holding(here, racks)))).toEqual([
      'b-gpu-0',
      'b-gpu-1',
      'c-gpu-0',
      'c-gpu-1',
    ]);
    const more = { ...request, groups: groups(5) };
    expect(rescale(more, here, racks).kind).toBe('Refusal');
  });

  test('stays with its model although another would be cheaper', () => {
    const inventory = buildInventory([
      {
        member: buildMember(),
        nodes: [
          { node: 'a', devices: 4 },
          {
            node: 'c',
            devices: 4,
            facts: { model: 'T4-16GB', offer: { onDemandMicroUsdPerHour: 1n } },
          },
        ],
      },
    ]);
    const here = lease([['a', 0]]);
    expect(names(rescale(workers(2), here, holding(here, inventory)))).toEqual([
      'a-gpu-0',
      'a-gpu-1',
    ]);
  });
});
