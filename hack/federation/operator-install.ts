import { memberUser } from '../../operator/domain/member/identity.ts';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Federation, FederationMember } from './index.ts';
import { expectSuccess, KubeApi } from './kube-api.ts';
import type { MemberProfile } from './member-profiles.ts';
import { checkoutDirectory } from './paths.ts';

const ADMITTED_WITHIN_MS = 30_000;
const POLL_MS = 50;
const MERGE_PATCH = 'application/merge-patch+json';
const MEMBERS_PATH = '/apis/compute.io.net/v1alpha1/iomembers';

const HUB_USER = 'compute.io.net:hub';
const API_USER = 'compute.io.net:api';
const LOCAL_AGENT_USER = 'compute.io.net:agent';
const MEMBERS_GROUP = 'compute.io.net:members';

/** The kubeconfig files of one agent. */
export type AgentKubeconfigs = { readonly hub: string; readonly local: string };

/** The generated CRDs of the product. */
export function productCrds(): string[] {
  const folder = join(checkoutDirectory, 'crds/generated');
  return readdirSync(folder)
    .toSorted()
    .map((file) => join(folder, file));
}

/** Applies CRDs and the rights of the processes beside it; the CRDs are Established afterwards. */
export async function installOnHub(federation: Federation): Promise<void> {
  await withApi(federation.hub.adminKubeconfigPath, (api) =>
    api.applyFiles([...productCrds(), manifest('hub-rbac'), manifest('api-rbac')]),
  );
}

/** Applies the rights of the agent on its member. */
export async function installOnMember(member: FederationMember): Promise<void> {
  await withApi(member.controlPlane.adminKubeconfigPath, (api) =>
    api.applyFiles([manifest('agent-rbac')]),
  );
}

/** Writes the kubeconfig of the hub's process and returns its path. */
export function issueHubKubeconfig(federation: Federation): string {
  return federation.hub.issueKubeconfig({ commonName: HUB_USER });
}

/** Writes the kubeconfig with which the api asks the hub and returns its path. */
export function issueApiKubeconfig(federation: Federation): string {
  return federation.hub.issueKubeconfig({ commonName: API_USER });
}

/** Writes the kubeconfigs of a member's agent, for the hub and for its own cluster. */
export function issueAgentKubeconfigs(
  federation: Federation,
  { profile, controlPlane }: FederationMember,
): AgentKubeconfigs {
  return {
    hub: federation.hub.issueKubeconfig({
      commonName: memberUser({ member: profile.name, enrolment: 1 }),
      organizations: [MEMBERS_GROUP],
    }),
    local: controlPlane.issueKubeconfig({ commonName: LOCAL_AGENT_USER }),
  };
}

/** The IOMember that a data centre sends in: everything but the administrator's consent. */
export function memberManifest(profile: MemberProfile) {
  const { name, displayName, location, certifications, offers } = profile;
  return {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOMember',
    metadata: { name },
    spec: { displayName, accountRef: supplierOf(name), location, certifications, offers },
  };
}

/** The IOAccount that earns what the devices of a member bring in. */
export const supplierOf = (member: string) => ({
  namespace: 'default',
  name: `supplier-${member}`,
});

/** The members ask to join, each with the account that it earns for. */
export async function registerMembers(federation: Federation): Promise<void> {
  await withApi(federation.hub.adminKubeconfigPath, async (api) => {
    for (const { profile } of federation.members) {
      await api.apply({
        apiVersion: 'compute.io.net/v1alpha1',
        kind: 'IOAccount',
        metadata: supplierOf(profile.name),
        spec: { kind: 'Supplier', displayName: profile.displayName },
      });
      await api.apply(memberManifest(profile));
    }
  });
}

/** Accepts the members as an administrator does; returns when the hub has given them their rights. */
export async function acceptMembers(federation: Federation): Promise<void> {
  await withApi(federation.hub.adminKubeconfigPath, async (api) => {
    for (const { profile } of federation.members) {
      const path = `${MEMBERS_PATH}/${profile.name}`;
      const patch = { spec: { accepted: true } };
      expectSuccess(await api.send('PATCH', path, patch, MERGE_PATCH), `accept ${profile.name}`);
    }
    const names = federation.members.map(({ profile }) => profile.name);
    await Promise.all(names.map((name) => waitUntilAdmitted(api, name)));
  });
}

type Member = { status?: { namespace?: string } };

async function waitUntilAdmitted(api: KubeApi, name: string): Promise<void> {
  const deadline = performance.now() + ADMITTED_WITHIN_MS;
  for (;;) {
    const member = (await api.get(`${MEMBERS_PATH}/${name}`)) as Member | undefined;
    if (member?.status?.namespace !== undefined) return;
    if (performance.now() > deadline) {
      throw new Error(`the hub did not take in ${name} within ${ADMITTED_WITHIN_MS} ms`);
    }
    await delay(POLL_MS);
  }
}

function manifest(name: 'hub-rbac' | 'api-rbac' | 'agent-rbac'): string {
  return join(import.meta.dirname, 'manifests', `${name}.yaml`);
}

async function withApi(
  kubeconfigPath: string,
  work: (api: KubeApi) => Promise<void>,
): Promise<void> {
  const api = new KubeApi(kubeconfigPath);
  try {
    await work(api);
  } finally {
    await api.close();
  }
}
