import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  decodeIODevice,
  decodeIOPlacement,
  type IODevice,
  type IOPlacement,
} from '../../../crds/schema/index.ts';
import { openPolicy } from '../../domain/member/policy.ts';
import { decide } from './decide.ts';
import type { LiveRayCluster, Observed } from './snapshot.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const lease = 'lease-0123456789abcdef';

function placement(patch: Record<string, unknown> = {}, metadata = {}): IOPlacement {
  return decodeIOPlacement({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOPlacement',
    metadata: {
      name: lease,
      namespace: 'io-member-fra-1',
      generation: 1,
      labels: { 'compute.io.net/cluster-uid': 'uid-1' },
      ...metadata,
    },
    spec: {
      leaseId: lease,
      leaseGeneration: 1,
      tenant: '0123456789abcdef',
      member: 'fra-1',
      priceMicroUsdPerHour: 5_000_000,
      ray: { version: '2.52.1', image: 'rayproject/ray:2.52.1-gpu' },
      head: { cpu: '2', memory: '8Gi' },
      workerGroups: [
        {
          name: 'gpu',
          replicas: 2,
          minReplicas: 2,
          maxReplicas: 2,
          devicesPerWorker: 1,
          resourceName: 'nvidia.com/gpu',
          cpu: '4',
          memory: '16Gi',
          devices: [
            { name: 'n1-gpu-0', node: 'n1' },
            { name: 'n2-gpu-0', node: 'n2' },
          ],
        },
      ],
      ...patch,
    },
  });
}

function device(name: string): IODevice {
  const [node = ''] = name.split('-');
  return decodeIODevice({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IODevice',
    metadata: { name, namespace: 'io-member-fra-1' },
    spec: {
      member: 'fra-1',
      node: { name: node, uid: `uid-${node}`, ready: true, schedulable: true },
      index: 0,
      kind: 'GPU',
      product: 'NVIDIA-H100-80GB-HBM3',
      memoryMiB: 81_559,
      resourceName: 'nvidia.com/gpu',
      allocatable: true,
    },
  });
}

function observed(patch: Partial<Observed> = {}): Observed {
  return {
    member: 'fra-1',
    placement: placement(),
    rayCluster: undefined,
    applied: undefined,
    device: (name) => (name.startsWith('n') ? device(name) : undefined),
    earlierLease: () => undefined,
    fence: 'Clear',
    policy: openPolicy,
    hash,
    ...patch,
  };
}

type Group = { groupName: string; replicas: number; maxReplicas: number };
const groupsOf = (decided: ReturnType<typeof decide>): readonly Group[] =>
  (decided.apply?.spec['workerGroupSpecs'] ?? []) as readonly Group[];

/** The RayCluster that an apply of `decided` leaves behind, with what KubeRay says of it. */
function live(
  decided: ReturnType<typeof decide>,
  status: LiveRayCluster['status'] = {},
  generation = 1,
): LiveRayCluster {
  const { metadata } = decided.apply ?? { metadata: { name: '', namespace: '', labels: {} } };
  return {
    apiVersion: 'ray.io/v1',
    kind: 'RayCluster',
    metadata: { ...metadata, uid: 'r-1', generation },
    workerGroups: groupsOf(decided).map(({ groupName, replicas }) => ({
      groupName,
      replicas,
      scaleStrategy: undefined,
    })),
    status,
  };
}

const running = {
  observedGeneration: 1,
  state: 'ready',
  readyWorkerReplicas: 2,
  conditions: [{ type: 'HeadPodReady', status: 'True' }],
};

describe('a placement on its member', () => {
  test('becomes a RayCluster with one group per leased node', () => {
    const groups = groupsOf(decide(observed()));
    expect(groups.map(({ replicas }) => replicas)).toEqual([1, 1]);
    expect(new Set(groups.map(({ groupName }) => groupName)).size).toBe(2);
  });

  test('is not applied again once its RayCluster is as it was left', () => {
    const first = decide(observed());
    const applied = { uid: 'r-1', generation: 1, intent: first.intent ?? '' };
    const second = decide(observed({ applied, rayCluster: live(first, running) }));
    expect(second.apply).toBeUndefined();
    expect(second.conditions.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'Accepted=True',
      'Applied=True',
      'Ready=True',
    ]);
  });

  test('is applied again when someone edited the RayCluster, or took a label away', () => {
    const first = decide(observed());
    const applied = { uid: 'r-1', generation: 1, intent: first.intent ?? '' };
    const edited = decide(observed({ applied, rayCluster: live(first, running, 2) }));
    expect(edited.apply).toEqual(first.apply);
    const whole = live(first, running);
    const bare = { ...whole, metadata: { ...whole.metadata, labels: {} } };
    expect(decide(observed({ applied, rayCluster: bare })).apply).toEqual(first.apply);
  });

  test('keeps an empty group on a node that the lease has left', () => {
    const first = decide(observed());
    const spec = placement().spec;
    const [group] = spec.workerGroups;
    const smaller = placement(
      {
        workerGroups: [
          {
            ...group,
            replicas: 1,
            minReplicas: 1,
            maxReplicas: 1,
            devices: group?.devices.slice(0, 1),
          },
        ],
      },
      { generation: 2 },
    );
    const groups = groupsOf(decide(observed({ placement: smaller, rayCluster: live(first) })));
    expect(groups.map(({ replicas, maxReplicas }) => [replicas, maxReplicas])).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  test('leaves the size of a group to the autoscaler, within the lease', () => {
    const autoscaling = { idleTimeoutSeconds: 60, upscalingMode: 'Default' };
    const [group] = placement().spec.workerGroups;
    const scaled = placement({
      autoscaling,
      workerGroups: [{ ...group, replicas: 1, minReplicas: 0, maxReplicas: 2 }],
    });
    const first = decide(observed({ placement: scaled }));
    expect(groupsOf(first).map(({ replicas }) => replicas)).toEqual([1, 0]);
    const grown = live(first);
    const workerGroups = grown.workerGroups.map((each) => ({ ...each, replicas: 9 }));
    const second = decide(observed({ placement: scaled, rayCluster: { ...grown, workerGroups } }));
    expect(groupsOf(second).map(({ replicas }) => replicas)).toEqual([1, 1]);
  });

  test.each<[string, Partial<Observed>, string]>([
    ['is for another member', { member: 'fra-2' }, 'RefusedWrongMember'],
    ['names a device that is not here', { device: () => undefined }, 'RefusedDeviceUnknown'],
    ['names a device of an earlier lease', { earlierLease: () => 'lease-1' }, 'RefusedInvalid'],
    ['has no IOCluster', { placement: placement({}, { labels: {} }) }, 'RefusedInvalid'],
  ])('is refused when it %s', (_, patch, reason) => {
    const decision = decide(observed(patch));
    expect(decision.apply).toBeUndefined();
    expect(decision.conditions[0]).toMatchObject({ type: 'Accepted', status: 'False', reason });
  });

  test('that is fenced has no RayCluster, until it is not fenced any more', () => {
    const first = decide(observed());
    const stopped = decide(observed({ fence: 'Fenced', rayCluster: live(first, running) }));
    expect(stopped.remove?.metadata.uid).toBe('r-1');
    expect(stopped.apply).toBeUndefined();
    expect(stopped.conditions[1]).toMatchObject({ type: 'Applied', reason: 'Fenced' });
    const asking = decide(observed({ fence: 'Unconfirmed', rayCluster: live(first, running) }));
    expect([asking.apply, asking.remove]).toEqual([undefined, undefined]);
    // What runs is told as it is.
    expect(asking.conditions[1]).toMatchObject({ type: 'Applied', status: 'True' });
    expect(decide(observed({ fence: 'Unconfirmed' })).apply).toBeUndefined();
    expect(decide(observed()).apply).toEqual(first.apply);
  });

  test('that is deleted goes only after its RayCluster', () => {
    const deleted = placement({}, { deletionTimestamp: '2026-11-23T10:00:00Z' });
    const first = decide(observed());
    const removing = decide(observed({ placement: deleted, rayCluster: live(first, running) }));
    expect(removing.remove?.metadata.uid).toBe('r-1');
    expect(removing.release).toBe(false);
    expect(decide(observed({ placement: deleted })).release).toBe(true);
  });

  test('is not ready while KubeRay still speaks of an older generation', () => {
    const first = decide(observed());
    const applied = { uid: 'r-1', generation: 2, intent: first.intent ?? '' };
    const stale = live(first, running, 2);
    const decision = decide(observed({ applied, rayCluster: stale }));
    expect(decision.conditions.at(-1)).toMatchObject({ reason: 'WorkersNotReady' });
  });

  test('is not ready before the RayCluster that the last apply made is seen', () => {
    const first = decide(observed());
    const applied = { uid: 'r-1', generation: 2, intent: first.intent ?? '' };
    const decision = decide(observed({ applied, rayCluster: live(first, running, 1) }));
    expect(decision.apply).toBeUndefined();
    expect(decision.conditions.at(-1)).toMatchObject({ reason: 'WorkersNotReady' });
  });
});
