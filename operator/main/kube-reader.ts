import type { Config } from '../config.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { loadKubeConfig } from '../runtime/kube-config.ts';
import { version } from '../version.ts';

/** Asks the hub's API server with the rights of a person's kubeconfig, and closes the connection. */
export async function withHub<T>(
  config: Config & Readonly<{ kubeconfig?: string | undefined }>,
  ask: (client: ApiClient) => Promise<T>,
): Promise<T> {
  const client = new ApiClient({
    kubeConfig: loadKubeConfig(config.kubeconfig),
    userAgent: `io-operator/${version} (${config.command})`,
  });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}
