import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Billed, compare } from './compare.ts';
import type { Absence, Seen, WitnessedPod } from './seen.ts';

/** A worker with devices of its own, and when it was up. */
type Up = { devices: number; from: number; seconds: number; pause: number; again: number };
type World = { seen: Seen; billed: Billed[] };

const up: fc.Arbitrary<Up> = fc.record({
  devices: fc.integer({ min: 1, max: 2 }),
  from: fc.integer({ min: 0, max: 300 }),
  seconds: fc.integer({ min: 3, max: 60 }),
  pause: fc.integer({ min: 2, max: 20 }),
  again: fc.integer({ min: 3, max: 60 }),
});
const kill = fc.record({
  from: fc.integer({ min: 0, max: 400 }),
  for: fc.integer({ min: 6, max: 15 }),
});

/** Up to four leases, each billed as it should be. Pods stay until long after all kills. */
const world = fc
  .record({
    leases: fc.array(fc.array(up, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
    kills: fc.array(kill, { maxLength: 8 }),
  })
  .map(({ leases, kills }): World => {
    const worlds = leases.map((ups, index) => leaseOf(`lease-${index}`, ups));
    const absences = kills.map(
      (each): Absence => ({ member: 'm', from: each.from, to: each.from + each.for }),
    );
    return {
      billed: worlds.flatMap(({ billed }) => billed),
      seen: {
        pods: worlds.flatMap(({ seen }) => seen.pods),
        nodes: new Map([['m/n', [{ from: -10, to: Infinity }]]]),
        leases: new Map(worlds.flatMap(({ seen }) => [...seen.leases])),
        absences,
        gapSeconds: 2,
      },
    };
  });

function leaseOf(lease: string, ups: readonly Up[]): World {
  const common = { member: 'm', lease, node: 'n', goneAt: 1_000 };
  const head = { ...common, uid: `${lease}-head`, isHead: true, devices: 0 };
  const pods: WitnessedPod[] = [{ ...head, spans: [{ from: -5, to: 900 }] }];
  const billed: Billed[] = [];
  const nodeOf = new Map<string, string>();
  ups.forEach((each, index) => {
    const uid = `${lease}-${index}`;
    const ends = each.from + each.seconds;
    const begins = ends + each.pause;
    const spans = [
      { from: each.from, to: ends },
      { from: begins, to: begins + each.again },
    ];
    pods.push({ ...common, uid, isHead: false, devices: each.devices, spans });
    for (let number = 0; number < each.devices; number += 1) {
      const device = `${uid}-gpu-${number}`;
      nodeOf.set(device, 'n');
      const key = { lease_id: lease, member: 'm', device, pod_uid: uid, end_reason: 'NotReady' };
      for (const { from, to } of spans) billed.push({ ...key, start_s: from + 1, end_s: to });
    }
  });
  const versions = [{ heardAt: -20, nodeOf }];
  const life = { from: -Infinity, to: 900 };
  const leases = new Map([[lease, { versions, life }]]);
  return { billed, seen: { pods, nodes: new Map(), leases, absences: [], gapSeconds: 2 } };
}

/** One second of one interval, by numbers that need not know how many there are. */
function pick({ billed }: World, [a, b]: readonly [number, number]) {
  const index = a % billed.length;
  const row = billed[index];
  if (row === undefined) throw new Error('nothing is billed');
  return { index, row, second: row.start_s + (b % (row.end_s - row.start_s)) };
}

const numbers = fc.tuple(fc.nat(), fc.nat());

function found(billed: readonly Billed[], seen: Seen) {
  const { lostSeconds, doubledSeconds, overbilledSeconds } = compare(billed, seen);
  return { lostSeconds, doubledSeconds, overbilledSeconds };
}
const nothing = { lostSeconds: 0, doubledSeconds: 0, overbilledSeconds: 0 };

test('what is billed as it should be is right, whoever is killed meanwhile', () => {
  fc.assert(
    fc.property(world, ({ billed, seen }) => {
      expect(found(billed, seen)).toEqual(nothing);
    }),
  );
});

test('a lost second is always seen, wherever it is and whatever else is going on', () => {
  fc.assert(
    fc.property(world, numbers, (all, where) => {
      const { index, row, second } = pick(all, where);
      const parts = [
        { ...row, end_s: second },
        { ...row, start_s: second + 1 },
      ].filter((part) => part.end_s > part.start_s);
      expect(found(all.billed.toSpliced(index, 1, ...parts), all.seen)).toEqual({
        ...nothing,
        lostSeconds: 1,
      });
    }),
  );
});

test('a second that is billed twice is always seen', () => {
  fc.assert(
    fc.property(world, numbers, (all, where) => {
      const { row, second } = pick(all, where);
      const again = { ...row, start_s: second, end_s: second + 1 };
      expect(found([...all.billed, again], all.seen)).toEqual({ ...nothing, doubledSeconds: 1 });
    }),
  );
});

test('a second that is billed and was not Ready is always seen', () => {
  fc.assert(
    fc.property(world, numbers, fc.boolean(), (all, where, before) => {
      const { index, row } = pick(all, where);
      const wrong = before
        ? { ...row, start_s: row.start_s - 1 }
        : { ...row, end_s: row.end_s + 1 };
      expect(found(all.billed.toSpliced(index, 1, wrong), all.seen)).toEqual({
        ...nothing,
        overbilledSeconds: 1,
      });
    }),
  );
});
