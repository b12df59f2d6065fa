import { eventually } from '../../../operator/testing/eventually.ts';
import { isConditionTrue } from '../../../operator/runtime/status.ts';
import { KubeApi } from '../../federation/kube-api.ts';
import type { World } from '../../federation/world.ts';
import { type ApiWrites, total } from '../api-writes.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { untilQuiet, withWorld } from '../federation.ts';
import { Arrivals } from './arrivals.ts';
import { measureLatency } from './latency.ts';
import { benchMembers, models } from './members.ts';
import { measureRaw, planRaw, rawConcurrency } from './raw.ts';
import { createRenters } from './renters.ts';
import { measureThroughput } from './throughput.ts';

const STEADY_CLUSTERS = 500;
const STEADY_PER_SECOND = 10;
const BURST_CLUSTERS = 1_000;
const OFFERED_WITHIN_MS = 300_000;
const OFFERED_POLL_MS = 500;
/** Longer than the bench: what simulated nodes do meanwhile is not what is measured. */
const NODE_LEASE_SECONDS = 1_200;
const CLIENT_CONNECTIONS = 16;

/** How fast IOClusters become RayClusters, one at a time and a thousand at once. */
export async function placement(context: BenchContext): Promise<void> {
  const steady = scaled(context, STEADY_CLUSTERS);
  const burst = scaled(context, BURST_CLUSTERS);
  const members = benchMembers(Math.ceil((steady + burst) / models.length));
  const options = { members, devicePlugin: false, nodeLeaseSeconds: NODE_LEASE_SECONDS };
  await withWorld(options, async (world) => {
    const hub = new KubeApi(world.federation.hub.adminKubeconfigPath, CLIENT_CONNECTIONS);
    const arrivals = await Arrivals.start(world.federation);
    try {
      const devices = await untilOffered(world);
      await createRenters(hub);
      const run = { context, world, hub, arrivals, devices };
      await steadyArrivals(run, steady);
      await burstAndRaw(run, burst);
    } finally {
      arrivals.close();
      await hub.close();
    }
  });
}

type Run = {
  readonly context: BenchContext;
  readonly world: World;
  readonly hub: KubeApi;
  readonly arrivals: Arrivals;
  readonly devices: number;
};

async function steadyArrivals(run: Run, count: number): Promise<void> {
  const { context, world, hub, arrivals, devices } = run;
  context.say(`${count} IOClusters, ${STEADY_PER_SECOND} a second, on ${devices} devices`);
  const latency = await measureLatency(hub, arrivals, { count, perSecond: STEADY_PER_SECOND });
  const where = `3 members, ${devices} devices, ${STEADY_PER_SECOND} a second, KubeRay runs`;
  const figure = { unit: 'ms', n: count } as const;
  context.figures.add({
    ...figure,
    name: 'apply_to_raycluster_p50_ms',
    value: latency.p50Ms,
    note: `from kubectl apply accepted to RayCluster on the member; ${where}`,
  });
  const sent = `from sending the apply ${latency.p99FromSendingMs.toFixed(0)} ms`;
  context.figures.add({
    ...figure,
    name: 'apply_to_raycluster_p99_ms',
    value: latency.p99Ms,
    note: `as p50; ${sent}; slowest ${latency.maximumMs.toFixed(0)} ms`,
  });
  context.say('waiting until pods run and nothing is written any more');
  await untilQuiet(world);
}

async function burstAndRaw(run: Run, count: number): Promise<void> {
  const { context, world, hub, arrivals } = run;
  const { figures } = context;
  const { members } = world.federation;
  const stop = members.map(({ controlPlane }) => controlPlane.stopComponent('kuberay-operator'));
  await Promise.all(stop);
  context.say(`${count} IOClusters wait for the hub`);
  const { seconds, secondsToFirst, writes, clusters, cpu } = await measureThroughput(
    hub,
    world,
    arrivals,
    count,
  );
  const rate = count / seconds;
  const startUp = `the hub's start is in it, ${secondsToFirst.toFixed(1)} s to the first`;
  figures.add({
    name: 'placements_per_s',
    value: rate,
    unit: '1/s',
    n: count,
    note: `${count} IOClusters wait for a hub; ${startUp}; KubeRay is stopped; ${cpu}`,
  });
  figures.add({
    name: 'api_writes_per_placement',
    value: total(writes) / count,
    unit: 'writes',
    n: count,
    note: `of hub and agents until the last RayCluster, leases left out: ${perPlacement(writes, count)}`,
  });
  await untilQuiet(world);
  const plan = await planRaw(world, clusters);
  await world.operator.stop();
  context.say(`the writes of ${count} placements without logic`);
  const rawRate = count / (await measureRaw(world, plan, count));
  figures.add({
    name: 'raw_placements_per_s',
    value: rawRate,
    unit: '1/s',
    n: count,
    note: `the same 8 writes for each, ${rawConcurrency} at once, by one process; the product is stopped`,
  });
  figures.add({
    name: 'placements_ratio',
    value: rate / rawRate,
    unit: '',
    n: count,
    note: 'placements_per_s / raw_placements_per_s',
  });
}

function perPlacement(writes: ApiWrites, count: number): string {
  return [...writes]
    .map(([resource, n]) => `${resource.split('.')[0]} ${(n / count).toFixed(2)}`)
    .join(', ');
}

/** Returns the number of devices when all of them can be rented. */
async function untilOffered(world: World): Promise<number> {
  const pools = world.federation.members.flatMap(({ profile }) => profile.gpuPools);
  const expected = pools.reduce((sum, { nodes, gpusPerNode }) => sum + nodes * gpusPerNode, 0);
  return eventually(
    async () => {
      const devices = await world.devices();
      const offered = devices.filter(({ status }) =>
        isConditionTrue(status?.conditions, 'Offered'),
      );
      if (offered.length === expected) return expected;
      throw new Error(`${offered.length} of ${expected} IODevices are offered`);
    },
    { withinMs: OFFERED_WITHIN_MS, everyMs: OFFERED_POLL_MS },
  );
}
