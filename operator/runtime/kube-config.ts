import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { messageOf } from './logger.ts';

/**
 * The cluster and credentials of a kubeconfig file or, without a path, of the pod's service
 * account or the user's own kubeconfig; of another of its contexts than the current one, if `context`
 * names it. Throws with the path and what is wrong with it.
 */
export function loadKubeConfig(path?: string, context?: string): KubeConfig {
  const config = new KubeConfig();
  if (path === undefined) {
    config.loadFromDefault();
    return inContext(config, context);
  }
  try {
    config.loadFromFile(path);
  } catch (error) {
    throw new Error(`kubeconfig ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  inContext(config, context);
  if (config.getCurrentCluster() === null) {
    throw new Error(`kubeconfig ${path}: current-context names no cluster of this file`);
  }
  return config;
}

function inContext(config: KubeConfig, context: string | undefined): KubeConfig {
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(`context ${context}: no such context; known: ${known.join(', ')}`);
  }
  config.setCurrentContext(context);
  return config;
}

/** Where a kubeconfig's API server is, and the certificates that it is checked against, in PEM. */
export function serverOf(config: KubeConfig): Readonly<{ url: string; caBundle?: string }> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig names no cluster');
  const { server: url, caData, caFile } = cluster;
  if (caData !== undefined)
    return { url, caBundle: Buffer.from(caData, 'base64').toString('utf8') };
  return caFile === undefined ? { url } : { url, caBundle: readFileSync(caFile, 'utf8') };
}

/** An API server and the client certificate of a user; certificates and key in PEM. */
export type CertificateAccess = Readonly<{
  url: string;
  /** Undefined: its certificate is one that everybody trusts. */
  caBundle: string | undefined;
  proxyUrl: string | undefined;
  certificate: string;
  key: string;
}>;

/** A kubeconfig in memory only. */
export function certificateKubeConfig(access: CertificateAccess): KubeConfig {
  const { url: server, caBundle, proxyUrl, certificate, key } = access;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    {
      ...{ name: 'hub', server, skipTLSVerify: false },
      ...(caBundle === undefined ? {} : { caData: base64(caBundle) }),
      ...(proxyUrl === undefined ? {} : { proxyUrl }),
    },
    { name: 'member', certData: base64(certificate), keyData: base64(key) },
  );
  return config;
}

/** The same for whoever has a token only. */
export function tokenKubeConfig(
  access: Omit<CertificateAccess, 'certificate' | 'key'> & Readonly<{ token: string }>,
): KubeConfig {
  const { url: server, caBundle, proxyUrl, token } = access;
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    {
      ...{ name: 'hub', server, skipTLSVerify: false },
      ...(caBundle === undefined ? {} : { caData: Buffer.from(caBundle).toString('base64') }),
      ...(proxyUrl === undefined ? {} : { proxyUrl }),
    },
    { name: 'invited', token },
  );
  return config;
}
