import { describe, expect, test } from '@jest/globals';
import { enrolmentToInvite, invitationRole, invitedManifests } from './invitation.ts';

const identity = { member: 'fra-1', enrolment: 3 };

describe('an invitation', () => {
  test('lets its account touch one member and one request, and nothing else', () => {
    const { metadata, rules } = invitationRole(identity, '2026-11-25T11:00:00Z');
    const verbs = ['get', 'create', 'patch'];
    expect(rules).toEqual([
      {
        ...{ apiGroups: ['compute.io.net'], resources: ['iomembers'] },
        ...{ resourceNames: ['fra-1'], verbs },
      },
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['certificatesigningrequests'],
        ...{ resourceNames: ['io-member-fra-1-3'], verbs },
      },
    ]);
    expect(metadata).toMatchObject({
      name: 'compute.io.net:invitation:fra-1',
      labels: { 'compute.io.net/member': 'fra-1', 'compute.io.net/invitation': 'true' },
      annotations: {
        'compute.io.net/enrolment': '3',
        'compute.io.net/expires': '2026-11-25T11:00:00Z',
      },
    });
  });

  test('ends whole with its role', () => {
    const { account, binding } = invitedManifests(identity, 'uid-1');
    const owner = { kind: 'ClusterRole', name: 'compute.io.net:invitation:fra-1', uid: 'uid-1' };
    for (const { metadata } of [account, binding]) {
      expect(metadata['ownerReferences']).toMatchObject([owner]);
    }
    expect(binding).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: 'compute.io.net:invitation:fra-1' },
      subjects: [{ kind: 'ServiceAccount', name: 'invite-fra-1', namespace: 'io-system' }],
    });
  });

  test.each([
    ['a member that is new', undefined, 1],
    ['one that never got a certificate', { spec: { enrolment: 1 } }, 1],
    [
      'one that has a certificate, and lost its key',
      { spec: { enrolment: 1 }, status: { credential: { enrolment: 1 } } },
      2,
    ],
    [
      'one whose key was put out',
      { spec: { enrolment: 2 }, status: { credential: { enrolment: 1 } } },
      2,
    ],
  ])('of %s is for its enrolment', (_, member, expected) => {
    expect(enrolmentToInvite(member)).toBe(expected);
  });
});
