import { type IOCluster, ioClusterResource } from '../../crds/schema/index.ts';
import type { ApiClient } from '../../operator/runtime/api-client.ts';
import type { Say } from './stages.ts';

/** The conditions on the way of an IOCluster, in their order. */
const way = ['Valid', 'Admitted', 'Placed', 'Provisioned', 'Ready'] as const;

const WATCH_SECONDS = 300;

/** A condition that became True, `afterMs` after the clock was started. */
export type Milestone = {
  readonly type: string;
  readonly afterMs: number;
  readonly message: string;
};

/**
 * Watches an IOCluster until it is Ready and returns when each condition first was True. `elapsed`
 * gives milliseconds since it was applied. Throws when it is deleted or the watch ends before.
 */
export async function followUntilReady(
  client: ApiClient,
  { namespace, name }: { namespace: string; name: string },
  elapsed: () => number,
  say: Say,
): Promise<readonly Milestone[]> {
  const milestones = new Map<string, Milestone>();
  const isReady = (cluster: IOCluster): boolean => {
    for (const { type, message } of reached(cluster)) {
      if (milestones.has(type)) continue;
      milestones.set(type, { type, afterMs: elapsed(), message });
    }
    const next = cluster.status?.conditions?.find(
      ({ type, status }) => way.some((step) => step === type) && status !== 'True',
    );
    say(next === undefined ? '' : `${next.type}: ${next.message}`);
    return milestones.has('Ready');
  };
  const fieldSelector = `metadata.name=${name}`;
  const page = await client.list(ioClusterResource, { namespace, fieldSelector });
  const stop = new AbortController();
  try {
    if (page.items.some(isReady)) return inOrder(milestones);
    const events = client.watch(ioClusterResource, {
      namespace,
      fieldSelector,
      resourceVersion: page.resourceVersion,
      timeoutSeconds: WATCH_SECONDS,
      signal: stop.signal,
    });
    for await (const event of events) {
      if (event.type === 'DELETED') throw new Error(`${namespace}/${name} was deleted`);
      const moved = event.type === 'ADDED' || event.type === 'MODIFIED';
      if (moved && isReady(event.object)) return inOrder(milestones);
    }
  } finally {
    stop.abort();
  }
  throw new Error(`the watch of ${namespace}/${name} ended before it was Ready`);
}

function reached({ status }: IOCluster) {
  return (status?.conditions ?? []).filter(({ status: is }) => is === 'True');
}

function inOrder(milestones: ReadonlyMap<string, Milestone>): readonly Milestone[] {
  return way.flatMap((type) => milestones.get(type) ?? []);
}
