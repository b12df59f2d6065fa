import { describe, expect, test } from '@jest/globals';
import { drainDeadlineMs, type DrainInput, drainStep } from './drain.ts';

const nowMs = Date.parse('2026-11-25T10:00:00Z');

describe('a lease on a member that is drained', () => {
  test.each<[string, Partial<DrainInput>, 'Stay' | 'Move']>([
    ['stays while nobody else can take it', {}, 'Stay'],
    ['moves as soon as another member can take it', { canMove: true }, 'Move'],
    ['moves at once when it is Spot, wherever to', { capacity: 'Spot' }, 'Move'],
    ['stays to the last millisecond', { deadlineMs: nowMs + 1 }, 'Stay'],
    ['goes at the deadline, wherever to', { deadlineMs: nowMs }, 'Move'],
  ])('%s', (_, patch, expected) => {
    const input = {
      ...{ deadlineMs: nowMs + 600_000, nowMs, canMove: false },
      capacity: 'OnDemand' as const,
    };
    expect(drainStep({ ...input, ...patch })).toBe(expected);
  });
});

describe('the deadline of a drain', () => {
  const [at9, at10, at11] = [9, 10, 11].map(
    (hour) => `2026-11-25T${String(hour).padStart(2, '0')}:00:00Z`,
  ) as [string, string, string];
  test.each<[string, Partial<Parameters<typeof drainDeadlineMs>[0]>, string | undefined]>([
    ['does not exist when nobody asked', {}, undefined],
    ['is that of spec.drain', { drainDeadline: at10 }, at10],
    ['is that of the data centre', { wishedDeadline: at10 }, at10],
    ['is the earlier of both', { drainDeadline: at11, wishedDeadline: at10 }, at10],
    ['is the moment of a deletion', { deletedAt: at9 }, at9],
    [
      'of a deletion is longer when spec.drain says so',
      { deletedAt: at9, drainDeadline: at11 },
      at11,
    ],
    [
      'of a deletion is also that of the data centre',
      { deletedAt: at11, wishedDeadline: at10 },
      at10,
    ],
    ['is not what cannot be read', { wishedDeadline: 'soon' }, undefined],
  ])('%s', (_, patch, expected) => {
    const nothing = { drainDeadline: undefined, wishedDeadline: undefined, deletedAt: undefined };
    expect(drainDeadlineMs({ ...nothing, ...patch })).toBe(
      expected === undefined ? undefined : Date.parse(expected),
    );
  });
});
