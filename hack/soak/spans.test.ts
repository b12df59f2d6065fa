import { describe, expect, test } from '@jest/globals';
import { best, certainty, follow, type Readiness, type Span, worst } from './spans.ts';

const stamp = (second: number): string => new Date(second * 1000).toISOString();

function pod(ready: 'True' | 'False', since: number, more: Partial<Parts> = {}): Readiness {
  const { deletedAt, started, died, phase = 'Running' } = more;
  const deletion =
    deletedAt === undefined
      ? {}
      : { deletionTimestamp: stamp(deletedAt + 30), deletionGracePeriodSeconds: 30 };
  const container = {
    ...(started === undefined ? {} : { state: { running: { startedAt: stamp(started) } } }),
    ...(died === undefined ? {} : { lastState: { terminated: { finishedAt: stamp(died) } } }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', ...deletion },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: stamp(since) }],
      containerStatuses: [container],
    },
  };
}
type Parts = { deletedAt: number; started: number; died: number; phase: string };

/** The last of them is heard of at 500, as what is gone if `gone`. */
function seen(objects: readonly Readiness[], gone = false): readonly Span[] {
  let spans: readonly Span[] = [];
  objects.forEach((object, index) => {
    const isLast = index === objects.length - 1;
    spans = follow(spans, object, { gone: gone && isLast, heardAt: isLast ? 500 : 400 });
  });
  return spans;
}

const up = pod('True', 100);

describe('what the stamps of an object say', () => {
  test.each<[string, readonly Readiness[], boolean, readonly Span[]]>([
    ['up', [up], false, [{ from: 100, to: Infinity }]],
    ['up, as it was', [up, up], false, [{ from: 100, to: Infinity }]],
    ['not yet', [pod('False', 100)], false, []],
    [
      'a container began later',
      [pod('True', 100, { started: 101 })],
      false,
      [{ from: 101, to: Infinity }],
    ],
    ['it stopped', [up, pod('False', 200)], false, [{ from: 100, to: 200 }]],
    [
      'its deletion was asked for',
      [up, pod('True', 100, { deletedAt: 210 })],
      false,
      [{ from: 100, to: 210 }],
    ],
    [
      'it stopped after its deletion was asked for',
      [up, pod('False', 230, { deletedAt: 210 })],
      false,
      [{ from: 100, to: 210 }],
    ],
    [
      'the end is not moved by what comes later',
      [up, pod('True', 100, { deletedAt: 210 }), pod('False', 220)],
      true,
      [{ from: 100, to: 210 }],
    ],
    [
      'it is gone, and was to go',
      [up, pod('True', 100, { deletedAt: 210 })],
      true,
      [{ from: 100, to: 210 }],
    ],
    [
      'it is gone, and nobody says since when',
      [up, up],
      true,
      [{ from: 100, to: 500, unstamped: true }],
    ],
    [
      'it ran to its end',
      [up, pod('False', 220, { phase: 'Succeeded' })],
      false,
      [{ from: 100, to: 220 }],
    ],
    [
      'a container died and another began',
      [up, pod('True', 100, { died: 240, started: 250 })],
      false,
      [
        { from: 100, to: 240 },
        { from: 250, to: Infinity },
      ],
    ],
    [
      'it stopped and came back unseen',
      [up, pod('True', 300)],
      false,
      [
        { from: 100, to: 500, unstamped: true },
        { from: 300, to: Infinity },
      ],
    ],
    ['it was deleted before it was up', [pod('True', 100, { deletedAt: 90 })], false, []],
  ])('%s', (_, objects, gone, expected) => {
    expect(seen(objects, gone)).toEqual(expected);
  });
});

describe('how certain a second is', () => {
  const stamped = [{ from: 100, to: 110 }];
  const heard = [{ from: 100, to: 110, unstamped: true as const }];
  test.each([
    ['before', stamped, 99, 'out'],
    ['the one in which it came up', stamped, 100, 'part'],
    ['the first whole one', stamped, 101, 'sure'],
    ['the last whole one', stamped, 109, 'sure'],
    ['the one in which it stopped', stamped, 110, 'part'],
    ['after', stamped, 111, 'out'],
    ['before an end that was heard of', heard, 107, 'sure'],
    ['within the gap before it', heard, 108, 'maybe'],
    ['without a span', [], 100, 'out'],
    ['the better of two', [...stamped, { from: 105, to: 120 }], 110, 'sure'],
  ])('%s', (_, spans, second, expected) => {
    expect(certainty(spans, second, 2)).toBe(expected);
  });

  test('any of several is as good as the best, all of them as the worst', () => {
    expect([best(['part', 'sure', 'out']), worst(['part', 'sure', 'maybe'])]).toEqual([
      'sure',
      'part',
    ]);
    expect([best([]), worst(['sure', 'out'])]).toEqual(['out', 'out']);
  });
});
