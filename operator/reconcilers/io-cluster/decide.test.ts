import { describe, expect, test } from '@jest/globals';
import type { IOCluster } from '../../../crds/schema/index.ts';
import {
  buildCluster,
  buildFederation,
  buildObserved,
  buildPlaced,
  type SpecPatch,
  startTime,
} from '../../testing/builders/io-cluster.ts';
import { decide } from './decide.ts';
import type { Observed } from './snapshot.ts';

describe('an IOCluster without a lease', () => {
  test('is placed on the cheapest member, its devices held before anything is written', () => {
    const decision = decide(buildObserved());
    expect(decision.finalizer).toBe('ensure');
    expect(decision.apply?.spec.member).toBe('berlin');
    expect(decision.assume?.devices).toEqual(['berlin/n1-gpu-0', 'berlin/n1-gpu-1']);
    expect(decision.apply?.spec.priceMicroUsdPerHour).toBe(4_000_000);
  });

  test('gets the same lease whenever it is decided anew', () => {
    expect(decide(buildObserved()).assume?.leaseId).toBe(decide(buildObserved()).assume?.leaseId);
  });

  test('gets another lease after it has had one', () => {
    const before = buildCluster({}, { status: { leaseGeneration: 1 } });
    const decision = decide(buildObserved({ cluster: before }));
    expect(decision.leaseGeneration).toBe(2);
    expect(decision.assume?.leaseId).not.toBe(decide(buildObserved()).assume?.leaseId);
  });

  test('waits with a reason per member when nobody has what it asks for', () => {
    const spec = { workerGroups: [{ name: 'gpu', replicas: 5 }] };
    const decision = decide(buildObserved({ cluster: buildCluster(spec) }));
    expect(decision.apply).toBeUndefined();
    expect(decision.phase).toMatchObject({ kind: 'Waiting', quote: undefined });
  });

  test('is told what it would cost while others hold the devices', () => {
    const all = buildFederation();
    for (const member of ['austin', 'berlin']) {
      all.assume(
        `lease-${member}`,
        [0, 1, 2].map((index) => `${member}/n1-gpu-${index}`),
      );
    }
    expect(decide(buildObserved({ inventory: all })).phase).toMatchObject({
      kind: 'Waiting',
      refusal: { reason: 'NoCapacity' },
      quote: { member: 'berlin', devices: 2, priceMicroUsdPerHour: 4_000_000n },
    });
  });

  test.each([
    ['its account does not exist', { accountFound: false }, 'AccountNotFound'],
    ['its priority class does not exist', { priorityClassFound: false }, 'PriorityClassNotFound'],
  ])('is not placed when %s', (_, patch, reason) => {
    const decision = decide(buildObserved(patch));
    expect(decision.phase).toMatchObject({ kind: 'Invalid', reason });
    expect(decision.apply).toBeUndefined();
  });

  test('does not go to a member that has just refused it', () => {
    const decision = decide(buildObserved({ coolingMembers: ['berlin'] }));
    expect(decision.apply?.spec.member).toBe('austin');
  });

  test('is not placed while it is suspended', () => {
    const decision = decide(buildObserved({ cluster: buildCluster({ suspend: true }) }));
    expect(decision.phase).toMatchObject({ kind: 'Suspended', releasing: false });
    expect(decision.apply).toBeUndefined();
  });

  test('lets go of its finalizer when it is deleted', () => {
    const deleted = buildCluster({}, { metadata: { name: 'train', deletionTimestamp: startTime } });
    expect(decide(buildObserved({ cluster: deleted })).finalizer).toBe('release');
  });
});

describe('an IOCluster with a lease', () => {
  const leased = (spec: SpecPatch = {}, rest: Partial<IOCluster> = {}): Observed => {
    const all = buildFederation();
    const placement = buildPlaced({ inventory: all });
    all.observe(placement.spec.leaseId, ['berlin/n1-gpu-0', 'berlin/n1-gpu-1'], 1);
    return buildObserved({ cluster: buildCluster(spec, rest), placement, inventory: all });
  };

  test('stays as it is: deciding again writes no placement', () => {
    const decision = decide(leased());
    expect(decision.apply).toBeUndefined();
    expect(decision.remove).toBeUndefined();
    expect(decision.phase).toMatchObject({ kind: 'Leased', lease: { member: 'berlin' } });
  });

  test('keeps its devices when it grows', () => {
    const decision = decide(leased({ workerGroups: [{ name: 'gpu', replicas: 3 }] }));
    const devices = decision.apply?.spec.workerGroups[0]?.devices.map(({ name }) => name);
    expect(devices).toEqual(['n1-gpu-0', 'n1-gpu-1', 'n1-gpu-2']);
    expect(decision.apply?.spec.priceMicroUsdPerHour).toBe(6_000_000);
  });

  test('goes on as it is when it cannot grow, and says so', () => {
    const decision = decide(leased({ workerGroups: [{ name: 'gpu', replicas: 5 }] }));
    expect(decision.apply).toBeUndefined();
    expect(decision.remove).toBeUndefined();
    const phase = decision.phase?.kind === 'Leased' ? decision.phase : undefined;
    expect(phase?.scaleUpRefusal?.message).toContain('berlin');
  });

  test('gives devices back when it shrinks', () => {
    const decision = decide(leased({ workerGroups: [{ name: 'gpu', replicas: 1 }] }));
    expect(decision.apply?.spec.workerGroups[0]?.devices).toHaveLength(1);
    expect(decision.apply?.spec.priceMicroUsdPerHour).toBe(2_000_000);
  });

  test.each([
    ['is suspended', { suspend: true }, {}, 'Suspended'],
    ['is older than its ttl', { lifetime: { ttl: '30m' } }, {}, 'Finished'],
    ['has become another cluster', { ray: { version: '2.53.0' } }, {}, 'Releasing'],
  ])('ends when it %s', (_, spec, rest, kind) => {
    const decision = decide(leased(spec, rest));
    expect(decision.phase?.kind).toBe(kind);
    expect(decision.remove?.metadata.uid).toBe('p-1');
  });

  test('is looked at again when its ttl will have passed', () => {
    expect(decide(leased({ lifetime: { ttl: '90m' } })).requeueAfterMs).toBe(30 * 60_000);
  });

  test('ends when the member refuses, and that member is left alone for a while', () => {
    const before = leased();
    const message = 'There is no device n1-gpu-0 here.';
    const refused = {
      type: 'Accepted',
      status: 'False' as const,
      reason: 'RefusedDeviceUnknown',
      message,
      lastTransitionTime: startTime,
      observedGeneration: 1,
    };
    const placement = { ...buildPlaced(), status: { conditions: [refused] } };
    const decision = decide({ ...before, placement });
    expect(decision).toMatchObject({ cool: 'berlin', phase: { cause: 'RefusedByMember' } });
    expect(decision.remove).toBeDefined();
  });

  test('keeps its finalizer until the placement is gone', () => {
    const before = leased({}, { metadata: { name: 'train', deletionTimestamp: startTime } });
    const first = decide(before);
    expect(first.remove).toBeDefined();
    const { placement } = before;
    if (placement === undefined) throw new Error('no placement');
    const going = {
      ...placement,
      metadata: { ...placement.metadata, deletionTimestamp: startTime },
    };
    const second = decide({ ...before, placement: going });
    expect(second).toEqual({ finalizer: 'keep', leaseGeneration: 0 });
  });

  test('stays finished whatever is edited afterwards', () => {
    const finished = {
      type: 'Finished',
      status: 'True' as const,
      reason: 'TTLExpired',
      message: 'over',
      lastTransitionTime: startTime,
    };
    const rest = { status: { conditions: [finished], leaseGeneration: 1 } };
    const decision = decide(buildObserved({ cluster: buildCluster({}, rest) }));
    expect(decision.phase).toEqual({
      kind: 'Finished',
      reason: 'TTLExpired',
      message: 'over',
      releasing: false,
    });
  });
});
