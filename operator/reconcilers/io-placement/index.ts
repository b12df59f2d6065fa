import {
  type IOCluster,
  type IOPlacement,
  ioPlacementResource,
} from '../../../crds/schema/index.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { Controller } from '../../runtime/controller.ts';
import type { Informer } from '../../runtime/informer.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { clusterUidOf } from '../federation-state.ts';

/**
 * Deletes placements that no IOCluster stands behind: its finalizer was taken away by hand, say.
 * A placement is written after its IOCluster was read from the same cache, so one that has no
 * IOCluster there has lost it.
 */
export function ioPlacementController(options: {
  client: ApiClient;
  placements: Informer<IOPlacement>;
  clusters: Informer<IOCluster>;
  metrics: RuntimeMetrics;
  logger: Logger;
}): Controller {
  const { client, placements, clusters } = options;
  return new Controller({
    name: 'io-placement',
    reconcile: async (key, { signal, logger }) => {
      const placement = placements.cache.get(key);
      if (placement === undefined || placement.metadata.deletionTimestamp !== undefined) return;
      const [uid = ''] = clusterUidOf(placement);
      if (clusters.cache.byIndex('uid', uid).length > 0) return;
      logger.warn({ clusterUid: uid }, 'no IOCluster stands behind this placement, it is deleted');
      const { name, namespace } = placement.metadata;
      await client.delete(ioPlacementResource, name, namespace, {
        uid: placement.metadata.uid,
        signal,
      });
    },
    metrics: options.metrics,
    logger: options.logger,
    resyncPeriodMs: 10 * 60_000,
  })
    .watch(placements)
    .watch(clusters, ({ metadata }, { type }) =>
      type === 'deleted'
        ? placements.cache
            .byIndex('clusterUid', metadata.uid ?? '')
            .map((found) => `${found.metadata.namespace}/${found.metadata.name}`)
        : [],
    );
}
