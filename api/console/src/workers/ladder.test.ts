import { describe, expect, test } from '@jest/globals';
import { ioDeviceReasons } from '../../../../crds/schema/conditions.ts';
import type { ConditionView } from '../../../../operator/domain/views/types.ts';
import { failingRung, ladderOf, progressOf, type Rung, rungNames } from './ladder.ts';
import { nextStepOf } from './next-step.ts';

const at = '2026-11-25T14:00:00Z';
const condition = (
  type: string,
  status: ConditionView['status'],
  reason: string = type,
): ConditionView => ({ type, status, reason, message: `${type} says`, lastTransitionTime: at });

const climbed = ['Identified', 'Verified', 'Staked', 'Healthy', 'Offered'];
const free = [
  ...climbed.map((type) => condition(type, 'True')),
  condition('Leased', 'False', 'Free'),
];
const withCondition = (changed: ConditionView): readonly ConditionView[] => [
  ...free.filter(({ type }) => type !== changed.type),
  changed,
];

type Device = Parameters<typeof ladderOf>[0];
const device = (part: Partial<Device>): Device => ({
  conditions: free,
  blockedBy: undefined,
  lease: undefined,
  ...part,
});

describe('the ladder of a device', () => {
  test.each<[string, Device, string]>([
    ['that waits for a renter', device({}), 'done done done done done open'],
    [
      'that is rented',
      device({ conditions: withCondition(condition('Leased', 'True')) }),
      'done done done done done done',
    ],
    [
      'that nobody has looked at',
      device({ conditions: [], blockedBy: 'Identified' }),
      'failed waiting waiting waiting waiting waiting',
    ],
    [
      'whose stake is missing where one is required',
      device({
        blockedBy: 'Staked',
        conditions: [
          ...withCondition(condition('Staked', 'False', 'NotStaked')).filter(
            ({ type }) => type !== 'Offered',
          ),
          condition('Offered', 'False', 'NotStaked'),
        ],
      }),
      'done done failed done waiting waiting',
    ],
    [
      'whose stake is missing where none is required',
      device({ conditions: withCondition(condition('Staked', 'False', 'NotStaked')) }),
      'done done advised done done open',
    ],
    [
      'of a network without stakes',
      device({ conditions: withCondition(condition('Staked', 'Unknown', 'StakingDisabled')) }),
      'done done notNeeded done done open',
    ],
    [
      'whose chain is not heard',
      device({ conditions: withCondition(condition('Staked', 'Unknown', 'ChainUnavailable')) }),
      'done done unknown done done open',
    ],
    [
      'that is rented and has broken since',
      device({
        blockedBy: 'Healthy',
        conditions: [
          ...withCondition(condition('Healthy', 'False', 'XidError')).filter(
            ({ type }) => type !== 'Leased',
          ),
          condition('Leased', 'True'),
        ],
      }),
      'done done done failed done done',
    ],
    [
      'of a hub that writes no condition of stakes and leases',
      device({
        conditions: free.filter(({ type }) => type !== 'Staked' && type !== 'Leased'),
        lease: { id: 'x', since: at },
      }),
      'done done notNeeded done done done',
    ],
  ])('%s', (_, of, states) => {
    const ladder = ladderOf(of);
    expect(ladder.map(({ name }) => name)).toEqual(rungNames);
    expect(ladder.map(({ state }) => state).join(' ')).toBe(states);
    // Never two places where something has to be done first, and always one where it is blocked.
    expect(ladder.filter(({ state }) => state === 'failed')).toHaveLength(
      of.blockedBy === undefined ? 0 : 1,
    );
  });

  test('counts what is climbed of what is asked for', () => {
    expect(progressOf(ladderOf(device({})))).toEqual({ done: 5, of: 6 });
    const disabled = withCondition(condition('Staked', 'Unknown', 'StakingDisabled'));
    expect(progressOf(ladderOf(device({ conditions: disabled })))).toEqual({ done: 4, of: 5 });
  });
});

describe('what to do next', () => {
  const rung = (part: Partial<Rung>): Rung => ({
    ...{ name: 'Staked', state: 'failed', reason: '', message: '', since: at },
    ...part,
  });
  /** Reasons of a rung that is climbed, or that nobody asks for. */
  const good = new Set(['Identified', 'InventoryMatches', 'Staked', 'Healthy', 'Offered']);
  const faults = (['Identified', 'Verified', 'Staked', 'Healthy', 'Offered'] as const).flatMap(
    (name) =>
      Object.keys(ioDeviceReasons[name])
        .filter((reason) => !good.has(reason) && reason !== 'StakingDisabled')
        .map((reason) => [name, reason] as const),
  );

  test.each(faults)('%s: %s has advice', (name, reason) => {
    const step = nextStepOf(rung({ name, reason, message: 'what the hub says' }));
    expect(step.title).not.toBe(`${name} comes next`);
    expect(step.text).not.toBe('what the hub says');
  });

  test.each(['FromTheFuture', 'constructor', '__proto__', ''])(
    'a reason that is not known, %j, says what the hub says',
    (reason) => {
      const step = nextStepOf(rung({ reason, message: '<script>' }));
      expect(step).toEqual({ title: 'Staked comes next', text: '<script>', action: 'none' });
    },
  );

  test('is asked at the first rung that fails', () => {
    const failing = failingRung(ladderOf(device({ conditions: [], blockedBy: 'Verified' })));
    expect(failing?.name).toBe('Verified');
    expect(nextStepOf(failing as Rung).text).toContain('has not looked');
    expect(failingRung(ladderOf(device({})))).toBeUndefined();
  });
});
