import {
  type IOCluster,
  type IOPlacement,
  ioPlacementResource,
} from '../../../crds/schema/index.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller } from '../../runtime/controller.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { keyOf } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { clusterUidOf, theOneThatCounts } from '../federation-state.ts';

/**
 * Deletes placements that no IOCluster stands behind: its finalizer was taken away by hand, say.
 * A placement is written after its IOCluster was read from the same cache, so one that has no
 * IOCluster there has lost it. Also those beside the one that counts: a hub that was held up while
 * another took over has written them.
 */
export function ioPlacementController(options: {
  client: Pick<ApiClient, 'delete'>;
  placements: WatchedInformer<IOPlacement>;
  clusters: WatchedInformer<IOCluster>;
  clock: Clock;
  metrics: RuntimeMetrics;
  logger: Logger;
}): Controller {
  const { client, placements, clusters } = options;
  const keysOf = (uid: string) => placements.cache.byIndex('clusterUid', uid).map(keyOf);
  return new Controller({
    name: 'io-placement',
    reconcile: async (key, { signal, logger }) => {
      const placement = placements.cache.get(key);
      if (placement === undefined || placement.metadata.deletionTimestamp !== undefined) return;
      const [uid = ''] = clusterUidOf(placement);
      const isOwned = clusters.cache.byIndex('uid', uid).length > 0;
      const counts = theOneThatCounts(placements.cache.byIndex('clusterUid', uid));
      if (isOwned && counts?.metadata.uid === placement.metadata.uid) return;
      const why = isOwned
        ? 'another placement of its IOCluster counts, this one is deleted'
        : 'no IOCluster stands behind this placement, it is deleted';
      logger.warn({ clusterUid: uid }, why);
      const { name, namespace } = placement.metadata;
      await client.delete(ioPlacementResource, name, namespace, {
        uid: placement.metadata.uid,
        signal,
      });
    },
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
    resyncPeriodMs: 10 * 60_000,
  })
    .watch(placements, (placement) => [
      keyOf(placement),
      ...clusterUidOf(placement).flatMap(keysOf),
    ])
    .watch(clusters, ({ metadata }, { type }) =>
      type === 'deleted' ? keysOf(metadata.uid ?? '') : [],
    );
}
