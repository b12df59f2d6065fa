import { type IOCluster, ioClusterResource } from '../../../crds/schema/index.ts';
import { ApiError } from '../../runtime/api-error.ts';
import { priorityClassResource } from '../../runtime/priority-class.ts';
import { listAll } from '../list-all.ts';
import type { Session } from '../session.ts';
import { isWaiting } from './condition.ts';
import { queuePlace } from './queue.ts';

/** Where a cluster that waits stands, as far as the person may see; undefined for one that does not. */
export async function lineOf(session: Session, cluster: IOCluster): Promise<string | undefined> {
  if (!isWaiting(cluster)) return undefined;
  const namespace = cluster.metadata.namespace ?? '';
  const everywhere = await allowed(() => listAll(session, ioClusterResource));
  const here =
    everywhere ?? (await allowed(() => listAll(session, ioClusterResource, { namespace }))) ?? [];
  const classes = (await allowed(() => listAll(session, priorityClassResource))) ?? [];
  const priorities = new Map(classes.map(({ metadata, value }) => [metadata.name, value]));
  const found = queuePlace(cluster, here, (name) => priorities.get(name ?? '') ?? 0);
  if (found === undefined) return undefined;
  const where = everywhere === undefined ? ` in namespace ${namespace}; others may wait, too` : '';
  return `${found.place} of ${found.waiting} that wait${where}. Who fits first starts first.`;
}

/** Undefined: the person may not. */
async function allowed<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}
