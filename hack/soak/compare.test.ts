import { describe, expect, test } from '@jest/globals';
import { type Billed, compare } from './compare.ts';
import type { Absence, Seen, WitnessedPod } from './seen.ts';

type PodParts = Partial<WitnessedPod> & { from?: number; to?: number };

const pod = ({ from = 100, to = 200, ...parts }: PodParts = {}): WitnessedPod => ({
  uid: 'pod-1',
  member: 'm',
  lease: 'lease-1',
  node: 'n',
  isHead: false,
  devices: 1,
  spans: [{ from, to }],
  goneAt: to,
  ...parts,
});
const head = (parts: PodParts = {}) =>
  pod({ uid: 'head', isHead: true, devices: 0, from: 50, to: 1_000, ...parts });

type LeaseParts = {
  released?: number;
  versions?: readonly (readonly [number, readonly string[]])[];
};

function seen(
  pods: readonly WitnessedPod[],
  { released = 1_000, versions = [[40, ['gpu-0', 'gpu-1']]] }: LeaseParts = {},
  absences: readonly Absence[] = [],
): Seen {
  const life = { from: -Infinity, to: released };
  const of = versions.map(([heardAt, devices]) => ({
    heardAt,
    nodeOf: new Map(devices.map((device) => [device, 'n'])),
  }));
  return {
    pods: pods.some(({ isHead }) => isHead) ? pods : [head(), ...pods],
    nodes: new Map([['m/n', [{ from: 0, to: Infinity }]]]),
    leases: new Map([['lease-1', { versions: of, life }]]),
    absences,
    gapSeconds: 1,
  };
}

const row = (start_s: number, end_s: number, parts: Partial<Billed> = {}): Billed => ({
  lease_id: 'lease-1',
  member: 'm',
  device: 'gpu-0',
  pod_uid: 'pod-1',
  start_s,
  end_s,
  end_reason: 'PodGone',
  ...parts,
});
const second = { pod_uid: 'pod-2' };
const other = { device: 'gpu-1' };

/** Seconds that were lost, doubled and billed for nothing. */
function found(billed: readonly Billed[], what: Seen): readonly number[] {
  const { lostSeconds, doubledSeconds, overbilledSeconds } = compare(billed, what);
  return [lostSeconds, doubledSeconds, overbilledSeconds];
}

describe('one worker, Ready from within 100 until within 200', () => {
  test.each<[string, readonly Billed[], readonly number[]]>([
    ['billed for all whole seconds', [row(101, 200)], [0, 0, 0]],
    ['billed in two parts', [row(101, 150), row(150, 200)], [0, 0, 0]],
    ['the first second is missing', [row(102, 200)], [1, 0, 0]],
    ['the last second is missing', [row(101, 199)], [1, 0, 0]],
    ['a second in the middle is missing', [row(101, 150), row(151, 200)], [1, 0, 0]],
    ['nothing is billed', [], [99, 0, 0]],
    ['billed too early', [row(100, 200)], [0, 0, 1]],
    ['billed too long', [row(101, 203)], [0, 0, 3]],
    ['a second is billed twice', [row(101, 151), row(150, 200)], [0, 1, 0]],
    ['billed on a second device', [row(101, 200), row(110, 112, other)], [0, 0, 2]],
    [
      'billed on a device that the lease does not have',
      [row(101, 200, { device: 'x' })],
      [99, 0, 99],
    ],
    ['for a pod that nobody saw', [row(101, 200), row(300, 310, second)], [0, 0, 10]],
    [
      'the device is billed to another lease at the same time',
      [row(101, 200), row(150, 153, { lease_id: 'lease-2' })],
      [0, 3, 3],
    ],
  ])('%s', (_, billed, expected) => {
    expect(found(billed, seen([pod()]))).toEqual(expected);
  });

  test('what is lost of one lease is not made up for by the slack of others', () => {
    const others = Array.from({ length: 50 }, (_, index) =>
      pod({ uid: `other-${index}`, from: 300 + 10 * index, to: 305 + 10 * index }),
    );
    const billed = others.map(({ uid }, index) =>
      row(301 + 10 * index, 305 + 10 * index, { pod_uid: uid }),
    );
    const what = seen([pod(), ...others]);
    expect(found([...billed, row(101, 150), row(151, 200)], what)).toEqual([1, 0, 0]);
  });
});

describe('what a worker needs to be billed', () => {
  test.each<[string, Seen, readonly Billed[]]>([
    ['a head', seen([pod(), head({ from: 120 })]), [row(121, 200)]],
    ['a head until the end', seen([pod(), head({ to: 180 })]), [row(101, 180)]],
    [
      'a head, and then another',
      seen([pod(), head({ to: 150 }), head({ uid: 'head-2', from: 160 })]),
      [row(101, 150), row(161, 200)],
    ],
    [
      'a head, and another before the first is gone',
      seen([pod(), head({ to: 150 }), head({ uid: 'head-2', from: 140 })]),
      [row(101, 200)],
    ],
    [
      'its node',
      {
        ...seen([pod()]),
        nodes: new Map([
          [
            'm/n',
            [
              { from: 0, to: 130 },
              { from: 140, to: 999 },
            ],
          ],
        ]),
      },
      [row(101, 130), row(141, 200)],
    ],
    ['the lease', seen([pod()], { released: 170 }), [row(101, 170)]],
  ])('%s', (_, what, billed) => {
    expect(found(billed, what)).toEqual([0, 0, 0]);
    expect(
      found(
        billed.map((each) => ({ ...each, end_s: each.end_s - 1 })),
        what,
      )[0],
    ).toBe(billed.length);
    expect(
      found(
        billed.map((each) => ({ ...each, start_s: each.start_s - 1 })),
        what,
      )[2],
    ).toBe(billed.length);
  });
});

describe('an agent that was killed', () => {
  const away = { member: 'm', from: 190, to: 205 };
  const cut = [row(101, 195)];
  test.each<[string, PodParts, readonly Absence[], number, number]>([
    ['the pod was gone when it came back', { goneAt: 203 }, [away], 0, 5],
    ['the pod was there still', { goneAt: 210 }, [away], 5, 0],
    ['it was the agent of another member', { goneAt: 203 }, [{ ...away, member: 'x' }], 5, 0],
    ['it vouches for what was before', { goneAt: 203 }, [{ ...away, from: 198 }], 3, 2],
    ['it was back before the end', { goneAt: 203 }, [{ ...away, to: 198 }], 5, 0],
    [
      'it was killed again before it could vouch',
      { goneAt: 203 },
      [
        { ...away, to: 197 },
        { ...away, from: 196 },
      ],
      0,
      5,
    ],
    [
      'it was killed again after it could',
      { goneAt: 203 },
      [
        { ...away, to: 195 },
        { ...away, from: 197 },
      ],
      2,
      3,
    ],
  ])('%s', (_, parts, absences, lostSeconds, unobserved) => {
    const result = compare(cut, seen([pod(parts)], {}, absences));
    expect(result).toMatchObject({ lostSeconds, uncertain: { unobserved } });
  });

  test('a second in the middle is lost all the same: the pod went on', () => {
    const absences = [{ member: 'm', from: 140, to: 160 }];
    expect(found([row(101, 150), row(151, 200)], seen([pod()], {}, absences))).toEqual([1, 0, 0]);
  });
});

describe('more workers than devices', () => {
  const [a, b] = [pod(), pod({ uid: 'pod-2' })];
  const shrunk = {
    versions: [
      [40, ['gpu-0', 'gpu-1']],
      [150, ['gpu-1']],
    ],
  } satisfies LeaseParts;
  test.each<[string, readonly Billed[], readonly number[], number]>([
    ['one goes on', [row(101, 151), row(101, 200, { ...second, ...other })], [0, 0, 0], 1],
    [
      'it was known two seconds later',
      [row(101, 152), row(101, 200, { ...second, ...other })],
      [0, 0, 0],
      0,
    ],
    [
      'one is billed for too long on what was given back',
      [row(101, 154), row(101, 200, { ...second, ...other })],
      [0, 0, 2],
      0,
    ],
    [
      'none is billed for a second',
      [
        row(101, 151),
        row(101, 170, { ...second, ...other }),
        row(171, 200, { ...second, ...other }),
      ],
      [1, 0, 0],
      1,
    ],
    [
      'the other takes over',
      [
        row(101, 150),
        row(150, 180, other),
        row(101, 150, { ...second, ...other }),
        row(180, 200, { ...second, ...other }),
      ],
      [0, 0, 0],
      2,
    ],
    [
      'one is billed too little before',
      [row(101, 151), row(102, 200, { ...second, ...other })],
      [1, 0, 0],
      1,
    ],
  ])('%s', (_, billed, expected, rescaled) => {
    const what = seen([a, b], shrunk);
    expect(found(billed, what)).toEqual(expected);
    expect(compare(billed, what).uncertain.rescaled).toBe(rescaled);
  });

  describe('of which one stops and leaves its device to another', () => {
    const leaving = pod({ to: 170 });
    const staying = pod({ uid: 'pod-2' });
    const what = seen([leaving, staying], shrunk);
    const left = row(101, 170, other);
    const before = row(101, 151, second);
    test.each<[string, readonly Billed[], number, number]>([
      ['at once', [row(170, 200, { ...second, ...other })], 0, 0],
      ['in the second after', [row(171, 200, { ...second, ...other })], 0, 1],
      ['two seconds later', [row(172, 200, { ...second, ...other })], 1, 1],
      ['never', [], 29, 1],
    ])('%s', (_, after, lost, handedOver) => {
      const compared = compare([left, before, ...after], what);
      expect(compared).toMatchObject({ lostSeconds: lost, uncertain: { handedOver } });
    });

    test('though it was billed too short itself', () => {
      const short = [row(101, 160, other), before, row(170, 200, { ...second, ...other })];
      expect(found(short, what)).toEqual([10, 0, 0]);
    });
  });

  test('workers with two devices each have both or none', () => {
    const what = seen([pod({ devices: 2 }), pod({ uid: 'pod-2', devices: 2 })], {
      versions: [[40, ['gpu-0', 'gpu-1', 'gpu-2']]],
    });
    expect(found([row(101, 200), row(101, 200, other)], what)).toEqual([0, 0, 0]);
    expect(found([row(101, 200), row(101, 199, other)], what)).toEqual([1, 0, 0]);
  });
});

test('seconds of an end that no stamp tells are neither lost nor billed for nothing', () => {
  const spans = [{ from: 100, to: 200, unstamped: true as const }];
  const what = { ...seen([pod({ spans })]), gapSeconds: 3 };
  expect(found([row(101, 197)], what)).toEqual([0, 0, 0]);
  expect(compare([row(101, 197)], what).uncertain).toMatchObject({ unstamped: 3, part: 2 });
  expect(found([row(101, 200)], what)).toEqual([0, 0, 0]);
  expect(found([row(101, 196)], what)).toEqual([1, 0, 0]);
  expect(found([row(101, 201)], what)).toEqual([0, 0, 1]);
});

test('a lease that nobody saw has nothing to be billed for', () => {
  const what = { ...seen([pod()]), leases: new Map() };
  expect(found([row(101, 103)], what)).toEqual([0, 0, 2]);
  expect(compare([], what)).toMatchObject({ readySeconds: 0, uncertain: { rescaled: 0 } });
});

test('what is wrong is told with its seconds', () => {
  const { details } = compare([row(101, 150), row(151, 202)], seen([pod()]));
  expect(details).toEqual([
    expect.stringContaining('lost on n [150, 151); overbilled on n [200, 202)'),
  ]);
});
