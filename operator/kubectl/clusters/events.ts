import type { IOCluster } from '../../../crds/schema/index.ts';
import { ApiError } from '../../runtime/api-error.ts';
import { eventResource } from '../../runtime/events.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Session } from '../session.ts';

/** What a person is shown of an Event. */
export type ClusterEvent = Readonly<{ reason: string; note: string; time: string; times: number }>;

const maximumEvents = 10;
const maximumRead = 500;

/** The newest events of a cluster, the oldest of them first; none where they may not be read. */
export async function eventsOf(
  { client, signal }: Pick<Session, 'client' | 'signal'>,
  { metadata }: IOCluster,
): Promise<readonly ClusterEvent[]> {
  try {
    const { items } = await client.list(eventResource, {
      namespace: metadata.namespace ?? '',
      fieldSelector: `regarding.name=${metadata.name},regarding.kind=IOCluster`,
      limit: maximumRead,
      signal,
    });
    return items
      .map(eventOf)
      .toSorted((a, b) => (a.time < b.time ? -1 : 1))
      .slice(-maximumEvents);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return [];
    throw error;
  }
}

function eventOf(event: KubeObject): ClusterEvent {
  const { reason, note, eventTime, series, deprecatedCount } = event as KubeObject & {
    reason?: string;
    note?: string;
    eventTime?: string | null;
    deprecatedCount?: number;
    series?: { count?: number; lastObservedTime?: string } | null;
  };
  return {
    reason: reason ?? '',
    note: note ?? '',
    time: series?.lastObservedTime ?? eventTime ?? event.metadata.creationTimestamp ?? '',
    times: series?.count ?? deprecatedCount ?? 1,
  };
}
