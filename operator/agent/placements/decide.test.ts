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
    nowMs: 0,
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

  test.each([
    ['2.52.1', 'The head and 2 of 2 workers are ready.'],
    [
      '2.51.0',
      'The head and 2 of 2 workers are ready. ' +
        'Ray 2.51.0 asks nobody inside the data centre for a token; 2.52 and newer do.',
    ],
  ])('with Ray %s says whether it is open to those inside', (version, message) => {
    const ray = { version, image: 'rayproject/ray:1-gpu' };
    const first = decide(observed({ placement: placement({ ray }) }));
    const applied = { uid: 'r-1', generation: 1, intent: first.intent ?? '' };
    const rayCluster = live(first, running);
    const decided = decide(observed({ placement: placement({ ray }), rayCluster, applied }));
    expect(decided.conditions.find(({ type }) => type === 'Ready')?.message).toBe(message);
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

describe('a placement on a member with a queue', () => {
  const queue = { name: 'gpu' };
  const first = decide(observed({ queue }));
  const uid = { uid: 'r-1', generation: 1, intent: first.intent ?? '' };
  /** As Kueue makes it: each of its writes is a generation of its own. */
  const inQueue = (facts: Partial<LiveRayCluster> = {}, generation = 2): LiveRayCluster => ({
    ...live(first, running, generation),
    intent: first.intent ?? '',
    ...facts,
  });
  const suspended = { suspended: true } as const;
  const readyOf = (facts: Partial<Observed>) => decide(observed(facts)).conditions.at(-1);

  test('gets the label of the queue and a digest of itself, and Kueue’s switch is not touched', () => {
    expect(first.apply?.metadata.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'gpu' });
    expect(first.apply?.metadata.annotations).toEqual({ 'compute.io.net/intent': first.intent });
    expect(Object.keys(first.apply?.spec ?? {})).not.toContain('suspend');
    const without = decide(observed());
    expect(without.apply?.metadata.labels).not.toHaveProperty('kueue.x-k8s.io/queue-name');
    expect(without.apply?.metadata.annotations).toBeUndefined();
  });

  test.each<[string, Partial<Observed>, boolean]>([
    ['Kueue let it run', { applied: uid, rayCluster: inQueue() }, false],
    ['Kueue let it run and this agent started after that', { rayCluster: inQueue() }, false],
    ['Kueue stopped it again', { applied: uid, rayCluster: inQueue(suspended, 3) }, false],
    ['the flag was taken away', { rayCluster: inQueue(), queue: undefined }, false],
    ['the flag names another queue', { rayCluster: inQueue(), queue: { name: 'new' } }, false],
    ['what was applied is not what is wanted', { rayCluster: inQueue({ intent: 'x' }) }, true],
    [
      'it is another one of that name',
      { applied: { ...uid, uid: 'r-0' }, rayCluster: inQueue() },
      true,
    ],
    [
      'another agent would make it in other words',
      { rayCluster: inQueue(), device: () => undefined },
      false,
    ],
    ['it is being deleted', { rayCluster: deleting(inQueue()) }, true],
  ])('when %s', (_, facts, isWritten) => {
    expect(decide(observed({ queue, ...facts })).apply !== undefined).toBe(isWritten);
  });

  test('that began without one goes on without', () => {
    const before = decide(observed());
    const rayCluster = live(before, running);
    const applied = { uid: 'r-1', generation: 1, intent: before.intent ?? '' };
    expect(decide(observed({ queue, applied, rayCluster })).apply).toBeUndefined();
    const again = decide(observed({ queue, rayCluster }));
    expect(again.apply).toEqual(before.apply);
  });

  test('keeps what Kueue wrote into the pods when something else has to be written', () => {
    const [one, two] = inQueue().workerGroups;
    if (one === undefined || two === undefined) throw new Error('there are two groups');
    const admission = {
      labels: { 'kueue.x-k8s.io/podset': one.groupName },
      annotations: { 'kueue.x-k8s.io/workload': 'w' },
      nodeSelector: { pool: 'h100' },
      tolerations: [
        // As the API server gives it back, in its own order.
        { effect: 'NoSchedule', key: 'nvidia.com/gpu', operator: 'Exists' },
        { key: 'pool', operator: 'Exists' },
      ],
    };
    const rayCluster = inQueue({ workerGroups: [{ ...one, admission }, two] });
    const retired = new Map([[one.groupName, ['pod-1']]]);
    const decision = decide(observed({ queue, applied: uid, rayCluster, retired }));
    const [changed, unchanged] = groupsOf(decision);
    expect(changed).toMatchObject({
      scaleStrategy: { workersToDelete: ['pod-1'] },
      template: {
        metadata: {
          annotations: admission.annotations,
          labels: { ...admission.labels, 'compute.io.net/lease': lease },
        },
        spec: { nodeSelector: { pool: 'h100' }, tolerations: admission.tolerations },
      },
    });
    const [, other] = groupsOf(first);
    expect(unchanged).toEqual(other);
    // What Kueue writes is no intent: it is not written a second time for it.
    const { intent = '' } = decision;
    const after = { applied: { ...uid, intent }, rayCluster: { ...rayCluster, intent } };
    expect(decide(observed({ queue, ...after, retired })).apply).toBeUndefined();
  });

  test('is told held back with what Kueue says, else KubeRay, else nobody', () => {
    const where = 'Kueue holds it back in the queue gpu of this data centre';
    const condition = { type: 'RayClusterSuspended', status: 'True', message: 'all pods are gone' };
    const byKubeRay = inQueue({ ...suspended, status: { ...running, conditions: [condition] } });
    const says = 'insufficient unused quota for nvidia.com/gpu in flavor h100, 2 more needed';
    const facts = { queue, applied: uid, rayCluster: inQueue(suspended) };
    const told = { type: 'Ready', status: 'False', reason: 'HeldByQueue' };
    expect(readyOf(facts)).toEqual({ ...told, message: `${where}.` });
    expect(readyOf({ ...facts, rayCluster: byKubeRay })).toEqual({
      ...{ ...told, message: `${where}: all pods are gone` },
    });
    expect(readyOf({ ...facts, queue: { ...queue, says } })).toEqual({
      ...{ ...told, message: `${where}: ${says}` },
    });
    // Its pods were counted as ready a moment ago.
    const decision = decide(observed(facts));
    expect([decision.workers, decision.held]).toEqual([{ desired: 2, ready: 0 }, true]);
    expect(readyOf({ ...facts, rayCluster: inQueue() })?.reason).not.toBe('HeldByQueue');
    expect(decide(observed({ ...facts, rayCluster: inQueue() })).held).toBeUndefined();
  });

  test('has no endless words', () => {
    const says = 'x'.repeat(5_000);
    const facts = { queue: { ...queue, says }, rayCluster: inQueue(suspended) };
    expect(readyOf(facts)?.message).toHaveLength(1024);
  });
});

function deleting(rayCluster: LiveRayCluster): LiveRayCluster {
  const deletionTimestamp = '2026-11-23T10:00:00Z';
  return { ...rayCluster, metadata: { ...rayCluster.metadata, deletionTimestamp } };
}
