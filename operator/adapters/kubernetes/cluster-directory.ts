import { type IOCluster, ioClusterResource } from '../../../crds/schema/index.ts';
import type { ClusterDirectory, ClusterPlace } from '../../ports/cluster-directory.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { Informer } from '../../runtime/informer.ts';
import { objectKey } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';

/** The directory, and the watch that it lives by. */
export type WatchedClusterDirectory = ClusterDirectory &
  Readonly<{
    /** Until the signal is aborted. */
    run: (signal: AbortSignal) => Promise<void>;
  }>;

/** Watches the hub's IOClusters; the client needs `list` and `watch` on them. */
export function createClusterDirectory(
  client: Pick<ApiClient, 'list' | 'watch'>,
  logger: Logger,
): WatchedClusterDirectory {
  const clusters = new Informer({
    client,
    resource: ioClusterResource,
    transform: onlyWhatRoutes,
    logger,
  });
  return {
    find: (namespace, name) => {
      const cluster = clusters.cache.get(objectKey(name, namespace));
      return cluster === undefined ? undefined : placeOf(cluster);
    },
    isKnown: () => clusters.hasSynced(),
    run: (signal) => clusters.start(signal),
  };
}

function placeOf({ status }: IOCluster): ClusterPlace {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const lease = status?.lease;
  return {
    lease: lease === undefined ? undefined : { id: lease.placement, member: lease.member },
    ready: ready?.status === 'True',
    reason: ready?.reason ?? 'Pending',
    message: ready?.message ?? 'the hub has not looked at it yet',
  };
}

/** There are tens of thousands: quotes, spending and refusals do not say where one runs. */
function onlyWhatRoutes({ apiVersion, kind, metadata, spec, status }: IOCluster): IOCluster {
  const kept = { apiVersion, kind, metadata, spec };
  if (status === undefined) return kept;
  const { conditions = [], lease } = status;
  const ready = conditions.filter(({ type }) => type === 'Ready');
  return {
    ...kept,
    status: { conditions: ready, ...(lease === undefined ? {} : { lease }) },
  };
}
