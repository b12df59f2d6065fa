import { ioMemberResource } from '../../../crds/schema/index.ts';
import type { MemberIdentity } from '../../domain/member/identity.ts';
import {
  enrolmentToInvite,
  invitationAccount,
  invitationNamespace,
  invitationRole,
  invitationSeconds,
  invitedManifests,
} from '../../domain/member/invitation.ts';
import { helmValues } from '../../domain/member/join-values.ts';
import { instant } from '../../domain/instant.ts';
import { HubRefusedError } from '../../ports/hub-errors.ts';
import type { MemberInvitations } from '../../ports/member-invitations.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Resource } from '../../runtime/resource.ts';
import { apiManager } from './cluster-writer.ts';
import { askedOfHub } from './hub-calls.ts';

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: false };
export const clusterRoles: Resource = { ...rbac, kind: 'ClusterRole', plural: 'clusterroles' };
const bindings: Resource = {
  ...{ ...rbac, kind: 'ClusterRoleBinding' },
  plural: 'clusterrolebindings',
};
const accounts: Resource = {
  ...{ group: '', version: 'v1', kind: 'ServiceAccount' },
  ...{ plural: 'serviceaccounts', namespaced: true },
};

type Client = Pick<ApiClient, 'get' | 'apply' | 'delete' | 'serviceAccountToken'>;

/** The token of an invitation, and until when it may be used. */
type InvitationToken = Readonly<{ token: string; expirationTimestamp: string }>;

/**
 * Makes the account of an invitation, with the few rights that it has, and a token of it. What an earlier
 * invitation of the member gave ends: its account, and so its tokens, are made anew.
 */
export async function makeInvitation(
  client: Pick<Client, 'apply' | 'delete' | 'serviceAccountToken'>,
  identity: MemberIdentity,
  { nowMs, seconds, manager }: Readonly<{ nowMs: number; seconds: number; manager: string }>,
): Promise<InvitationToken> {
  const account = invitationAccount(identity.member);
  const expires = instant(nowMs / 1000 + seconds);
  await client.delete(accounts, account, invitationNamespace);
  const role = await client.apply(clusterRoles, invitationRole(identity, expires), { manager });
  const rest = invitedManifests(identity, role.metadata.uid ?? '');
  await client.apply(accounts, rest.account, { manager });
  await client.apply(bindings, rest.binding, { manager });
  return client.serviceAccountToken(account, invitationNamespace, seconds);
}

/** How a data centre reaches the hub and the api. */
export type JoinAddresses = Readonly<{
  hubUrl: string;
  /** PEM; undefined: the hub's certificate is one that everybody trusts. */
  caBundle: string | undefined;
  apiUrl: string;
}>;

/**
 * Invites by the hub's API server. The client needs what hack/federation/manifests/api-invitations-rbac.yaml gives
 * for it, which the admission policies of the chart hold to invitations.
 */
export function createMemberInvitations(
  client: Client,
  addresses: JoinAddresses,
  clock: Readonly<{ now: () => number }>,
): MemberInvitations {
  return {
    invite: (name) =>
      askedOfHub(async () => {
        const member = await client.get(ioMemberResource, name);
        if (member?.metadata.deletionTimestamp !== undefined) {
          throw new HubRefusedError(
            'Changed',
            `${name} is being removed: invite it when it is gone`,
          );
        }
        const identity = { member: name, enrolment: enrolmentToInvite(member) };
        const seconds = invitationSeconds.usual;
        const limits = { nowMs: clock.now(), seconds, manager: apiManager };
        const made = await makeInvitation(client, identity, limits);
        return {
          values: helmValues({ ...addresses, ...identity, token: made.token }),
          expiresAt: made.expirationTimestamp,
        };
      }),
  };
}
