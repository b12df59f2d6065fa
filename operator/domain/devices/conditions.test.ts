import { describe, expect, test } from '@jest/globals';
import { ioDeviceReasons } from '../../../crds/schema/index.ts';
import { buildNode } from '../../testing/builders/node.ts';
import { deviceConditions } from './conditions.ts';
import type { DeviceConditionFacts, StakeFacts } from './conditions.ts';
import { devicesOfNode } from './from-node.ts';
import { modelTable } from './model-table.ts';
import type { NodeFacts } from './node-facts.ts';
import { verifyInventory } from './verify.ts';

function conditionsOf(
  facts: Partial<DeviceConditionFacts>,
  node: Partial<NodeFacts> = {},
  labels = {},
  state?: 'Healthy' | 'Degraded' | 'Broken',
) {
  const options = { member: 'fra-1', table: modelTable, sha256Hex: (text: string) => text };
  const found = devicesOfNode(buildNode(labels, node), options);
  const [first] = found.kind === 'Devices' ? found.devices : [];
  if (first === undefined) throw new Error('the node has no device');
  const since = '2026-11-25T09:00:00Z';
  const health = { state, reason: 'XidError', message: 'XID 79', since } as const;
  const spec = { ...first.spec, ...(state === undefined ? {} : { health: { ...health, state } }) };
  const verdict = verifyInventory({ spec, duplicateUuid: false }, modelTable);
  return deviceConditions({
    spec,
    verdict,
    stake: { kind: 'Disabled' },
    hasPrice: true,
    memberCordoned: false,
    ...facts,
  });
}

const summary = (conditions: ReturnType<typeof conditionsOf>) =>
  Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));

const staked = { type: 'Staked', status: 'True', reason: 'Staked', message: 'ok' } as const;
const notStaked = { ...staked, status: 'False', reason: 'NotStaked' } as const;

function judged(
  condition: Extract<StakeFacts, { kind: 'Judged' }>['staked'],
  isRequired: boolean,
): StakeFacts {
  const slashed = { type: 'Slashed', status: 'False', reason: 'NoCase', message: 'none' } as const;
  return { kind: 'Judged', staked: condition, slashed, isRequired };
}

const good = {
  Identified: 'True Identified',
  Verified: 'True InventoryMatches',
  Staked: 'Unknown StakingDisabled',
  Healthy: 'True Healthy',
  Offered: 'True Offered',
  Leased: 'False Free',
};

test('a good device is offered, and staking that is off does not keep it from being so', () => {
  expect(summary(conditionsOf({}))).toEqual(good);
});

describe('a device is', () => {
  const labels = { 'nvidia.com/gpu.memory': '40960' };
  const cases: readonly (readonly [
    string,
    ReturnType<typeof conditionsOf>,
    Record<string, string>,
  ])[] = [
    [
      'leased and still offered when a lease holds it',
      conditionsOf({ lease: 'lease-1' }),
      { Leased: 'True Leased' },
    ],
    [
      'not offered without a price',
      conditionsOf({ hasPrice: false }),
      { Offered: 'False NoOffer' },
    ],
    [
      'not offered while its member is cordoned',
      conditionsOf({ memberCordoned: true }),
      { Offered: 'False Cordoned' },
    ],
    [
      'not offered on a cordoned node',
      conditionsOf({}, { schedulable: false }),
      { Offered: 'False NodeUnschedulable' },
    ],
    [
      'not healthy on a node that is not ready',
      conditionsOf({}, { ready: false }),
      { Healthy: 'False NodeNotReady', Offered: 'False NotHealthy' },
    ],
    [
      'not healthy when it is not allocatable',
      conditionsOf({}, { allocatable: {} }),
      { Healthy: 'False NotAllocatable', Offered: 'False NotHealthy' },
    ],
    [
      'not healthy, and not offered, when the agent saw an error of it',
      conditionsOf({}, {}, {}, 'Broken'),
      { Healthy: 'False XidError', Offered: 'False NotHealthy' },
    ],
    [
      'not offered when it should get no new work',
      conditionsOf({}, {}, {}, 'Degraded'),
      { Healthy: 'False XidError', Offered: 'False NotHealthy' },
    ],
    ['offered again when that is over', conditionsOf({}, {}, {}, 'Healthy'), {}],
    [
      'not offered while it is not what it says',
      conditionsOf({}, {}, labels),
      { Verified: 'False MemoryMismatch', Offered: 'False NotVerified' },
    ],
    [
      'offered with its stake',
      conditionsOf({ stake: judged(staked, true) }),
      { Staked: 'True Staked', Slashed: 'False NoCase' },
    ],
    [
      'not offered without its stake where one is required',
      conditionsOf({ stake: judged(notStaked, true) }),
      { Staked: 'False NotStaked', Slashed: 'False NoCase', Offered: 'False NotStaked' },
    ],
    [
      'offered without its stake where none is required',
      conditionsOf({ stake: judged(notStaked, false) }),
      { Staked: 'False NotStaked', Slashed: 'False NoCase' },
    ],
    [
      'not offered before the chain was read where a stake is required',
      conditionsOf({
        stake: judged({ ...staked, status: 'Unknown', reason: 'ChainUnavailable' }, true),
      }),
      {
        Staked: 'Unknown ChainUnavailable',
        Slashed: 'False NoCase',
        Offered: 'False NotStaked',
      },
    ],
  ];
  test.each(cases)('%s', (_sentence, conditions, different) => {
    expect(summary(conditions)).toEqual({ ...good, ...different });
  });
});

test('all conditions come with reasons that the API lists', () => {
  const conditions = conditionsOf({ stake: judged(staked, true) });
  expect(conditions.map(({ type }) => type)).toEqual(Object.keys(ioDeviceReasons));
  expect(conditions.filter(({ type, reason }) => !(reason in ioDeviceReasons[type]))).toEqual([]);
});
