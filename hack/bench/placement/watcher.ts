import { clientOf, rayClusterResource } from '../../federation/clients.ts';

/**
 * A process of its own that watches the RayClusters of the members and tells its parent when each
 * one came: neither the product nor the bench that loads it can delay what it sees. Arguments: the
 * kubeconfigs of the members.
 */

/** What the parent is told: a watch is open, or a RayCluster of an IOCluster was added. */
export type Message =
  | { readonly type: 'watching' }
  | { readonly type: 'arrived'; readonly clusterUid: string; readonly atNs: string };

const WATCH_SECONDS = 3_600;
const CLUSTER_UID = 'compute.io.net/cluster-uid';

async function watch(kubeconfig: string): Promise<void> {
  const client = clientOf(kubeconfig);
  const { resourceVersion } = await client.list(rayClusterResource, { limit: 1 });
  tell({ type: 'watching' });
  const events = client.watch(rayClusterResource, {
    labelSelector: CLUSTER_UID,
    resourceVersion,
    timeoutSeconds: WATCH_SECONDS,
    silenceMs: WATCH_SECONDS * 1000,
    signal: AbortSignal.timeout(WATCH_SECONDS * 1000),
  });
  for await (const event of events) {
    const atNs = process.hrtime.bigint();
    if (event.type === 'ERROR') throw event.error;
    if (event.type !== 'ADDED') continue;
    const clusterUid = event.object.metadata.labels?.[CLUSTER_UID] ?? '';
    tell({ type: 'arrived', clusterUid, atNs: String(atNs) });
  }
  throw new Error(`the watch with ${kubeconfig} has ended`);
}

function tell(message: Message): void {
  process.send?.(message);
}

process.once('disconnect', () => process.exit(0));
await Promise.all(process.argv.slice(2).map(watch));
