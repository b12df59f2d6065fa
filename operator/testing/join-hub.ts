import { join } from 'node:path';
import {
  ioDeviceResource,
  type IOMember,
  ioMemberResource,
  ioPlacementResource,
} from '../../crds/schema/index.ts';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { heartbeatLabel } from '../domain/member/heartbeat.ts';
import type { MemberIdentity } from '../domain/member/identity.ts';
import {
  invitationAccount,
  invitationNamespace,
  invitationRole,
  invitedManifests,
} from '../domain/member/invitation.ts';
import { openJoining } from '../main/hub-join.ts';
import { FederationState } from '../reconcilers/federation-state.ts';
import { heartbeatResource, Heartbeats } from '../reconcilers/heartbeats.ts';
import { ioMemberController, memberClusterIndex } from '../reconcilers/io-member/index.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { systemClock } from '../runtime/clock.ts';
import { EventRecorder } from '../runtime/events.ts';
import { Informer } from '../runtime/informer.ts';
import { silentLogger } from '../runtime/logger.ts';
import { Manager } from '../runtime/manager.ts';
import { noMetrics } from '../runtime/metrics.ts';
import type { Resource } from '../runtime/resource.ts';
import type { PrivateCluster } from './api-server/test-cluster.ts';

const clusterKind = (kind: string, plural: string): Resource => ({
  ...{ group: 'rbac.authorization.k8s.io', version: 'v1', kind, plural, namespaced: false },
});
export const clusterRoleResource = clusterKind('ClusterRole', 'clusterroles');
export const clusterRoleBindingResource = clusterKind('ClusterRoleBinding', 'clusterrolebindings');
export const accountResource: Resource = {
  ...{ group: '', version: 'v1', kind: 'ServiceAccount' },
  ...{ plural: 'serviceaccounts', namespaced: true },
};

/** What the chart of the hub brings: the hub's rights and the policy on IOMembers. */
export async function installHub({ adminKubeconfigPath }: PrivateCluster): Promise<void> {
  const api = new KubeApi(adminKubeconfigPath);
  await api.applyFiles(
    ['hack/federation/manifests/hub-rbac.yaml', 'charts/io-hub/templates/admission.yaml'].map(
      (path) => join(checkoutDirectory, path),
    ),
  );
  await api.close();
}

/**
 * The hub's controllers of members and of their certificates on a real API server, with the hub's own
 * rights. It signs itself where a request asks for that. Returns how to stop it.
 */
export function startJoinHub(cluster: PrivateCluster): () => Promise<void> {
  const kubeConfig = cluster.kubeConfigFor('compute.io.net:hub');
  const client = new ApiClient({ kubeConfig, userAgent: 'test' });
  const base = { client, clock: systemClock, metrics: noMetrics, logger: silentLogger };
  const members = new Informer<IOMember>({
    ...{ ...base, resource: ioMemberResource, indexes: memberClusterIndex },
  });
  const devices = new Informer({ ...base, resource: ioDeviceResource });
  const placements = new Informer({ ...base, resource: ioPlacementResource });
  const heartbeats = new Informer({
    ...{ ...base, resource: heartbeatResource, labelSelector: heartbeatLabel },
  });
  const heard = new Heartbeats(heartbeats, systemClock);
  const state = new FederationState({ members, devices, placements });
  const events = new EventRecorder({ client, component: 'compute.io.net/hub' });
  const pki = join(cluster.controlPlane.directory, 'pki');
  const joining = openJoining(
    {
      'member-ca-cert-file': join(pki, 'ca.crt'),
      'member-ca-key-file': join(pki, 'ca.key'),
      'member-certificate-hours': 720,
    },
    { ...base, members, heard },
  );
  const controller = ioMemberController({
    ...{ ...base, members, heartbeats, heard, placements, state, events },
    ...{ joins: joining.book, memberLostMs: 40_000 },
  });
  const stop = new AbortController();
  const manager = new Manager({ clock: systemClock, events: [events], closers: [client] })
    .addController(joining.toldTo(controller))
    .addController(joining.controller)
    .addInformer(devices);
  const ended = manager.start(stop.signal);
  return async () => {
    stop.abort();
    await ended;
  };
}

/** Invites as `kubectl io member invite` does, and returns the token. */
export async function invite(
  admin: ApiClient,
  identity: MemberIdentity,
  lifeMs = 3_600_000,
): Promise<string> {
  const account = invitationAccount(identity.member);
  await admin.delete(accountResource, account, invitationNamespace);
  const expires = new Date(systemClock.now() + lifeMs).toISOString();
  const options = { manager: 'test' };
  const role = await admin.apply(clusterRoleResource, invitationRole(identity, expires), options);
  const rest = invitedManifests(identity, role.metadata.uid ?? '');
  await admin.apply(accountResource, rest.account, options);
  await admin.apply(clusterRoleBindingResource, rest.binding, options);
  const { token } = await admin.serviceAccountToken(account, invitationNamespace, 3_600);
  return token;
}
