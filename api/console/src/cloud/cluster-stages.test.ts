import { describe, expect, test } from '@jest/globals';
import { ioClusterReasons } from '../../../../crds/schema/conditions.ts';
import type { ConditionView } from '../../../../operator/domain/views/types.ts';
import { clusterStages } from './cluster-stages.ts';

const at = '2026-11-25T14:00:00Z';
const is = (
  type: keyof typeof ioClusterReasons,
  status: ConditionView['status'],
  reason: string = type,
  message = '',
): ConditionView => ({ type, status, reason, message, lastTransitionTime: at });

const states = (view: Parameters<typeof clusterStages>[0]): string =>
  clusterStages(view)
    .map(({ id, state }) => `${id}:${state}`)
    .join(' ');

describe('stages of a cluster', () => {
  test.each([
    [
      'just made',
      { phase: 'Waiting', conditions: [] },
      'Valid:current Admitted:todo Placed:todo Provisioned:todo Ready:todo',
    ],
    [
      'wrong',
      { phase: 'Refused', conditions: [is('Valid', 'False', 'Invalid')] },
      'Valid:failed Admitted:todo Placed:todo Provisioned:todo Ready:todo',
    ],
    [
      'without money',
      {
        phase: 'Waiting',
        conditions: [
          is('Valid', 'True'),
          is('Quoted', 'True'),
          is('Funded', 'False', 'InsufficientFunds'),
        ],
      },
      'Valid:done Quoted:done Funded:failed Admitted:todo Placed:todo Provisioned:todo Ready:todo',
    ],
    [
      'in the queue',
      {
        phase: 'Waiting',
        conditions: [is('Valid', 'True'), is('Admitted', 'False', 'NoCapacity')],
      },
      'Valid:done Admitted:current Placed:todo Provisioned:todo Ready:todo',
    ],
    [
      'running',
      {
        phase: 'Running',
        conditions: (['Valid', 'Admitted', 'Placed', 'Provisioned', 'Ready'] as const).map((type) =>
          is(type, 'True'),
        ),
      },
      'Valid:done Admitted:done Placed:done Provisioned:done Ready:done',
    ],
    [
      'suspended',
      {
        phase: 'Suspended',
        conditions: [is('Valid', 'True'), is('Admitted', 'False', 'Suspended')],
      },
      'Valid:done Admitted:skipped Placed:skipped Provisioned:skipped Ready:skipped Suspended:current',
    ],
    [
      'ended',
      {
        phase: 'Ended',
        conditions: [is('Valid', 'True'), is('Finished', 'True', 'TTLExpired', 'after 2h')],
      },
      'Valid:done Admitted:skipped Placed:skipped Provisioned:skipped Ready:skipped Finished:done',
    ],
  ] as const)('%s', (_name, view, expected) => {
    expect(states({ ...view, queuePosition: undefined })).toBe(expected);
  });

  test('the place in the queue is told where it waits', () => {
    const conditions = [is('Valid', 'True'), is('Admitted', 'False', 'NoCapacity', '3 are free')];
    const stages = clusterStages({ phase: 'Waiting', conditions, queuePosition: 3 });
    expect(stages[1]?.detail).toBe('Number 3 of those that wait. 3 are free');
  });

  test('whatever the conditions are, at most one stage is where it stands', () => {
    for (const status of ['True', 'False', 'Unknown'] as const) {
      const conditions = (Object.keys(ioClusterReasons) as (keyof typeof ioClusterReasons)[]).map(
        (type) => is(type, status),
      );
      const stages = clusterStages({ phase: 'Starting', conditions, queuePosition: undefined });
      expect(stages.filter(({ state }) => state === 'current').length).toBeLessThanOrEqual(1);
    }
  });
});
