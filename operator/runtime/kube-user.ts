import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

/**
 * The bearer token of the current user, also from a file, an exec plugin or OIDC; undefined for one
 * who authenticates otherwise, such as by a certificate.
 */
export async function bearerTokenOf(config: KubeConfig): Promise<string | undefined> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (name.toLowerCase() !== 'authorization') continue;
    const [, token] = /^Bearer +(\S+)$/i.exec(String(value)) ?? [];
    return token;
  }
  return undefined;
}

/** The namespace of the current context. */
export function namespaceOf(config: KubeConfig): string {
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  return namespace === undefined || namespace === '' ? 'default' : namespace;
}

/** The names of all contexts. */
export function contextNamesOf(config: KubeConfig): readonly string[] {
  return config.getContexts().map(({ name }) => name);
}
