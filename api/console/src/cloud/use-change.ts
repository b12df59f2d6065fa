import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { answerOf, client } from '../client/typed.ts';
import { useAction } from '../client/use-api.ts';

/** What can be changed of a cluster that is there. */
export type ClusterChange = Readonly<{
  suspend?: boolean;
  workerGroups?: { name: string; replicas: number }[];
  ttl?: string;
}>;

/** Changes a cluster as it was seen: who was faster wins, and one is told. */
export function useChange({ namespace, name, resourceVersion }: ClusterView) {
  return useAction(
    (change: ClusterChange) =>
      answerOf(
        client.PATCH('/v1/namespaces/{ns}/clusters/{name}', {
          params: { path: { ns: namespace, name } },
          body: change,
          headers: { 'if-match': `"${resourceVersion}"` },
        }),
      ),
    { success: 'Changed.', invalidates: [['cluster', namespace]] },
  );
}
