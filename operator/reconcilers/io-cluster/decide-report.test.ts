import { describe, expect, test } from '@jest/globals';
import type { IOPlacement } from '../../../crds/schema/index.ts';
import { memberReport } from './decide-report.ts';

const at = '2026-11-23T10:00:00Z';

type Input = {
  generation: number;
  replicas: number;
  /** What the agent reported, and for which generation. */
  reported?: { generation: number; desired: number; ready: number; isReady: boolean };
  autoscaled?: boolean;
};

function placement({ generation, replicas, reported, autoscaled = false }: Input): IOPlacement {
  const group = {
    name: 'gpu',
    replicas,
    minReplicas: autoscaled ? 0 : replicas,
    maxReplicas: autoscaled ? 16 : replicas,
    devicesPerWorker: 1,
    resourceName: 'nvidia.com/gpu',
    cpu: '4',
    memory: '16Gi',
    devices: [],
  };
  const spec = {
    leaseId: 'lease-0123456789abcdef',
    leaseGeneration: 1,
    tenant: '0123456789abcdef',
    member: 'berlin',
    priceMicroUsdPerHour: 0,
    ray: { version: '2.52.1', image: 'ray:2.52.1' },
    head: { cpu: '2', memory: '8Gi' },
    workerGroups: [group],
    ...(autoscaled
      ? { autoscaling: { idleTimeoutSeconds: 60, upscalingMode: 'Default' as const } }
      : {}),
  };
  return {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOPlacement',
    metadata: { name: spec.leaseId, namespace: 'io-member-berlin', generation },
    spec,
    ...(reported === undefined ? {} : { status: statusOf(reported) }),
  };
}

function statusOf({ generation, desired, ready, isReady }: NonNullable<Input['reported']>) {
  const condition = (type: string, status: 'True' | 'False', reason: string) => ({
    type,
    status,
    reason,
    message: reason,
    lastTransitionTime: at,
    observedGeneration: generation,
  });
  return {
    observedGeneration: generation,
    conditions: [
      condition('Accepted', 'True', 'Accepted'),
      condition('Applied', 'True', 'Applied'),
      condition('Ready', isReady ? 'True' : 'False', isReady ? 'Ready' : 'HeadNotReady'),
    ],
    workers: { desired, ready },
  };
}

describe('what a member said of a placement', () => {
  test('nothing yet', () => {
    expect(memberReport(placement({ generation: 1, replicas: 2 }))).toEqual({
      accepted: undefined,
      applied: undefined,
      ready: undefined,
      workers: undefined,
    });
  });

  test('of the present generation it is taken as it is', () => {
    const reported = { generation: 1, desired: 2, ready: 2, isReady: true };
    expect(memberReport(placement({ generation: 1, replicas: 2, reported }))).toMatchObject({
      accepted: { ok: true },
      ready: { ok: true, reason: 'Ready' },
      workers: { desired: 2, ready: 2 },
    });
  });

  test('grown since then: the new workers are not ready', () => {
    const reported = { generation: 1, desired: 2, ready: 2, isReady: true };
    expect(memberReport(placement({ generation: 2, replicas: 5, reported }))).toMatchObject({
      accepted: undefined,
      ready: { ok: false, reason: 'WorkersNotReady', message: '2 of 5 workers are ready.' },
      workers: { desired: 5, ready: 2 },
    });
  });

  test('shrunk since then: those that stay are ready', () => {
    const reported = { generation: 1, desired: 5, ready: 5, isReady: true };
    expect(memberReport(placement({ generation: 2, replicas: 2, reported }))).toMatchObject({
      ready: { ok: true },
      workers: { desired: 2, ready: 2 },
    });
  });

  test('what was not ready keeps its own reason', () => {
    const reported = { generation: 1, desired: 2, ready: 0, isReady: false };
    expect(memberReport(placement({ generation: 2, replicas: 5, reported })).ready).toMatchObject({
      ok: false,
      reason: 'HeadNotReady',
    });
  });

  test('with an autoscaler the member alone knows how many are wanted', () => {
    const reported = { generation: 1, desired: 3, ready: 3, isReady: true };
    const grown = placement({ generation: 2, replicas: 8, reported, autoscaled: true });
    expect(memberReport(grown)).toMatchObject({
      ready: { ok: true },
      workers: { desired: 3, ready: 3 },
    });
  });
});
