import type { KubeApi } from '../../federation/kube-api.ts';
import type { World } from '../../federation/world.ts';
import { apiWrites, type ApiWrites, difference } from '../api-writes.ts';
import { CpuUse } from '../cpu.ts';
import type { Arrivals } from './arrivals.ts';
import { type Accepted, applyClusters } from './renters.ts';

const PLACED_WITHIN_MS = 300_000;

export type Throughput = {
  readonly clusters: readonly Accepted[];
  /** From the start of the hub's process until the last RayCluster was on its member. */
  readonly seconds: number;
  /** From the start of the hub's process until the first one was. */
  readonly secondsToFirst: number;
  /** What hub and agents wrote in that time. */
  readonly writes: ApiWrites;
  /** Who used the processors in that time. */
  readonly cpu: string;
};

/**
 * IOClusters that wait for a hub: `count` of them are applied while none runs, then it starts. The
 * start of the process, its caches and its election are in the time.
 */
export async function measureThroughput(
  hub: KubeApi,
  world: World,
  arrivals: Arrivals,
  count: number,
): Promise<Throughput> {
  const { operator } = world;
  await operator.hub.kill('SIGTERM');
  const clusters = await applyClusters(hub, 'burst', count);
  const uids = clusters.map(({ uid }) => uid);
  const before = await apiWrites(operator.agents);
  const cpu = new CpuUse(world);
  const startedNs = process.hrtime.bigint();
  const [, lastNs] = await Promise.all([
    operator.hub.start(),
    arrivals.all(uids, PLACED_WITHIN_MS),
  ]);
  const used = cpu.describe();
  const writes = difference(before, await apiWrites([operator.hub, ...operator.agents]));
  const firstNs = uids.map((uid) => arrivals.at(uid)).reduce((a, b) => (a < b ? a : b));
  return {
    clusters,
    seconds: Number(lastNs - startedNs) / 1e9,
    secondsToFirst: Number(firstNs - startedNs) / 1e9,
    writes,
    cpu: used,
  };
}
