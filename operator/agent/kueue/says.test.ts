import { expect, test } from '@jest/globals';
import { saysOf, type WorkloadCondition } from './says.ts';

const no = (type: string, message: string): WorkloadCondition => ({
  type,
  status: 'False',
  message,
});
const yes = (type: string, message: string): WorkloadCondition => ({
  type,
  status: 'True',
  message,
});

const cases: readonly (readonly [string, readonly WorkloadCondition[], string | undefined])[] = [
  ['has said nothing', [], undefined],
  ['has no quota for it', [no('QuotaReserved', '1 more needed')], '1 more needed'],
  [
    'has no quota for it, and says so twice',
    [no('QuotaReserved', '1 more needed'), no('Admitted', 'The workload has no reservation')],
    '1 more needed',
  ],
  [
    'waits for a check',
    [yes('QuotaReserved', 'Quota reserved'), no('Admitted', 'The check of costs is pending')],
    'The check of costs is pending',
  ],
  [
    'stopped it for another',
    [
      yes('Evicted', 'Preempted to accommodate a workload'),
      no('QuotaReserved', '2 more needed'),
      yes('Requeued', ''),
    ],
    'Preempted to accommodate a workload; 2 more needed',
  ],
  [
    'stopped it and knows no more',
    [
      yes('Evicted', 'The ClusterQueue is stopped'),
      no('QuotaReserved', 'The ClusterQueue is stopped'),
    ],
    'The ClusterQueue is stopped',
  ],
  [
    'has let it run again',
    [no('Evicted', 'Previously: stopped'), yes('QuotaReserved', ''), yes('Admitted', 'Admitted')],
    undefined,
  ],
  ['has given it up', [yes('Finished', 'invalid podset infos')], 'invalid podset infos'],
  ['says nothing in many words', [no('QuotaReserved', '')], undefined],
];

test.each(cases)('when Kueue %s', (_, conditions, expected) => {
  expect(saysOf(conditions)).toBe(expected);
});
