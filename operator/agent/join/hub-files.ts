import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Credentials } from '../../ports/credential-store.ts';

/** How the hub is reached. */
export type HubRoute = Readonly<{
  /** `https://host:port` of its API server. */
  url: string;
  /** PEM file of the CAs that its certificate is checked against; undefined: the system's. */
  caFile: string | undefined;
  proxyUrl: string | undefined;
}>;

const pairFile = 'hub.pem';

/**
 * Writes the kubeconfig of the hub into a private folder, and returns its path. It refers to a file of
 * credentials, which may come later.
 */
export function writeHubKubeconfig(directory: string, route: HubRoute): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const kubeconfig = resolve(directory, 'hub.kubeconfig');
  writePrivate(kubeconfig, JSON.stringify(kubeconfigOf(route, resolve(directory, pairFile))));
  return kubeconfig;
}

/** Key and certificate are one file, so that whoever reads it gets a pair, at any time. */
export function writeHubCredentials(
  directory: string,
  { keyPem, certificatePem }: Credentials,
): void {
  writePrivate(resolve(directory, pairFile), `${certificatePem.trimEnd()}\n${keyPem}`);
}

function kubeconfigOf({ url, caFile, proxyUrl }: HubRoute, pair: string): object {
  const cluster = {
    server: url,
    ...(caFile === undefined ? {} : { 'certificate-authority': resolve(caFile) }),
    ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
  };
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'hub' },
    clusters: [{ name: 'hub', cluster }],
    users: [{ name: 'agent', user: { 'client-certificate': pair, 'client-key': pair } }],
    contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'agent' } }],
  };
}

/** Only this user may read it, and whoever reads it at that time sees all or nothing. */
function writePrivate(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, path);
}
