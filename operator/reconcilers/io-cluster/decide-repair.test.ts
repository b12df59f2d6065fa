import { describe, expect, test } from '@jest/globals';
import { deviceKey } from '../../domain/inventory/types.ts';
import type { Inventory } from '../../domain/inventory/inventory.ts';
import {
  buildCluster,
  buildFederation,
  buildMoney,
  buildObserved,
  buildPlaced,
  startTime,
} from '../../testing/builders/io-cluster.ts';
import { ioClusterConditions } from '../../domain/io-cluster/conditions.ts';
import { type Decision, decide } from './decide.ts';
import { eventsOf } from './events.ts';
import type { Observed } from './snapshot.ts';

/** Devices 0 and 1 of berlin are leased; these break. */
function broken(
  numbers: readonly number[],
  { inventory = buildFederation(), ...patch }: Partial<Observed> & { inventory?: Inventory } = {},
  spec = {},
): Observed {
  const cluster = buildCluster(spec);
  const placement = buildPlaced({ cluster, inventory });
  hold(inventory, 'lease', 'berlin', [0, 1]);
  for (const number of numbers) damage(inventory, 'berlin', number);
  return buildObserved({ cluster, placement, ...patch, inventory });
}

function hold(inventory: Inventory, lease: string, member: string, numbers: readonly number[]) {
  const keys = numbers.map((number) => deviceKey(member, `n1-gpu-${number}`));
  inventory.observe(lease, keys, 1);
}

function damage(inventory: Inventory, member: string, number: number): void {
  const device = inventory.device(deviceKey(member, `n1-gpu-${number}`));
  if (device === undefined) throw new Error(`no device ${number}`);
  inventory.upsertDevice({ ...device, healthy: false, broken: true });
}

/** A federation in which others have these. */
function crowded(held: Readonly<Record<string, readonly number[]>>): Inventory {
  const inventory = buildFederation();
  for (const [member, numbers] of Object.entries(held)) {
    hold(inventory, `other-${member}`, member, numbers);
  }
  return inventory;
}

const devicesOf = ({ apply }: Decision) =>
  apply?.spec.workerGroups.flatMap(({ devices }) => devices.map(({ name }) => name));

describe('a lease with a broken device', () => {
  test('gets another of its member, and keeps its price and all else', () => {
    const observed = broken([0]);
    const decision = decide(observed);
    expect(devicesOf(decision)).toEqual(['n1-gpu-2', 'n1-gpu-1']);
    const { workerGroups, ...rest } = observed.placement?.spec ?? {};
    expect(workerGroups).toHaveLength(1);
    expect(decision.apply?.spec).toMatchObject(rest);
    expect(decision.assume?.devices).toEqual(['berlin/n1-gpu-2', 'berlin/n1-gpu-1']);
    expect(decision.remove).toBeUndefined();
    expect(decision.phase).toMatchObject({ kind: 'Leased' });
  });

  test('tells its renter which, and by what it was replaced', () => {
    expect(decide(broken([0])).notes).toEqual([
      { type: 'Warning', reason: 'DeviceBroken', message: 'n1-gpu-0 of berlin is broken.' },
      {
        type: 'Normal',
        reason: 'DeviceReplaced',
        message: expect.stringContaining('n1-gpu-2 of berlin joined lease-'),
      },
    ]);
  });

  test('holds money for the new one at the price that was agreed for the old', () => {
    const observed = broken([0], { money: buildMoney() }, { accountRef: { name: 'main' } });
    const { extend } = decide(observed);
    expect(extend?.devices).toEqual([
      { device: 'n1-gpu-2', model: 'H100-80GB-HBM3', ratePerHour: 2_000_000n },
    ]);
  });

  test('waits for the ledger while that is away, and tells of nothing yet', () => {
    const money = buildMoney({ away: true });
    const decision = decide(broken([0], { money }, { accountRef: { name: 'main' } }));
    expect([decision.apply, decision.notes]).toEqual([undefined, undefined]);
    expect(decision.phase).toMatchObject({ scaleUpRefusal: { reason: 'LedgerUnavailable' } });
  });

  test('once repaired, is left alone', () => {
    const observed = broken([0]);
    const { apply } = decide(observed);
    const { placement } = observed;
    if (apply === undefined || placement === undefined) throw new Error('not repaired');
    const after = decide({ ...observed, placement: { ...placement, spec: apply.spec } });
    expect([after.apply, after.remove, after.notes]).toEqual([undefined, undefined, undefined]);
  });

  const full = { berlin: [2, 3] };

  test('moves as a whole when its member has no other', () => {
    const decision = decide(broken([0], { inventory: crowded(full) }));
    expect(decision.phase).toMatchObject({ kind: 'Releasing', cause: 'DeviceBroken' });
    expect(decision).toMatchObject({ cool: 'berlin', remove: { spec: { member: 'berlin' } } });
    expect(decision.apply).toBeUndefined();
  });

  test.each<[string, Observed]>([
    ['nobody has room', broken([0], { inventory: crowded({ ...full, austin: [0, 1, 2] }) })],
    [
      'it is never to be placed anew',
      broken(
        [0],
        { inventory: crowded(full) },
        { failover: { policy: 'Never', fenceAfterSeconds: 30 } },
      ),
    ],
  ])('stays, says so and looks again when %s', (_, observed) => {
    const decision = decide(observed);
    expect([decision.apply, decision.remove]).toEqual([undefined, undefined]);
    expect(decision.requeueAfterMs).toBe(10_000);
    if (decision.phase === undefined) throw new Error('no phase');
    const conditions = ioClusterConditions(decision.phase);
    const placed = conditions.find(({ type }) => type === 'Placed');
    expect(placed).toMatchObject({ status: 'True', reason: 'DeviceBroken' });
    expect(placed?.message).toMatch(/^n1-gpu-0 of berlin is broken, and it has no other/);
    const told = eventsOf(
      [],
      conditions.map((condition) => ({ ...condition, lastTransitionTime: startTime })),
    );
    expect(told).toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'DeviceBroken' }),
    );
  });

  test('that stays can still be made smaller', () => {
    const inventory = crowded({ ...full, austin: [0, 1, 2, 3] });
    const observed = broken([1], { inventory });
    const cluster = buildCluster({ workerGroups: [{ name: 'gpu', replicas: 1 }] });
    expect(devicesOf(decide({ ...observed, cluster }))).toEqual(['n1-gpu-0']);
  });

  test('that moves goes on saying why while its placement goes', () => {
    const observed = broken([0], { inventory: crowded(full) });
    const message = 'n1-gpu-0 of berlin is broken';
    const condition = { type: 'Placed', status: 'False' as const, reason: 'DeviceBroken', message };
    const conditions = [{ ...condition, lastTransitionTime: startTime }];
    const cluster = { ...observed.cluster, status: { ...observed.cluster.status, conditions } };
    const { placement } = observed;
    if (placement === undefined) throw new Error('no placement');
    const metadata = { ...placement.metadata, deletionTimestamp: startTime };
    const decision = decide({ ...observed, cluster, placement: { ...placement, metadata } });
    expect(decision.phase).toMatchObject({ cause: 'DeviceBroken', message });
  });
});
