import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Components } from './components.ts';
import type { Federation, FederationMember } from './index.ts';
import { KubeApi } from './kube-api.ts';
import type { MemberProfile } from './member-profiles.ts';
import { checkoutDirectory } from './paths.ts';

const HUB_USER = 'compute.io.net:hub';
const API_USER = 'compute.io.net:api';

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
    api.applyFiles([
      ...productCrds(),
      manifest('hub-rbac'),
      manifest('api-rbac'),
      manifest('api-invitations-rbac'),
      manifest('renter-rbac'),
      admission,
    ]),
  );
}

/** Which fields of an IOMember who may change; plain YAML. */
const admission = join(checkoutDirectory, 'charts/io-hub/templates/admission.yaml');

/** Writes the kubeconfig of the hub's process and returns its path. */
export function issueHubKubeconfig(federation: Federation): string {
  return federation.hub.issueKubeconfig({ commonName: HUB_USER });
}

/** Writes the kubeconfig with which the api asks the hub and returns its path. */
export function issueApiKubeconfig(federation: Federation): string {
  return federation.hub.issueKubeconfig({ commonName: API_USER });
}

/** The kubeconfigs that a member's agent works with: the one that it joined by, and its account's. */
export function agentKubeconfigs(
  federation: Federation,
  { profile }: FederationMember,
): AgentKubeconfigs {
  const flag = (name: string): string => agentFlag(federation, profile.name, name);
  return { hub: join(flag('state-directory'), 'hub.kubeconfig'), local: flag('kubeconfig') };
}

/** What the agent of a member was told by a flag. */
export function agentFlag({ runDirectory }: Federation, member: string, flag: string): string {
  const specs = new Components(join(runDirectory, 'operator')).specs();
  const args = specs.find(({ name }) => name === `agent-${member}`)?.args ?? [];
  const prefix = `--${flag}=`;
  const found = args.findLast((arg) => arg.startsWith(prefix));
  if (found === undefined) throw new Error(`the agent of ${member} has no --${flag}`);
  return found.slice(prefix.length);
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

/** The accounts that the devices of the members earn for. */
export async function makeSuppliers(federation: Federation): Promise<void> {
  await withApi(federation.hub.adminKubeconfigPath, async (api) => {
    for (const { profile } of federation.members) {
      await api.apply({
        apiVersion: 'compute.io.net/v1alpha1',
        kind: 'IOAccount',
        metadata: supplierOf(profile.name),
        spec: { kind: 'Supplier', displayName: profile.displayName },
      });
    }
  });
}

function manifest(name: 'hub-rbac' | 'api-rbac' | 'api-invitations-rbac' | 'renter-rbac'): string {
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
