import { expect, test } from '@jest/globals';
import { podResource } from './pod.ts';

const labels = {
  'compute.io.net/lease': 'lease-0123456789abcdef',
  'ray.io/node-type': 'worker',
  'ray.io/group': 'gpu-0123456789',
};
const at = (second: number): string => `2026-11-01T00:00:${String(second).padStart(2, '0')}Z`;
const base = Date.UTC(2026, 10, 1) / 1000;

function decoded(pod: { metadata?: object; spec?: object; status?: object } = {}) {
  const { metadata, ...rest } = pod;
  const whole = { name: 'pod', namespace: 'tenant', uid: 'uid-1', resourceVersion: '7', labels };
  return podResource.decode?.({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...whole, ...metadata },
    ...rest,
  });
}

test('a pod that is new has nothing yet', () => {
  expect(decoded()).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod', namespace: 'tenant', uid: 'uid-1', resourceVersion: '7' },
    facts: {
      uid: 'uid-1',
      leaseId: 'lease-0123456789abcdef',
      role: 'worker',
      group: 'gpu-0123456789',
      node: '',
      ready: false,
      restarts: 0,
      startedSeconds: 0,
      finished: false,
    },
  });
});

test('readiness, restarts of all containers, the youngest of them and the last that ended', () => {
  const container = (restartCount: number, startedAt: number, finishedAt?: number) => ({
    restartCount,
    state: { running: { startedAt: at(startedAt) } },
    lastState: finishedAt === undefined ? {} : { terminated: { finishedAt: at(finishedAt) } },
  });
  const status = {
    phase: 'Running',
    conditions: [
      { type: 'Initialized', status: 'True', lastTransitionTime: at(1) },
      { type: 'Ready', status: 'True', lastTransitionTime: at(30) },
    ],
    containerStatuses: [container(2, 20, 18), container(0, 10), container(1, 5, 4)],
  };
  expect(decoded({ spec: { nodeName: 'a' }, status })?.facts).toMatchObject({
    node: 'a',
    ready: true,
    readySeconds: base + 30,
    restarts: 3,
    startedSeconds: base + 20,
    diedSeconds: base + 18,
  });
});

test('a deletion was asked for before its grace time', () => {
  const metadata = { deletionTimestamp: at(40), deletionGracePeriodSeconds: 30 };
  expect(decoded({ metadata })?.facts.deletedSeconds).toBe(base + 10);
});

test.each(['Succeeded', 'Failed'])('a pod that has %s is finished', (phase) => {
  expect(decoded({ status: { phase } })?.facts.finished).toBe(true);
});
