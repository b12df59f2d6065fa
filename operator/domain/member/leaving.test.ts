import { describe, expect, test } from '@jest/globals';
import { drainUntil, type Held, heldLine, leaveStep } from './leaving.ts';

const cases: readonly [string, Held, 'Wait' | 'Go'][] = [
  ['all is off', { rayClusters: 0, drained: true, isLate: false }, 'Go'],
  ['a lease runs', { rayClusters: 1, drained: false, isLate: false }, 'Wait'],
  [
    'a lease ends here and the hub knows already',
    { rayClusters: 1, drained: true, isLate: false },
    'Wait',
  ],
  [
    'nothing runs, and the hub may still place',
    { rayClusters: 0, drained: false, isLate: false },
    'Wait',
  ],
  ['a dead hub', { rayClusters: 0, drained: undefined, isLate: false }, 'Go'],
  ['a dead hub and a lease', { rayClusters: 2, drained: undefined, isLate: false }, 'Wait'],
  ['the deadline with a lease', { rayClusters: 2, drained: false, isLate: true }, 'Go'],
];

describe('leaving', () => {
  test.each(cases)('%s', (_, held, step) => {
    expect(leaveStep(held)).toBe(step);
  });

  test('says what it waits for', () => {
    const held = { rayClusters: 1, drained: false, isLate: false };
    expect(heldLine(held)).toBe('1 RayCluster runs; the hub says not drained yet');
    expect(heldLine({ ...held, drained: undefined })).toMatch(/does not answer/);
  });

  const nowMs = Date.parse('2026-11-25T08:00:00Z');
  const wantedMs = nowMs + 600_000;
  const deadlines: readonly [string, string | undefined, string][] = [
    ['none before', undefined, '2026-11-25T08:10:00Z'],
    ['an earlier one stays', '2026-11-25T08:05:00Z', '2026-11-25T08:05:00Z'],
    ['a later one is moved forward', '2026-11-25T09:00:00Z', '2026-11-25T08:10:00Z'],
    ['one of a drain that is over', '2026-11-20T08:00:00Z', '2026-11-25T08:10:00Z'],
    ['nonsense', 'tomorrow', '2026-11-25T08:10:00Z'],
  ];
  test.each(deadlines)('deadline: %s', (_, announced, until) => {
    expect(drainUntil(announced, nowMs, wantedMs)).toBe(until);
  });
});
