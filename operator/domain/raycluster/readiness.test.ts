import { expect, test } from '@jest/globals';
import { readiness } from './readiness.ts';
import type { RayClusterStatus } from './readiness.ts';

const head = (status: string) => ({ type: 'HeadPodReady', status });
const up: RayClusterStatus = {
  state: 'ready',
  observedGeneration: 3,
  readyWorkerReplicas: 2,
  conditions: [head('True')],
};

const cases: readonly (readonly [string, RayClusterStatus, string, number])[] = [
  ['all pods are ready', up, 'True Ready', 2],
  ['nothing was reported yet', {}, 'False HeadNotReady', 0],
  ['the head is not ready', { ...up, conditions: [head('False')] }, 'False HeadNotReady', 2],
  ['a worker is missing', { ...up, readyWorkerReplicas: 1 }, 'False WorkersNotReady', 1],
  [
    'all pods were ready once and one is not now',
    {
      ...up,
      readyWorkerReplicas: 1,
      conditions: [head('True'), { type: 'RayClusterProvisioned', status: 'True' }],
    },
    'False WorkersNotReady',
    1,
  ],
  [
    'KubeRay has not seen the spec yet',
    { ...up, observedGeneration: 2 },
    'False WorkersNotReady',
    2,
  ],
  [
    'KubeRay cannot make a pod',
    { ...up, conditions: [head('True'), { type: 'ReplicaFailure', status: 'True' }] },
    'False RayClusterFailed',
    2,
  ],
  ['KubeRay calls it failed', { ...up, state: 'failed' }, 'False RayClusterFailed', 2],
  ['workers that should go still run', { ...up, readyWorkerReplicas: 5 }, 'True Ready', 2],
];

test.each(cases)('when %s', (_sentence, status, expected, ready) => {
  const result = readiness(status, 3, 2);
  expect(`${result.ready.status} ${result.ready.reason}`).toBe(expected);
  expect(result.workers).toEqual({ desired: 2, ready });
});

test.each([
  ['ImagePullBackOff', /: its image cannot be pulled \(ImagePullBackOff\); name one/],
  ['CrashLoopBackOff', /: its container ends again and again \(CrashLoopBackOff\)\.$/],
  ['Unschedulable', /: no node of the member has room for it \(Unschedulable\)\.$/],
  ['ContainersNotReady', /^The pod of the Ray head is not ready yet\.$/],
])(
  'a head that waits with %s is told as what it means, and nothing of the node',
  (reason, says) => {
    const message = 'failed to do request: lookup registry on 10.0.0.10:53: no such host';
    const waiting = { ...head('False'), reason, message };
    const { ready } = readiness({ ...up, conditions: [waiting] }, 3, 2);
    expect(ready.message).toMatch(says);
    expect(ready.message).not.toContain('10.0.0.10');
  },
);
