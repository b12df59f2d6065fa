import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAllDocuments, stringify } from 'yaml';
import { type Deployment, localPod, type LocalPod, referencesOf } from './agent-pod.ts';
import { renderChart } from './chart.ts';
import type { FederationMember } from './index.ts';
import { expectSuccess, KubeApi, type Manifest } from './kube-api.ts';
import type { MemberProfile } from './member-profiles.ts';
import { runCli } from './money.ts';
import { writePrivate } from './pki.ts';

/** Joining as a data centre does it: an invitation, the chart, an agent that asks. */

export const memberNamespaceOfChart = 'io-member';
const RELEASE = 'io-member';
const ASKED_WITHIN_MS = 60_000;
const POLL_MS = 50;
/** Longer than anything here runs: nobody renews it, as a kubelet would. */
const TOKEN_SECONDS = 7 * 86_400;
const MEMBERS_PATH = '/apis/compute.io.net/v1alpha1/iomembers';

/** `kubectl io member …` on a hub, as its administrator types it. */
export type Administrator = {
  readonly bundle: string;
  readonly hubKubeconfig: string;
};

/** Runs a verb of `kubectl io member` and returns what it printed. */
export function kubectlIo(
  { bundle, hubKubeconfig }: Administrator,
  ...args: readonly string[]
): Promise<string> {
  return runCli(bundle, ['kubectl', 'member', ...args, `--kubeconfig=${hubKubeconfig}`]);
}

export type Installation = {
  readonly member: FederationMember;
  /** What the invitation gave: YAML. */
  readonly invitation: string;
  /** Undefined: nothing is metered. */
  readonly apiCa: string | undefined;
  /** Private, of this member alone. */
  readonly directory: string;
  /** Where its spool is to lie. */
  readonly spoolDirectory: string;
  /** The account that earns. */
  readonly accountRef: { readonly namespace: string; readonly name: string };
  /** More values of the chart; they win. */
  readonly values?: object | undefined;
};

/** An agent as it is to run on this machine. */
export type InstalledAgent = LocalPod & {
  /** Its access to the member's API server, as the ServiceAccount of the chart. */
  readonly kubeconfig: string;
};

/**
 * Renders the chart with the values of an invitation, applies what came out to the member and reads
 * the agent's Deployment back: what the API server made of it is what runs.
 */
export async function installAgent(installation: Installation): Promise<InstalledAgent> {
  const { member, directory, spoolDirectory } = installation;
  const rendered = await renderChart({
    ...{ chart: 'io-member', release: RELEASE, namespace: memberNamespaceOfChart, directory },
    values: [
      installation.invitation,
      stringify(ownValues(installation)),
      stringify(installation.values ?? {}),
    ],
  });
  const api = new KubeApi(member.controlPlane.adminKubeconfigPath);
  try {
    const name = memberNamespaceOfChart;
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (const manifest of manifestsOf(rendered)) await api.apply(manifest);
    const deployment = await agentDeployment(api);
    const references = await readReferences(api, deployment);
    const pod = localPod(deployment, references, {
      directory,
      persistentDirectory: spoolDirectory,
    });
    for (const each of pod.directories) mkdirSync(each, { recursive: true, mode: 0o700 });
    for (const { path, text } of pod.files) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, text, { mode: 0o600 });
    }
    return { ...pod, kubeconfig: await accountKubeconfig(api, member, pod, directory) };
  } finally {
    await api.close();
  }
}

/** What the data centre adds to the values of an invitation. */
function ownValues({ member: { profile }, apiCa, accountRef }: Installation): object {
  const { displayName, location, certifications, offers }: MemberProfile = profile;
  return {
    ...(apiCa === undefined ? {} : { hub: { apiCaBundle: apiCa } }),
    member: { displayName, accountRef, location, certifications, offers },
    metering: { enabled: apiCa !== undefined },
    // They run here, as processes or simulated.
    kuberay: { enabled: false },
    nvidia: { devicePlugin: { enabled: false }, gpuFeatureDiscovery: { enabled: false } },
    dcgmExporter: { enabled: false },
  };
}

/** What was rendered, but no pod of the agent: its process here is the one replica. */
function manifestsOf(path: string): readonly Manifest[] {
  const documents = parseAllDocuments(readFileSync(path, 'utf8'));
  const manifests = documents.flatMap((document) => (document.toJS() as Manifest | null) ?? []);
  return manifests.map((manifest) => {
    if (manifest.kind !== 'Deployment') return manifest;
    return { ...manifest, spec: { ...(manifest['spec'] as object), replicas: 0 } };
  });
}

/** The Deployment of the chart that runs `io-operator agent`. */
async function agentDeployment(api: KubeApi): Promise<Deployment> {
  const path = `/apis/apps/v1/namespaces/${memberNamespaceOfChart}/deployments`;
  const { items } = (await api.get(path)) as { items: readonly Deployment[] };
  const found = items.find(({ spec }) => {
    const [container] = spec.template.spec.containers;
    return [...(container?.command ?? []), ...(container?.args ?? [])].includes('agent');
  });
  if (found === undefined) throw new Error('the chart has made no Deployment of an agent');
  return found;
}

async function readReferences(api: KubeApi, deployment: Deployment) {
  const { configMaps, secrets } = referencesOf(deployment);
  const root = `/api/v1/namespaces/${memberNamespaceOfChart}`;
  const read = async (kind: string, names: readonly string[], decode: (text: string) => string) => {
    const found = new Map<string, Readonly<Record<string, string>>>();
    for (const name of names) {
      const object = (await api.get(`${root}/${kind}/${name}`)) as
        | { data?: Record<string, string> }
        | undefined;
      if (object === undefined) continue;
      const entries = Object.entries(object.data ?? {});
      found.set(name, Object.fromEntries(entries.map(([key, text]) => [key, decode(text)])));
    }
    return found;
  };
  return {
    configMaps: await read('configmaps', configMaps, (text) => text),
    secrets: await read('secrets', secrets, (text) => Buffer.from(text, 'base64').toString('utf8')),
  };
}

/** The kubeconfig that a pod would have: its ServiceAccount's token, and the cluster's CA. */
async function accountKubeconfig(
  api: KubeApi,
  { controlPlane }: FederationMember,
  { serviceAccount, namespace }: LocalPod,
  directory: string,
): Promise<string> {
  const token = await serviceAccountToken(api, namespace, serviceAccount);
  const { name, server, caPem } = controlPlane;
  const path = localKubeconfigIn(directory);
  writePrivate(
    path,
    stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name },
      clusters: [
        {
          name,
          cluster: {
            server,
            'certificate-authority-data': Buffer.from(caPem).toString('base64'),
          },
        },
      ],
      users: [{ name: serviceAccount, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: serviceAccount, namespace } }],
    }),
  );
  return path;
}

/** The file with an agent's access to its own cluster. */
export const localKubeconfigIn = (directory: string): string => join(directory, 'local.kubeconfig');

/** A token of a ServiceAccount, as `kubectl create token` gives it. */
export async function serviceAccountToken(
  api: KubeApi,
  namespace: string,
  name: string,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const request = {
    ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' },
    spec: { expirationSeconds: TOKEN_SECONDS },
  };
  const made = expectSuccess(await api.send('POST', path, request), `token of ${name}`);
  return (made as { status: { token: string } }).status.token;
}

type Asked = { status?: { request?: { keySha256?: string } } };

/** Returns the digest of the key with which the agent of a member asks for a certificate. */
export async function untilAsked(hub: KubeApi, member: string): Promise<string> {
  const deadline = performance.now() + ASKED_WITHIN_MS;
  for (;;) {
    const found = (await hub.get(`${MEMBERS_PATH}/${member}`)) as Asked | undefined;
    const digest = found?.status?.request?.keySha256;
    if (digest !== undefined) return digest;
    if (performance.now() > deadline) {
      throw new Error(`the agent of ${member} did not ask to join within ${ASKED_WITHIN_MS} ms`);
    }
    await delay(POLL_MS);
  }
}
