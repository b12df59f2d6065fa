import { describe, expect, test } from '@jest/globals';
import { decodeIOMember, type IOMember } from '../../../crds/schema/index.ts';
import { decide, olderTwinOf } from './decide.ts';
import { lastReportsMs } from './decide-removal.ts';
import type { Observed } from './snapshot.ts';

const lostMs = 40_000;
const fencedMs = 45_000;
const lateMs = 24_000;
const limits = { lateMs, lostMs, fencedMs };
const nowMs = Date.parse('2026-11-25T10:00:00Z');

function member(spec: Record<string, unknown> = {}, rest: object = {}): IOMember {
  const made = decodeIOMember({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOMember',
    metadata: { name: 'fra-1' },
    spec: {
      accepted: true,
      location: { country: 'DE' },
      offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_500_000 }],
      ...spec,
    },
  });
  return { ...made, ...rest };
}

function observed(patch: Partial<Observed> = {}): Observed {
  const heard = { heartbeatAgeMs: 1000, versions: {}, metering: undefined, clusterUid: undefined };
  const wishes = { cordoned: false, drainDeadline: undefined };
  const nothing = { olderTwin: undefined, joining: {}, placements: 0, unsettledLeases: undefined };
  return {
    ...{ member: member(), nowMs, ...heard, wishes, ...nothing, products: [] },
    ...{ isOfEnrolment: true, emptyForMs: 0 },
    ...patch,
  };
}

/** Its agent metered once. */
const metered = {
  ...member(),
  status: {
    conditions: [
      {
        ...{ type: 'Metering', status: 'True', reason: 'Recording', message: 'x' },
        lastTransitionTime: '2026-11-23T10:00:00Z',
      },
    ],
  },
} as IOMember;

const reasons = (patch: Partial<Observed>): Record<string, string> =>
  Object.fromEntries(
    decide(observed(patch), limits).conditions.map(({ type, status, reason }) => [
      type,
      `${status} ${reason}`,
    ]),
  );

describe('an IOMember', () => {
  test.each<[string, Partial<Observed>, Record<string, string>]>([
    [
      'that is accepted and heard takes leases',
      {},
      {
        Accepted: 'True Accepted',
        Connected: 'True HeartbeatsArrive',
        Schedulable: 'True Schedulable',
      },
    ],
    [
      'that nobody accepted gets nothing, though it is heard',
      { member: member({ accepted: false }) },
      {
        Accepted: 'False NotAccepted',
        Connected: 'False NotAccepted',
        Schedulable: 'False NotAccepted',
      },
    ],
    [
      'that was never heard is not taken for lost',
      { heartbeatAgeMs: undefined },
      { Connected: 'Unknown NeverConnected', Schedulable: 'False NotConnected' },
    ],
    [
      'whose heartbeat is not late takes leases up to the last millisecond',
      { heartbeatAgeMs: lateMs },
      { Connected: 'True HeartbeatsArrive', Schedulable: 'True Schedulable' },
    ],
    [
      'whose heartbeat is late takes nothing new, and may be heard again',
      { heartbeatAgeMs: lateMs + 1 },
      { Connected: 'True HeartbeatLate', Schedulable: 'False HeartbeatLate' },
    ],
    [
      'is heard up to the last millisecond of the time it has',
      { heartbeatAgeMs: lostMs },
      { Connected: 'True HeartbeatLate' },
    ],
    [
      'is lost one millisecond later',
      { heartbeatAgeMs: lostMs + 1 },
      { Connected: 'False NoHeartbeat', Schedulable: 'False NotConnected' },
    ],
    [
      'that is cordoned keeps its connection and takes nothing new',
      { member: member({ cordoned: true }) },
      { Connected: 'True HeartbeatsArrive', Schedulable: 'False Cordoned' },
    ],
    [
      'that records usage says so',
      { metering: 'Recording' },
      { Metering: 'True Recording', Schedulable: 'True Schedulable' },
    ],
    [
      'whose spool is full says so, and takes nothing that could not be billed',
      { metering: 'SpoolFull' },
      { Metering: 'False SpoolFull', Schedulable: 'False NotMetering' },
    ],
    [
      'whose spool has failed does the same',
      { metering: 'SpoolFailed' },
      { Metering: 'False SpoolFailed', Schedulable: 'False NotMetering' },
    ],
    [
      'that is lost says nothing of its spool any more',
      { metering: 'SpoolFull', heartbeatAgeMs: lostMs + 1 },
      { Metering: 'Unknown NotConnected', Schedulable: 'False NotConnected' },
    ],
    [
      'that does not meter any more says so',
      { member: metered },
      { Metering: 'Unknown NotMetered', Schedulable: 'True Schedulable' },
    ],
    [
      'without prices has nothing to rent',
      { member: member({ offers: [] }) },
      { Schedulable: 'False NoOffers' },
    ],
  ])('%s', (_, patch, expected) => {
    expect(reasons(patch)).toMatchObject(expected);
  });

  test.each([
    ['late', 10_000, 14_001],
    ['lost', lateMs + 1, lostMs - lateMs],
  ])('is looked at again just after it would be %s', (_, heartbeatAgeMs, againMs) => {
    expect(decide(observed({ heartbeatAgeMs }), limits).requeueAfterMs).toBe(againMs);
  });

  test('counts what cannot be named in the totals only', () => {
    const products = [
      {
        product: 'H100-80GB-HBM3',
        model: 'H100-80GB-HBM3',
        devices: 8,
        verified: 8,
        leased: 3,
        free: 5,
      },
      { product: 'unknown', model: '', devices: 2, verified: 0, leased: 0, free: 0 },
    ];
    const decision = decide(observed({ products }), limits);
    expect(decision.capacity.map(({ model }) => model)).toEqual(['H100-80GB-HBM3']);
    expect(decision.devices).toEqual({ total: 10, free: 5, leased: 3 });
  });

  test('has its access taken when it is no longer accepted', () => {
    expect(decide(observed(), limits).access).toBe('grant');
    const refused = observed({ member: member({ accepted: false }) });
    expect(decide(refused, limits).access).toBe('revoke');
  });
});

const request = (enrolment: number) => ({
  ...{ enrolment, keySha256: 'sha256:00' },
  time: '2026-11-25T09:00:00Z',
});
const credential = (enrolment: number) => ({
  ...{ enrolment, keySha256: 'sha256:00' },
  expirationTime: '2026-11-26T09:00:00Z',
});

describe('joining', () => {
  test.each<[string, Partial<Observed>, string | undefined]>([
    ['is not spoken of where no agent asked here', {}, undefined],
    [
      'waits for an administrator',
      { member: member({ accepted: false }), joining: { request: request(1) } },
      'False AwaitingAcceptance',
    ],
    ['waits for its certificate', { joining: { request: request(1) } }, 'False AwaitingAcceptance'],
    [
      'is done with a certificate',
      { joining: { credential: credential(1) } },
      'True CertificateIssued',
    ],
    [
      'stays done after the request was forgotten',
      { member: member({}, { status: { credential: credential(1) } }) },
      'True CertificateIssued',
    ],
    [
      'anew with another key waits for consent',
      { joining: { request: request(2), credential: credential(1) } },
      'False RejoinPending',
    ],
    [
      'with a key that was put out is refused',
      { member: member({ enrolment: 2 }), joining: { request: request(1) } },
      'False Refused',
    ],
    [
      'is over for a certificate whose key was put out',
      { member: member({ enrolment: 2 }), joining: { credential: credential(1) } },
      'False Refused',
    ],
    [
      'is over for a member that was denied',
      { member: member({ accepted: false, denied: true }), joining: { request: request(1) } },
      'False Denied',
    ],
  ])('%s', (_, patch, expected) => {
    expect(reasons(patch)['Joined']).toBe(expected);
  });

  test('a denied member is told so, and has nothing', () => {
    const patch = { member: member({ accepted: false, denied: true }) };
    expect(reasons(patch)).toMatchObject({
      Accepted: 'False Denied',
      Connected: 'False NotAccepted',
    });
    expect(decide(observed(patch), limits).access).toBe('revoke');
  });
});

const pinned = (clusterEnrolment: number, spec: object = {}, reason = 'HeartbeatsArrive') =>
  member(
    { ...spec },
    {
      status: {
        ...{ clusterUid: 'uid-a', clusterEnrolment },
        conditions: [
          { type: 'Connected', status: 'True', reason, message: '', lastTransitionTime: '' },
        ],
      },
    },
  );

describe('the cluster of a member', () => {
  test.each<[string, Partial<Observed>, object, string]>([
    [
      'is the one that was heard first',
      { clusterUid: 'uid-a' },
      { clusterUid: 'uid-a', clusterEnrolment: 1 },
      'True HeartbeatsArrive',
    ],
    [
      'is not taken from what an older key may have sent',
      { clusterUid: 'uid-a', isOfEnrolment: false },
      {},
      'True HeartbeatsArrive',
    ],
    [
      'stays when another one is heard with the same key, and it does not count as connected',
      { member: pinned(1), clusterUid: 'uid-b' },
      { clusterUid: 'uid-a', clusterEnrolment: 1 },
      'False OtherCluster',
    ],
    [
      'is in doubt until an administrator lets in another key, whoever is heard next',
      { member: pinned(1, {}, 'OtherCluster'), clusterUid: 'uid-a' },
      { clusterUid: 'uid-a', clusterEnrolment: 1 },
      'False OtherCluster',
    ],
    [
      'may be another one with another key',
      { member: pinned(1, { enrolment: 2 }, 'OtherCluster'), clusterUid: 'uid-b' },
      { clusterUid: 'uid-b', clusterEnrolment: 2 },
      'True HeartbeatsArrive',
    ],
    [
      'stays until the other key was heard',
      { member: pinned(1, { enrolment: 2 }), clusterUid: 'uid-a', isOfEnrolment: false },
      { clusterUid: 'uid-a', clusterEnrolment: 1 },
      'True HeartbeatsArrive',
    ],
    [
      'belongs to the older of two members',
      { member: pinned(1), clusterUid: 'uid-a', olderTwin: 'fra-0' },
      { clusterUid: 'uid-a', clusterEnrolment: 1 },
      'False DuplicateCluster',
    ],
  ])('%s', (_, patch, standing, connected) => {
    expect(decide(observed(patch), limits).standing).toEqual(standing);
    expect(reasons(patch)['Connected']).toBe(connected);
  });

  test('is shared by members of which the one that was made first stays', () => {
    const at = (name: string, hour: number, spec: object = {}): IOMember => ({
      ...pinned(1, { ...spec }),
      metadata: { name, creationTimestamp: `2026-11-25T0${hour}:00:00Z` },
    });
    const [young, old] = [at('a', 9), at('b', 8)];
    expect(olderTwinOf(young, [young, old])).toBe('b');
    expect(olderTwinOf(old, [young, old])).toBeUndefined();
    expect(olderTwinOf(young, [young, at('b', 8, { accepted: false })])).toBeUndefined();
    expect(olderTwinOf(member(), [old])).toBeUndefined();
  });
});

describe('fencing', () => {
  test.each<[string, Partial<Observed>, string]>([
    [
      'is unknown of a member that was never heard',
      { heartbeatAgeMs: undefined },
      'Unknown NotConnected',
    ],
    ['has not begun in its last millisecond', { heartbeatAgeMs: fencedMs }, 'False NotFenced'],
    ['is sure one millisecond later', { heartbeatAgeMs: fencedMs + 1 }, 'True SilentTooLong'],
  ])('%s', (_, patch, expected) => {
    expect(reasons(patch)['Fenced']).toBe(expected);
  });

  test('is looked at when it may have begun', () => {
    const decision = decide(observed({ heartbeatAgeMs: lostMs + 1 }), limits);
    expect(decision.requeueAfterMs).toBe(fencedMs - lostMs);
  });
});

describe('a drain', () => {
  const deadline = '2026-11-25T11:00:00Z';
  test.each<[string, Partial<Observed>, Record<string, string>]>([
    [
      'goes on while leases are there',
      { member: member({ drain: { deadline } }), placements: 1 },
      { Drained: 'False Draining', Schedulable: 'False Draining' },
    ],
    [
      'is done when none is',
      { member: member({ drain: { deadline } }) },
      { Drained: 'True Drained', Schedulable: 'False Draining' },
    ],
    [
      'is what the data centre may ask for',
      { wishes: { cordoned: true, drainDeadline: deadline }, placements: 1 },
      { Drained: 'False Draining', Schedulable: 'False Draining' },
    ],
    [
      'is more than the cordon of the data centre',
      { wishes: { cordoned: true, drainDeadline: undefined } },
      { Connected: 'True HeartbeatsArrive', Schedulable: 'False CordonedByMember' },
    ],
  ])('%s', (_, patch, expected) => {
    expect(reasons(patch)).toMatchObject(expected);
  });

  test('leaves nothing behind when it is called off', () => {
    expect(reasons({})['Drained']).toBeUndefined();
    expect(decide(observed(), limits).endedConditions).toEqual(['Drained']);
  });
});

describe('a removal', () => {
  const leaving = (spec: Record<string, unknown> = {}): IOMember => ({
    ...member(spec),
    metadata: { name: 'fra-1', deletionTimestamp: '2026-11-25T09:59:00Z' },
  });
  test.each<[string, Partial<Observed>, string | undefined, 'grant' | 'revoke']>([
    ['does not begin by itself', { placements: 0 }, undefined, 'grant'],
    [
      'waits for leases, and leaves the agent its rights for that',
      { member: leaving(), placements: 1 },
      ...(['Release', 'grant'] as const),
    ],
    [
      'waits for leases of a member that is silent',
      { member: leaving(), placements: 1, heartbeatAgeMs: fencedMs + 1 },
      ...(['Release', 'grant'] as const),
    ],
    [
      'waits for the last reports of an agent that is heard',
      { member: leaving(), unsettledLeases: 1 },
      ...(['Settle', 'grant'] as const),
    ],
    [
      'waits a minute for them, and no longer',
      { member: leaving(), unsettledLeases: 1, emptyForMs: lastReportsMs },
      ...(['WriteOff', 'grant'] as const),
    ],
    [
      'waits for no report of an agent that is silent',
      { member: leaving(), unsettledLeases: 1, heartbeatAgeMs: fencedMs + 1 },
      ...(['WriteOff', 'grant'] as const),
    ],
    [
      'waits while it is not sure that the agent is silent',
      { member: leaving(), unsettledLeases: 1, heartbeatAgeMs: fencedMs },
      ...(['Settle', 'grant'] as const),
    ],
    [
      'waits for no report of an agent that was never heard',
      { member: leaving(), unsettledLeases: 1, heartbeatAgeMs: undefined },
      ...(['WriteOff', 'grant'] as const),
    ],
    [
      'takes everything down when all is settled',
      { member: leaving(), unsettledLeases: 0 },
      ...(['TakeDown', 'revoke'] as const),
    ],
    [
      'takes everything down where nothing is paid',
      { member: leaving() },
      ...(['TakeDown', 'revoke'] as const),
    ],
  ])('%s', (_, patch, step, access) => {
    expect(decide(observed(patch), limits)).toMatchObject({ removal: step, access });
  });

  test('is a drain as well', () => {
    const patch = { member: leaving(), placements: 1 };
    expect(reasons(patch)).toMatchObject({
      Drained: 'False Draining',
      Schedulable: 'False Draining',
    });
  });
});
