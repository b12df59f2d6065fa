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
/** One that gets no answer holds nothing up: it is tried again. */
const answerWithinMs = 5_000;
const maxConcurrent = 16;

export type FencingOptions<RayCluster extends KubeObject> = Readonly<{
  fences: Fences;
  local: Pick<ApiClient, 'delete'>;
  resource: Resource<RayCluster>;
  rayClusters: Pick<WatchedInformer<RayCluster>, 'cache'>;
  /** The hub said of a lease in doubt whether it is here. */
  released: (leaseId: string) => void;
  clock: Clock;
  logger: Logger;
}>;

/**
 * Stops the work of leases when the hub is not heard. It needs nothing but the member's own cluster:
 * RayClusters say themselves after how long they are to be stopped, so it works before the hub was
 * ever reached by this process. Neither a hub nor an API server that is slow holds it up.
 */
export function fencing<RayCluster extends KubeObject>(
  options: FencingOptions<RayCluster>,
): Runnable {
  const { clock } = options;
  const stopping = new Underway();
  const asking = new Underway();
  return {
    name: 'fencing',
    needsLeadership: false,
    run: async (signal) => {
      while (!signal.aborted) {
        for (const each of fencedOnes(options)) {
          stopping.begin(each.metadata.uid ?? each.metadata.name, () =>
            stop(each, options, signal),
          );
        }
        for (const leaseId of options.fences.askable()) {
          asking.begin(leaseId, () => ask(leaseId, options, signal));
        }
        await sleep(clock, lookMs, signal);
      }
    },
  };
}

/** Work that is under way, each at most once at a time, and not too much of it. */
class Underway {
  readonly #keys = new Set<string>();

  begin(key: string, work: () => Promise<void>): void {
    if (this.#keys.has(key) || this.#keys.size >= maxConcurrent) return;
    this.#keys.add(key);
    void work().finally(() => this.#keys.delete(key));
  }
}

/** All are looked at before the first is deleted: their meters end in this second. */
function fencedOnes<RayCluster extends KubeObject>({
  fences,
  rayClusters,
}: FencingOptions<RayCluster>): readonly RayCluster[] {
  return rayClusters.cache.list().filter(({ metadata }) => {
    const leaseId = metadata.labels?.[leaseLabel];
    const afterSeconds = Number(metadata.labels?.[fenceAfterLabel]);
    if (leaseId === undefined || !(afterSeconds > 0)) return false;
    const isFenced = fences.check(leaseId, afterSeconds) === 'Fenced';
    return isFenced && metadata.deletionTimestamp === undefined;
  });
}

async function stop<RayCluster extends KubeObject>(
  { metadata }: RayCluster,
  { local, resource, logger }: FencingOptions<RayCluster>,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, uid } = metadata;
  try {
    await local.delete(resource, name, namespace, {
      ...(uid === undefined ? {} : { uid }),
      ...{ propagationPolicy: 'Foreground', urgent: true, timeoutMs: answerWithinMs, signal },
    });
  } catch (error) {
    if (!signal.aborted) logger.error(errorFields(error), 'a fenced lease still runs');
  }
}

async function ask<RayCluster extends KubeObject>(
  leaseId: string,
  { fences, released, logger }: FencingOptions<RayCluster>,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (await fences.ask(leaseId, signal)) released(leaseId);
  } catch (error) {
    if (!signal.aborted) logger.debug(errorFields(error), 'the hub gave no answer');
  }
}
