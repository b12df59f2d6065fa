import type { ApiClient } from '../runtime/api-client.ts';
import type { Resource } from '../runtime/resource.ts';

const namespaces: Resource = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

/**
 * What tells one cluster from another: the uid of its namespace kube-system, which lives as long as
 * the cluster does. Asked until it is known; undefined before.
 */
export function clusterUid(local: Pick<ApiClient, 'get'>): () => Promise<string | undefined> {
  let known: string | undefined;
  return async () => {
    known ??= await local.get(namespaces, 'kube-system').then(
      (namespace) => namespace?.metadata.uid,
      () => undefined,
    );
    return known;
  };
}
