import { describe, expect, test } from '@jest/globals';
import {
  buildCluster,
  buildObserved,
  buildPlaced,
  startTime,
} from '../../testing/builders/io-cluster.ts';
import { decide } from './decide.ts';
import type { Observed } from './snapshot.ts';

/** 30 s of silence, 10 s to stop, 5 s between the clocks. */
const fencedMs = 45_000;
const failover = (policy: 'AfterFence' | 'Never') => ({
  failover: { policy, fenceAfterSeconds: 30 },
});

/** A cluster that runs on berlin. */
function running(patch: Partial<Observed> = {}, spec = {}): Observed {
  const cluster = buildCluster(spec);
  const placement = buildPlaced({ cluster });
  return buildObserved({ cluster, placement, ...patch });
}

/** The same after its placement was deleted. */
function deleted(patch: Partial<Observed> = {}, spec = {}): Observed {
  const observed = running(patch, spec);
  const placement = observed.placement ?? buildPlaced();
  const metadata = { ...placement.metadata, deletionTimestamp: startTime };
  return { ...observed, placement: { ...placement, metadata } };
}

describe('a member that is not heard', () => {
  const lost = { memberConnected: false, memberLate: true, memberSilentMs: fencedMs };

  test('loses its leases when it must have stopped them, and not before', () => {
    const before = decide(running({ ...lost, memberSilentMs: fencedMs - 1 }));
    expect(before.remove).toBeUndefined();
    expect(before.requeueAfterMs).toBe(2);
    const after = decide(running(lost));
    expect(after.phase).toMatchObject({ kind: 'Releasing', cause: 'MemberLost' });
    expect(after).toMatchObject({ cool: 'berlin', remove: { spec: { member: 'berlin' } } });
  });

  test('whose heartbeats are late is looked at by each lease when its own time is over', () => {
    const spec = { failover: { policy: 'AfterFence', fenceAfterSeconds: 20 } };
    const late = { memberConnected: true, memberLate: true, memberSilentMs: 25_000 };
    const decision = decide(running(late, spec));
    expect([decision.remove, decision.requeueAfterMs]).toEqual([undefined, 10_001]);
    expect(decide(running({ ...late, memberSilentMs: 35_000 }, spec)).remove).toBeDefined();
    expect(decide(running({ ...late, memberLate: false }, spec)).requeueAfterMs).toBeUndefined();
  });

  test('keeps a lease whose cluster is never to be placed anew', () => {
    const decision = decide(running({ ...lost, memberSilentMs: Infinity }, failover('Never')));
    expect([decision.remove, decision.phase?.kind]).toEqual([undefined, 'Leased']);
  });

  test('is waited for longer when its pods write a checkpoint first', () => {
    const checkpoint = { command: ['save'], timeoutSeconds: 60 };
    const spec = { failover: { ...failover('AfterFence').failover, checkpoint } };
    expect(decide(running(lost, spec)).remove).toBeUndefined();
    const later = { ...lost, memberSilentMs: fencedMs + 60_000 };
    expect(decide(running(later, spec)).remove).toBeDefined();
  });

  test.each<[string, Partial<Observed>, object, boolean]>([
    ['in doubt', { ...lost, memberSilentMs: fencedMs - 1 }, {}, false],
    ['silent long enough', lost, {}, true],
    ['never heard by this hub', { ...lost, memberSilentMs: undefined }, {}, false],
    ['silent, with a lease that is never fenced', lost, failover('Never'), false],
  ])('%s: the hub ends a deleted placement itself', (_, patch, spec, isTaken) => {
    expect(decide(deleted(patch, spec)).takeOver !== undefined).toBe(isTaken);
  });

  test('is not waited for by a cluster that was deleted, whatever its policy', () => {
    const observed = deleted(lost, failover('Never'));
    const { cluster } = observed;
    const metadata = { ...cluster.metadata, deletionTimestamp: startTime };
    const decision = decide({ ...observed, cluster: { ...cluster, metadata } });
    expect(decision).toMatchObject({ finalizer: 'keep', takeOver: { spec: { member: 'berlin' } } });
  });

  test('goes on being named as the reason while its placement goes', () => {
    const message = 'berlin has not been heard';
    const condition = { type: 'Placed', status: 'False' as const, reason: 'MemberLost', message };
    const observed = deleted(lost);
    const conditions = [{ ...condition, lastTransitionTime: startTime }];
    const cluster = { ...observed.cluster, status: { ...observed.cluster.status, conditions } };
    expect(decide({ ...observed, cluster }).phase).toMatchObject({ cause: 'MemberLost', message });
  });
});

describe('a member that gives its devices back', () => {
  const nowMs = Date.parse(startTime) + 1_000;

  test.each<[string, Partial<Observed>, object, boolean]>([
    ['another has room', { memberDrainMs: nowMs + 60_000 }, {}, true],
    ['nobody has room', { memberDrainMs: nowMs + 60_000, coolingMembers: ['austin'] }, {}, false],
    [
      'nobody has room, at the deadline',
      { memberDrainMs: nowMs, coolingMembers: ['austin'] },
      {},
      true,
    ],
    [
      'nobody has room for a lease that is moved in order only',
      { memberDrainMs: nowMs + 60_000, coolingMembers: ['austin'] },
      failover('Never'),
      false,
    ],
  ])('%s', (_, patch, spec, moves) => {
    const decision = decide(running({ nowMs, ...patch }, spec));
    const { phase, requeueAfterMs } = decision;
    const cause = phase?.kind === 'Releasing' ? phase.cause : undefined;
    expect([decision.remove !== undefined, cause ?? requeueAfterMs]).toEqual(
      moves ? [true, 'MemberDraining'] : [false, 10_000],
    );
  });

  test('ends a cluster that is never placed anew, when it is gone without an answer', () => {
    const gone = { memberLeaves: true, memberConnected: false, memberSilentMs: Infinity };
    const decision = decide(running({ ...gone, memberDrainMs: 0 }, failover('Never')));
    expect(decision.phase).toMatchObject({ kind: 'Finished', reason: 'MemberGone' });
  });
});
