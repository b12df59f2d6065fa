import { describe, expect, test } from '@jest/globals';
import type { MemberStanding } from '../../domain/member/join.ts';
import { decide } from './decide.ts';
import type { Observed, ObservedRequest } from './snapshot.ts';

const nowMs = Date.parse('2026-11-25T10:00:00Z');
const identity = { member: 'fra-1', enrolment: 1 };
const approve = { kind: 'Approve', identity, message: 'accepted' } as const;
const deny = { kind: 'Deny', reason: 'WeakKey', message: 'weak' } as const;
const wait = { kind: 'Wait', message: 'not accepted' } as const;
const request: ObservedRequest = {
  ...{ name: 'io-member-fra-1-1', enrolment: 1, verdict: approve, state: 'Open', sinceMs: nowMs },
  ...{ issuedKeySha256: undefined, received: false, isOurs: false },
};
const issued: ObservedRequest = { ...request, state: 'Issued', issuedKeySha256: 'sha256:a' };
const renewal: ObservedRequest = {
  ...{ ...issued, name: 'io-member-fra-1-renewal', enrolment: undefined },
};
const member: MemberStanding = {
  ...{ accepted: true, denied: false, enrolment: 1, removing: false, credential: undefined },
};
const joined = { ...member, credential: { enrolment: 1, keySha256: 'sha256:a' } };
const invitation = { enrolment: 1, expiresMs: nowMs + 3_600_000 };
const observed = (change: Partial<Observed>): Observed => ({
  ...{ nowMs, member, requests: [], invitation: undefined, heardAtMs: undefined },
  ...change,
});
const names = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name);

describe('a request', () => {
  test.each<[string, Partial<ObservedRequest>, 'approve' | 'deny' | 'sign' | undefined]>([
    ['that is right is approved', {}, 'approve'],
    ['that can never be right is denied', { verdict: deny }, 'deny'],
    ['that waits is left alone', { verdict: wait }, undefined],
    ['that is approved is not approved again', { state: 'Approved' }, undefined],
    ['of our signer is signed once it is approved', { state: 'Approved', isOurs: true }, 'sign'],
    ['of our signer is not signed before', { isOurs: true }, 'approve'],
    [
      'that somebody approved against the rules is not signed by us',
      { state: 'Approved', isOurs: true, verdict: deny },
      undefined,
    ],
    ['that is issued is not signed again', { state: 'Issued', isOurs: true }, undefined],
  ])('%s', (_, change, expected) => {
    const decision = decide(observed({ requests: [{ ...request, ...change }] }));
    for (const what of ['approve', 'deny', 'sign'] as const) {
      expect(names(decision[what])).toEqual(what === expected ? [request.name] : []);
    }
  });

  test.each<[string, ObservedRequest, Partial<Observed>, boolean]>([
    ['that is open stays', request, {}, false],
    ['that was denied stays to be read', { ...request, state: 'Denied' }, {}, false],
    [
      'that was denied a minute ago goes',
      { ...request, state: 'Denied', sinceMs: nowMs - 60_000 },
      {},
      true,
    ],
    ['that is issued stays until it was received', issued, { member: joined }, false],
    [
      'that was received stays until the status knows',
      { ...issued, received: true },
      { member },
      false,
    ],
    ['that was received goes', { ...issued, received: true }, { member: joined }, true],
    [
      'that was received goes with its member',
      { ...issued, received: true },
      { member: undefined },
      true,
    ],
    ['to renew stays a while', { ...renewal, sinceMs: nowMs - 599_999 }, {}, false],
    ['to renew that nobody fetched goes', { ...renewal, sinceMs: nowMs - 600_000 }, {}, true],
    ['to join that nobody fetched stays', { ...issued, sinceMs: nowMs - 600_000 }, {}, false],
  ])('%s', (_, one, change, goes) => {
    const { remove } = decide(observed({ requests: [one], ...change }));
    expect(remove).toEqual(goes ? [one.name] : []);
  });
});

describe('an invitation', () => {
  test.each<[string, Partial<Observed>, boolean]>([
    ['stays while nobody asked', {}, false],
    ['stays while its member is not there', { member: undefined }, false],
    ['ends when it has expired', { nowMs: invitation.expiresMs }, true],
    ['stays while the certificate was not fetched', { requests: [issued], member: joined }, false],
    [
      'stays while the status does not know of the certificate',
      { requests: [{ ...issued, received: true }] },
      false,
    ],
    [
      'ends when the certificate was received',
      { requests: [{ ...issued, received: true }], member: joined },
      true,
    ],
    [
      'ends when the agent was heard with it',
      { requests: [issued], member: joined, heardAtMs: nowMs + 10_001 },
      true,
    ],
    [
      'stays when that was the agent before',
      { requests: [issued], member: joined, heardAtMs: nowMs + 10_000 },
      false,
    ],
    ['ends when its request is gone already', { member: joined }, true],
    ['ends when its enrolment was put out', { member: { ...member, enrolment: 2 } }, true],
    [
      'stays when it is for a newer key than the one that joined',
      { member: joined, invitation: { ...invitation, enrolment: 2 } },
      false,
    ],
    ['ends when it cannot be read', { invitation: { enrolment: 0, expiresMs: 0 } }, true],
  ])('%s', (_, change, ends) => {
    expect(decide(observed({ invitation, ...change })).endInvitation).toBe(ends);
  });

  test('is looked at again when it expires, or something else does before', () => {
    expect(decide(observed({ invitation })).requeueAfterMs).toBe(3_600_000);
    const denied = { ...request, state: 'Denied' as const };
    expect(decide(observed({ invitation, requests: [denied] })).requeueAfterMs).toBe(60_000);
    const unheard = { invitation, requests: [issued], member: joined };
    expect(decide(observed(unheard)).requeueAfterMs).toBe(10_000);
    expect(decide(observed({})).requeueAfterMs).toBeUndefined();
  });
});
