import { heartbeatLeaseName } from '../../domain/member/heartbeat.ts';
import { type MemberIdentity, memberUser } from '../../domain/member/identity.ts';
import { renewalRequestName } from '../../domain/member/invitation.ts';

/** The RBAC of one member on the hub: its own namespace, its own IOMember, and nothing else. */

const rbac = 'rbac.authorization.k8s.io';

type Manifest = Readonly<{
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels: Record<string, string> };
  [field: string]: unknown;
}>;

export type AccessManifests = Readonly<{
  namespace: Manifest;
  role: Manifest;
  roleBinding: Manifest;
  clusterRole: Manifest;
  clusterRoleBinding: Manifest;
}>;

/** Pure: what `kubectl get` would show of a member's access. Least privilege: every verb is used. */
export function accessManifests(identity: MemberIdentity, namespace: string): AccessManifests {
  const { member } = identity;
  const labels = {
    'app.kubernetes.io/managed-by': 'io-operator',
    'compute.io.net/member': member,
  };
  const clusterName = `compute.io.net:member:${member}`;
  const subjects = [{ kind: 'User', apiGroup: rbac, name: memberUser(identity) }];
  return {
    namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    role: {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'io-agent', namespace, labels },
      rules: namespaceRules(),
    },
    roleBinding: {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'io-agent', namespace, labels },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'io-agent' },
      subjects,
    },
    clusterRole: {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: clusterName, labels },
      rules: [
        {
          apiGroups: ['compute.io.net'],
          resources: ['iomembers'],
          resourceNames: [member],
          // What may change in it the API server's policy says: charts/io-hub/templates/admission.yaml.
          verbs: ['list', 'watch', 'patch'],
        },
        {
          apiGroups: ['certificates.k8s.io'],
          resources: ['certificatesigningrequests'],
          resourceNames: [renewalRequestName(member)],
          verbs: ['get', 'create', 'patch'],
        },
      ],
    },
    clusterRoleBinding: {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: clusterName, labels },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: clusterName },
      subjects,
    },
  };
}

/**
 * An agent reports devices, mirrors placements and renews its heartbeat. It writes by server-side
 * apply, which makes an object by its name: so also `create` can be held to one name.
 */
function namespaceRules(): readonly unknown[] {
  const compute = { apiGroups: ['compute.io.net'] };
  return [
    { ...compute, resources: ['iodevices'], verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
    // Releasing its finalizer is the one change of a placement that an agent makes.
    { ...compute, resources: ['ioplacements'], verbs: ['get', 'list', 'watch', 'patch'] },
    { ...compute, resources: ['ioplacements/status'], verbs: ['patch'] },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: [heartbeatLeaseName],
      // Read to see whether an agent in another cluster goes by the same name.
      verbs: ['get', 'create', 'patch'],
    },
  ];
}
