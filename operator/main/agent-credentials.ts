import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ApiClient } from '../runtime/api-client.ts';
import { certificateKubeConfig } from '../runtime/kube-config.ts';
import { type KubeObject, splitKey } from '../runtime/kube-object.ts';
import type { Resource } from '../runtime/resource.ts';
import { version } from '../version.ts';

type Secret = KubeObject & Readonly<{ data?: Readonly<Record<string, string>> }>;

export const secretResource: Resource<Secret> = {
  ...{ group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
};

/** Key and certificate of an agent, in PEM. */
export type AgentCredentials = Readonly<{ certificate: string; key: string; untilMs: number }>;

/** How a hub is reached, as flags say it. */
export type HubRoute = Readonly<{
  'hub-url': string;
  'hub-ca-file'?: string | undefined;
  'https-proxy'?: string | undefined;
}>;

/** What the agent keeps in its Secret; undefined: it has no certificate (yet, or any more). */
export async function agentCredentials(
  local: ApiClient,
  secretKey: string,
): Promise<AgentCredentials | undefined> {
  const { namespace, name } = splitKey(secretKey);
  const secret = await local.get(secretResource, name, namespace);
  const certificate = decoded(secret?.data?.['tls.crt']);
  const key = decoded(secret?.data?.['tls.key']);
  if (certificate === '' || key === '') return undefined;
  return { certificate, key, untilMs: new X509Certificate(certificate).validToDate.getTime() };
}

/** The hub with the agent's own rights. Close it. */
export function hubAsAgent(
  route: HubRoute,
  { certificate, key }: AgentCredentials,
  command: string,
): ApiClient {
  return new ApiClient({
    kubeConfig: certificateKubeConfig({
      url: route['hub-url'],
      caBundle: caBundleOf(route),
      proxyUrl: route['https-proxy'],
      certificate,
      key,
    }),
    userAgent: `io-operator/${version} (${command})`,
    timeoutMs: 10_000,
  });
}

/** The certificates that the hub's is checked against; undefined: those that everybody trusts. */
export function caBundleOf(route: HubRoute): string | undefined {
  const path = route['hub-ca-file'];
  return path === undefined ? undefined : readFileSync(path, 'utf8');
}

const decoded = (base64: string | undefined): string =>
  Buffer.from(base64 ?? '', 'base64').toString('utf8');
