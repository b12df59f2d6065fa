import type { IOCluster } from '../../../crds/schema/index.ts';

type Conditions = NonNullable<NonNullable<IOCluster['status']>['conditions']>;
export type ClusterCondition = Conditions[number];

export function conditionOf({ status }: IOCluster, wanted: string): ClusterCondition | undefined {
  return status?.conditions?.find(({ type }) => type === wanted);
}

/** Where a cluster stands in one word, and why. */
export function standingOf(cluster: IOCluster): Readonly<{ word: string; why: string }> {
  if (cluster.metadata.deletionTimestamp !== undefined) {
    return { word: 'Ending', why: 'It is being deleted.' };
  }
  const [ready, finished, valid, admitted] = ['Ready', 'Finished', 'Valid', 'Admitted'].map(
    (type) => conditionOf(cluster, type),
  );
  if (ready === undefined) return { word: 'New', why: 'The hub has not seen it yet.' };
  const word =
    finished?.status === 'True'
      ? 'Finished'
      : cluster.spec.suspend
        ? 'Suspended'
        : valid?.status === 'False'
          ? 'Invalid'
          : ready.status === 'True'
            ? 'Ready'
            : admitted?.status === 'True'
              ? 'Starting'
              : 'Waiting';
  return { word, why: (word === 'Finished' ? finished : ready)?.message ?? '' };
}

/** Whether it waits for devices or money. */
export const isWaiting = (cluster: IOCluster): boolean => standingOf(cluster).word === 'Waiting';
