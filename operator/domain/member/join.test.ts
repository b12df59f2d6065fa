import { describe, expect, test } from '@jest/globals';
import {
  type CertificateContent,
  type JoinRules,
  judgeRequest,
  kubernetesSigner,
  type MemberStanding,
  nameOfRequest,
  ownSigner,
  renewAtMs,
  type RequestContent,
  requestOfName,
  type SigningRequest,
} from './join.ts';

const rules: JoinRules = { signers: [kubernetesSigner], maximumSeconds: 86_400 };
const keySha256 = `sha256:${'a'.repeat(64)}`;
const subject: RequestContent['subject'] = [
  { type: 'O', value: 'compute.io.net:members' },
  { type: 'CN', value: 'compute.io.net:member:fra-1:2' },
];
const content: RequestContent = {
  ...{ subject, hasAttributes: false, key: 'P-256', keySha256, isSigned: true },
};
const joins: SigningRequest = {
  name: 'io-member-fra-1-2',
  signerName: kubernetesSigner,
  username: 'system:serviceaccount:io-system:invite-fra-1',
  usages: ['digital signature', 'client auth'],
  expirationSeconds: 86_400,
  content,
};
const renews: SigningRequest = {
  ...joins,
  name: 'io-member-fra-1-renewal',
  username: 'compute.io.net:member:fra-1:2',
};
const member: MemberStanding = {
  ...{ accepted: true, denied: false, enrolment: 2, removing: false, credential: undefined },
};
const judge = (
  request: SigningRequest,
  change: Partial<MemberStanding> = {},
  more: Partial<JoinRules> = {},
): string => {
  const verdict = judgeRequest(request, { ...member, ...change }, { ...rules, ...more });
  return verdict.kind === 'Deny' ? verdict.reason : verdict.kind;
};
const withContent = (change: Partial<RequestContent>): Partial<SigningRequest> => ({
  content: { ...content, ...change },
});
const named = (...parts: readonly [RequestContent['subject'][number]['type'], string][]) =>
  withContent({ subject: parts.map(([type, value]) => ({ type, value })) });
const [group, user] = ['compute.io.net:members', 'compute.io.net:member:fra-1:2'];

describe('a request that is as it has to be', () => {
  test('is approved for the accepted member, with the identity that was asked for', () => {
    expect(judgeRequest(joins, member, rules)).toMatchObject({
      kind: 'Approve',
      identity: { member: 'fra-1', enrolment: 2 },
    });
  });
  test('is approved as a renewal', () => {
    expect(judge(renews)).toBe('Approve');
  });
  test('may be for a key on P-384', () => {
    expect(judge({ ...joins, ...withContent({ key: 'P-384' }) })).toBe('Approve');
  });
  test('may ask the hub’s own signer where there is one', () => {
    const request = { ...joins, signerName: ownSigner };
    expect(judge(request, {}, { signers: [kubernetesSigner, ownSigner] })).toBe('Approve');
  });
});

describe('what can never be right is denied', () => {
  test.each<[string, Partial<SigningRequest>, string]>([
    ['another name', { name: 'io-member-fra-1-x' }, 'WrongName'],
    ['a signer that is not ours', { signerName: ownSigner }, 'WrongSigner'],
    ['a signer of kubelets', { signerName: 'kubernetes.io/kubelet-serving' }, 'WrongSigner'],
    ['a usage more', { usages: ['client auth', 'digital signature', 'any'] }, 'WrongUsages'],
    ['a usage less', { usages: ['client auth'] }, 'WrongUsages'],
    ['a server', { usages: ['server auth', 'digital signature'] }, 'WrongUsages'],
    ['no limit of life', { expirationSeconds: undefined }, 'WrongLifetime'],
    ['a life of a second too long', { expirationSeconds: 86_401 }, 'WrongLifetime'],
    ['a life of a second too short', { expirationSeconds: 599 }, 'WrongLifetime'],
    ['what is no request', { content: undefined }, 'UnreadableRequest'],
    ['names of hosts', withContent({ hasAttributes: true }), 'AttributesForbidden'],
    ['a key of RSA', withContent({ key: 'rsa 2048' }), 'WeakKey'],
    ['a key that did not sign', withContent({ isSigned: false }), 'NotSignedByKey'],
    ['no group', named(['CN', user]), 'WrongSubject'],
    ['another group', named(['O', 'system:masters'], ['CN', user]), 'WrongSubject'],
    ['a group more', named(['O', group], ['O', 'system:masters'], ['CN', user]), 'WrongSubject'],
    ['another part', named(['O', group], ['CN', user], ['Other', 'x']), 'WrongSubject'],
    ['two names', named(['O', group], ['CN', user], ['CN', user]), 'WrongSubject'],
    ['the hub’s name', named(['O', group], ['CN', 'compute.io.net:hub']), 'WrongSubject'],
    [
      'another member',
      named(['O', group], ['CN', 'compute.io.net:member:ams-1:2']),
      'WrongSubject',
    ],
    [
      'another enrolment than the name says',
      named(['O', group], ['CN', 'compute.io.net:member:fra-1:3']),
      'WrongSubject',
    ],
    ['an administrator’s hand', { username: 'kubernetes-admin' }, 'WrongRequestor'],
    [
      'the invitation of another member',
      { username: 'system:serviceaccount:io-system:invite-ams-1' },
      'WrongRequestor',
    ],
    [
      'an account of the same name elsewhere',
      { username: 'system:serviceaccount:default:invite-fra-1' },
      'WrongRequestor',
    ],
  ])('%s', (_, change, reason) => {
    expect(judge({ ...joins, ...change })).toBe(reason);
    // Not even of a member that is not let in yet: nobody shall have to decide on it.
    expect(judge({ ...joins, ...change }, { accepted: false })).toBe(reason);
  });

  test.each<[string, Partial<SigningRequest>, Partial<MemberStanding>, string]>([
    ['by an invitation', { username: joins.username }, {}, 'WrongRequestor'],
    ['by the member before', { username: `${user.slice(0, -1)}1` }, {}, 'WrongRequestor'],
    ['of an enrolment that was put out', {}, { enrolment: 3 }, 'EnrolmentEnded'],
  ])('a renewal %s', (_, change, standing, reason) => {
    expect(judge({ ...renews, ...change }, standing)).toBe(reason);
  });

  test.each<[string, Partial<MemberStanding>, string]>([
    ['an enrolment that was put out', { enrolment: 3 }, 'EnrolmentEnded'],
    [
      'a second key on one invitation',
      { credential: { enrolment: 2, keySha256: 'sha256:other' } },
      'InvitationUsed',
    ],
    [
      'an invitation older than the certificate',
      { credential: { enrolment: 3, keySha256 } },
      'InvitationUsed',
    ],
  ])('%s', (_, standing, reason) => {
    expect(judge(joins, standing)).toBe(reason);
  });
});

describe('a request waits', () => {
  test.each<[string, Partial<MemberStanding>]>([
    ['for acceptance', { accepted: false }],
    ['while the member is denied', { accepted: false, denied: true }],
    ['while the member is removed', { removing: true }],
    [
      'with another key, for consent',
      { enrolment: 1, credential: { enrolment: 1, keySha256: 'sha256:other' } },
    ],
  ])('%s', (_, standing) => {
    expect(judge(joins, standing)).toBe('Wait');
  });
  test('for its IOMember', () => {
    expect(judgeRequest(joins, undefined, rules).kind).toBe('Wait');
  });
});

test('the same key may ask again, as after a crash', () => {
  expect(judge(joins, { credential: { enrolment: 2, keySha256 } })).toBe('Approve');
});

describe('the name of a request', () => {
  test.each(['io-member-fra-1-2', 'io-member-fra-1-renewal', 'io-member-a-1000000'])(
    '%s says whose it is',
    (name) => {
      const request = requestOfName(name);
      expect(request === undefined ? '' : nameOfRequest(request)).toBe(name);
    },
  );
  test.each(['io-member-fra', 'io-member--1', 'io-member-a-01', 'io-member-A-1', 'member-a-1'])(
    '%s is none',
    (name) => {
      expect(requestOfName(name)).toBeUndefined();
    },
  );
});

describe('a certificate is renewed', () => {
  const certificate = (sha256: string): CertificateContent => ({
    ...{ commonName: user, keySha256, notBeforeMs: 0, notAfterMs: 1_000_000, sha256 },
  });
  test.each([
    ['at the earliest with 25 % of its life left', 'f'.repeat(64), 750_000],
    ['at the latest with 20 % left', '0'.repeat(64), 800_000],
    ['in between as its digest says', '8'.padEnd(64, '0'), 775_000],
  ])('%s', (_, sha256, atMs) => {
    expect(renewAtMs(certificate(sha256))).toBe(atMs);
  });
});
