import type { IOCluster } from '../../../crds/schema/index.ts';
import type { ClusterChange } from '../../ports/cluster-writer.ts';
import { HubRefusedError } from '../../ports/hub-errors.ts';
import type { JsonPatchOperation } from '../../runtime/api-client.ts';

/** Who asked the server for an object, or for its last change. */
export const requestedByAnnotation = 'compute.io.net/requested-by';

/**
 * The steps that change an IOCluster as it was read, and nothing if it is not so any more: what was
 * added to the kind since is left as it is. Throws HubRefusedError for a group that it does not have.
 */
export function clusterPatch(
  { metadata, spec }: IOCluster,
  { suspend, workerGroups = [], ttl }: ClusterChange,
  requestedBy: string,
): readonly JsonPatchOperation[] {
  const { resourceVersion, annotations } = metadata;
  const annotated: JsonPatchOperation =
    annotations === undefined
      ? {
          op: 'add',
          path: '/metadata/annotations',
          value: { [requestedByAnnotation]: requestedBy },
        }
      : {
          op: 'add',
          path: `/metadata/annotations/${requestedByAnnotation.replaceAll('/', '~1')}`,
          value: requestedBy,
        };
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    annotated,
    ...(suspend === undefined ? [] : [set('/spec/suspend', suspend)]),
    ...(ttl === undefined ? [] : [lifetimeOf(spec, ttl)]),
    ...workerGroups.flatMap((group) => resized(spec, group)),
  ];
}

const set = (path: string, value: unknown): JsonPatchOperation => ({ op: 'add', path, value });

const lifetimeOf = ({ lifetime }: IOCluster['spec'], ttl: string): JsonPatchOperation =>
  lifetime === undefined ? set('/spec/lifetime', { ttl }) : set('/spec/lifetime/ttl', ttl);

function resized(
  { workerGroups }: IOCluster['spec'],
  { name, replicas }: Readonly<{ name: string; replicas: number }>,
): readonly JsonPatchOperation[] {
  const at = workerGroups.findIndex((group) => group.name === name);
  if (at < 0) {
    const names = workerGroups.map((group) => group.name).join(', ');
    const message = `Invalid value: "${name}": must be one of ${names}`;
    throw new HubRefusedError('Invalid', message, [{ field: 'workerGroups', message }]);
  }
  const path = `/spec/workerGroups/${at}`;
  return [{ op: 'test', path: `${path}/name`, value: name }, set(`${path}/replicas`, replicas)];
}
