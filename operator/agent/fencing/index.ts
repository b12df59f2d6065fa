import { fenceAfterLabel, leaseLabel } from '../../domain/raycluster/manifest.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';
import type { Resource } from '../../runtime/resource.ts';
import type { Fences } from './fences.ts';

const lookMs = 500;

export type FencingOptions<RayCluster extends KubeObject> = Readonly<{
  fences: Fences;
  local: ApiClient;
  resource: Resource<RayCluster>;
  rayClusters: WatchedInformer<RayCluster>;
  /** A lease may run again, or its placement is gone. */
  released: (leaseId: string) => void;
  clock: Clock;
  logger: Logger;
}>;

/**
 * Stops the work of leases when the hub is not heard. It needs nothing but the member's own cluster:
 * RayClusters say themselves after how long they are to be stopped, so it works before the hub was
 * ever reached by this process.
 */
export function fencing<RayCluster extends KubeObject>(
  options: FencingOptions<RayCluster>,
): Runnable {
  const { fences, rayClusters, clock, logger } = options;
  return {
    name: 'fencing',
    needsLeadership: false,
    run: async (signal) => {
      while (!signal.aborted) {
        for (const each of rayClusters.cache.list()) {
          await stopIfSilent(each, options, signal).catch((error: unknown) => {
            if (!signal.aborted) logger.error(errorFields(error), 'a fenced lease still runs');
          });
        }
        for (const leaseId of fences.askable()) {
          await fences.ask(leaseId, signal).then(
            (isReleased) => (isReleased ? options.released(leaseId) : undefined),
            (error: unknown) => {
              if (!signal.aborted) logger.debug(errorFields(error), 'the hub gave no answer');
            },
          );
        }
        await sleep(clock, lookMs, signal);
      }
    },
  };
}

async function stopIfSilent<RayCluster extends KubeObject>(
  { metadata }: RayCluster,
  { fences, local, resource }: FencingOptions<RayCluster>,
  signal: AbortSignal,
): Promise<void> {
  const leaseId = metadata.labels?.[leaseLabel];
  const afterSeconds = Number(metadata.labels?.[fenceAfterLabel]);
  if (leaseId === undefined || !(afterSeconds > 0)) return;
  const isFenced = fences.check(leaseId, afterSeconds) === 'Fenced';
  if (!isFenced || metadata.deletionTimestamp !== undefined) return;
  await local.delete(resource, metadata.name, metadata.namespace, {
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    propagationPolicy: 'Foreground',
    signal,
  });
}
