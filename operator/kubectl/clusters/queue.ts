import type { IOCluster } from '../../../crds/schema/index.ts';
import { isWaiting } from './condition.ts';

/** Where a cluster stands among those that wait: 1 is the next. */
export type QueuePlace = Readonly<{ place: number; waiting: number }>;

/**
 * The order in which the hub lets clusters in: higher priority first, then who came first. Who does
 * not fit is passed by, so a place is no promise. Undefined for a cluster that does not wait.
 */
export function queuePlace(
  cluster: IOCluster,
  all: readonly IOCluster[],
  priorityOf: (name: string | undefined) => number,
): QueuePlace | undefined {
  if (!isWaiting(cluster)) return undefined;
  const line = all.filter(isWaiting).toSorted((a, b) => {
    const byPriority = priorityOf(b.spec.priorityClassName) - priorityOf(a.spec.priorityClassName);
    return byPriority === 0 ? compareTimes(a, b) : byPriority;
  });
  const index = line.findIndex(({ metadata }) => metadata.uid === cluster.metadata.uid);
  return index === -1 ? undefined : { place: index + 1, waiting: line.length };
}

function compareTimes(a: IOCluster, b: IOCluster): number {
  const [first, second] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? '');
  if (first === second) return 0;
  return first! < second! ? -1 : 1;
}
