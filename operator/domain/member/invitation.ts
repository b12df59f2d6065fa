import type { MemberIdentity } from './identity.ts';

/**
 * An invitation: what lets one agent, that has no certificate yet, ask for one. Its token may name one
 * IOMember and one CertificateSigningRequest, and nothing else. The ClusterRole owns the rest, so
 * that whoever deletes it ends the invitation.
 */

/** Namespace on the hub in which the accounts of invitations live. */
export const invitationNamespace = 'io-system';

/** Labels of all that belongs to an invitation. */
export const memberLabel = 'compute.io.net/member';
export const invitationLabel = 'compute.io.net/invitation';

/** Annotations of its ClusterRole: the enrolment that it is for, and when it ends (RFC 3339). */
export const enrolmentAnnotation = 'compute.io.net/enrolment';
export const expiresAnnotation = 'compute.io.net/expires';

/** Name of the ClusterRole and of the ClusterRoleBinding. */
export const invitationName = (member: string): string => `compute.io.net:invitation:${member}`;

/** Name of the ServiceAccount whose token the agent gets. */
export const invitationAccount = (member: string): string => `invite-${member}`;

/** Name of the CertificateSigningRequest by which an enrolment asks for its first certificate. */
export const joinRequestName = ({ member, enrolment }: MemberIdentity): string =>
  `io-member-${member}-${enrolment}`;

/** Name of the CertificateSigningRequest by which a member renews its certificate. */
export const renewalRequestName = (member: string): string => `io-member-${member}-renewal`;

/** How long an invitation may last, in seconds. */
export const invitationSeconds = { least: 600, usual: 3_600, most: 172_800 } as const;

const rbac = 'rbac.authorization.k8s.io';

type Manifest = {
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
};

/** The ClusterRole of an invitation; it is made first, and owns what `invitedManifests` gives. */
export function invitationRole(identity: MemberIdentity, expires: string): Manifest {
  return {
    metadata: {
      name: invitationName(identity.member),
      labels: labelsOf(identity),
      annotations: {
        [enrolmentAnnotation]: String(identity.enrolment),
        [expiresAnnotation]: expires,
      },
    },
    rules: [
      {
        apiGroups: ['compute.io.net'],
        resources: ['iomembers'],
        resourceNames: [identity.member],
        verbs: ['get', 'create', 'patch'],
      },
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['certificatesigningrequests'],
        resourceNames: [joinRequestName(identity)],
        verbs: ['get', 'create', 'patch'],
      },
    ],
  };
}

/** The ServiceAccount and the ClusterRoleBinding of an invitation whose ClusterRole has `roleUid`. */
export function invitedManifests(
  identity: MemberIdentity,
  roleUid: string,
): Readonly<{ account: Manifest; binding: Manifest }> {
  const name = invitationName(identity.member);
  const labels = labelsOf(identity);
  const ownerReferences = [{ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', name, uid: roleUid }];
  const account = { name: invitationAccount(identity.member), namespace: invitationNamespace };
  return {
    account: {
      metadata: { ...account, labels, ownerReferences },
      // Its only token is the one that is asked for.
      automountServiceAccountToken: false,
    },
    binding: {
      metadata: { name, labels, ownerReferences },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    },
  };
}

/**
 * The enrolment that the next invitation of a member is for: the one it may have, until a certificate
 * was issued for it; then the next, since a key that was lost cannot join as the old one.
 */
export function enrolmentToInvite(
  member:
    | Readonly<{
        spec: Readonly<{ enrolment: number }>;
        status?: Readonly<{ credential?: Readonly<{ enrolment: number }> | undefined }> | undefined;
      }>
    | undefined,
): number {
  if (member === undefined) return 1;
  return Math.max(member.spec.enrolment, (member.status?.credential?.enrolment ?? 0) + 1);
}

const labelsOf = ({ member }: MemberIdentity): Record<string, string> => ({
  'app.kubernetes.io/managed-by': 'io-operator',
  [memberLabel]: member,
  [invitationLabel]: 'true',
});
