import { readFileSync } from 'node:fs';
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
import type { Resource } from '../../runtime/resource.ts';
import { helmValues } from './helm-values.ts';
import { instant, manager, type Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

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

export type InviteOptions = Readonly<{
  /** Seconds. */
  ttl?: number;
  enrolment?: number;
  hubUrl?: string;
  hubCa?: string;
  apiUrl?: string;
}>;

/** Lets one agent ask for the certificate of a member; prints the values of its chart. */
export async function invite(
  session: Session,
  name: string,
  options: InviteOptions,
): Promise<void> {
  const { client, clock, server, print, tell } = session;
  const ttlSeconds = ttlOf(options);
  const { hubUrl = server.url, apiUrl, enrolment: asked } = options;
  const caBundle = caOf(options.hubCa) ?? server.caBundle;
  const member = await client.get(ioMemberResource, name);
  if (member?.metadata.deletionTimestamp !== undefined) {
    throw new Error(`${name} is being removed: invite it when it is gone`);
  }
  const enrolment = asked ?? enrolmentToInvite(member);
  if (enrolment < (member?.spec.enrolment ?? 1)) {
    const least = member?.spec.enrolment ?? 1;
    throw new UsageError(`--enrolment ${enrolment}: was put out; the least is ${least}`);
  }
  const identity = { member: name, enrolment };
  const expires = instant(clock.now() + ttlSeconds * 1000);
  await makeInvitation(session, identity, expires);
  const { token, expirationTimestamp } = await client.serviceAccountToken(
    ...([invitationAccount(name), invitationNamespace, ttlSeconds] as const),
  );
  print(helmValues({ hubUrl, caBundle, apiUrl, ...identity, token }));
  tell(`The invitation of ${name} (enrolment ${enrolment}) lets one agent ask to join until
${expirationTimestamp}. Give these values to the data centre on a way that nobody else reads; it adds
where it is and what it offers, and runs: helm install io-member … --values FILE
Then compare the key that its agent logs with the one that was asked for, and let it in:
  kubectl io member accept ${name}`);
  if (apiUrl === undefined) {
    tell(
      'Without --api-url the agent records no usage, and earns nothing: hub.apiUrl is left out.',
    );
  }
}

/** What an earlier invitation of the member gave ends: its account, and so its tokens, are made anew. */
async function makeInvitation(
  { client }: Session,
  identity: MemberIdentity,
  expires: string,
): Promise<void> {
  const account = invitationAccount(identity.member);
  await client.delete(accounts, account, invitationNamespace);
  const role = await client.apply(clusterRoles, invitationRole(identity, expires), { manager });
  const rest = invitedManifests(identity, role.metadata.uid ?? '');
  await client.apply(accounts, rest.account, { manager });
  await client.apply(bindings, rest.binding, { manager });
}

function ttlOf({ ttl = invitationSeconds.usual }: InviteOptions): number {
  if (ttl < invitationSeconds.least || ttl > invitationSeconds.most) {
    throw new UsageError(`--ttl ${ttl}s: must be between 10m and 48h`);
  }
  return ttl;
}

function caOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const text = readFileSync(path, 'utf8');
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UsageError(`--hub-ca ${path}: must be a file with certificates in PEM`);
  }
  return text;
}
