import { type IOCluster, ioClusterResource } from '../../crds/schema/index.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { devicesOfPod } from '../federation/clients.ts';
import type { World } from '../federation/world.ts';
import { example, showPods } from './journey.ts';
import { renter } from './money.ts';
import { scrape, SCRAPED_WITHIN_S } from './metrics.ts';
import type { Stages } from './stages.ts';

const POLL_MS = 100;
const CHECK_WITHIN_S = 30;
/** A garbage collector that has just started learns of new kinds only every 30 s. */
const REMOVED_WITHIN_S = 60;

const { namespace, name } = example;

/** What `--check` asserts beside the journey; ends with the example deleted. */
export async function checks(world: World, stages: Stages): Promise<void> {
  const check = (title: string, work: () => Promise<readonly string[] | void>) =>
    stages.run(title, CHECK_WITHIN_S, work);
  await check('an impossible IOCluster says why, with a count per reason', () => impossible(world));
  await check('a wrong manifest is refused with field, reason and fix', () => wrong(world));
  await check('scaled up to 3 workers', () => scale(world, 3));
  await check('scaled down to 1 worker', () => scale(world, 1));
  await check('a change that would restart pods is refused', () => forbiddenEdit(world));
  await stages.run('suspended: devices are given back', REMOVED_WITHIN_S, () => suspend(world));
  await check('resumed: a new lease', () => resume(world));
  await stages.run('metrics of hub and agents', SCRAPED_WITHIN_S, () => scrape(world, true));
  await stages.run('deleted: nothing is left on hub or member', REMOVED_WITHIN_S, () =>
    deleted(world),
  );
}

const impossibleName = 'impossible';

function manifestOf(clusterName: string, workerGroup: Record<string, unknown>): string {
  return JSON.stringify({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOCluster',
    metadata: { name: clusterName, namespace },
    spec: {
      accountRef: { name: renter.name },
      ray: { version: '2.52.1' },
      workerGroups: [{ name: 'gpu', ...workerGroup }],
    },
  });
}

async function impossible(world: World): Promise<readonly string[]> {
  const manifest = manifestOf(impossibleName, { devices: { models: ['B200'] } });
  await world.mustKubectl(['apply', '-f', '-'], manifest);
  const lines = await eventually(
    async () => {
      const { status } = await found(world, impossibleName);
      const admitted = conditionOf(status, 'Admitted');
      const refusals = status?.refusals ?? [];
      if (admitted?.status !== 'False' || refusals.length === 0) {
        throw new Error(`Admitted is ${admitted?.status}, ${refusals.length} counts of reasons`);
      }
      return [
        `Admitted=False ${admitted.reason}: ${admitted.message}`,
        ...refusals.map(({ reason, members }) => `${reason}: ${members} members`),
      ];
    },
    { withinMs: CHECK_WITHIN_S * 1000, everyMs: POLL_MS },
  );
  await world.mustKubectl(['delete', 'iocluster', impossibleName, '-n', namespace]);
  return lines;
}

async function wrong(world: World): Promise<readonly string[]> {
  const manifest = manifestOf('wrong', { replicas: 5, minReplicas: 1, maxReplicas: 3 });
  const { code, stderr } = await world.kubectl(['apply', '-f', '-'], manifest);
  if (code === 0) throw new Error('kubectl apply took a manifest with replicas above maxReplicas');
  for (const part of ['spec.workerGroups[0]', 'replicas', 'maxReplicas']) {
    if (!stderr.includes(part)) throw new Error(`the refusal does not name ${part}: ${stderr}`);
  }
  return stderr.trim().split('\n');
}

async function scale(world: World, replicas: number): Promise<readonly string[]> {
  const patch = JSON.stringify([
    { op: 'replace', path: '/spec/workerGroups/0/replicas', value: replicas },
  ]);
  await world.mustKubectl(['patch', 'ioc', name, '-n', namespace, '--type=json', '-p', patch]);
  return eventually(
    async () => {
      const { status } = await ready(world);
      const { lease, workers } = status ?? {};
      if (lease?.devices !== replicas || workers?.summary !== `${replicas}/${replicas}`) {
        throw new Error(`${lease?.devices} devices leased, workers ${workers?.summary}`);
      }
      const pods = await world.pods(lease.id);
      const workerPods = pods.filter(({ object }) => devicesOfPod(object) > 0);
      if (workerPods.length !== replicas) throw new Error(`${workerPods.length} worker pods`);
      return showPods(world, example);
    },
    { withinMs: CHECK_WITHIN_S * 1000, everyMs: POLL_MS },
  );
}

async function forbiddenEdit(world: World): Promise<readonly string[]> {
  const patch = JSON.stringify({ spec: { ray: { version: '2.53.0' } } });
  const args = ['patch', 'ioc', name, '-n', namespace, '--type=merge', '-p', patch];
  const { code, stderr } = await world.kubectl(args);
  if (code === 0) throw new Error('another Ray version was taken under a running lease');
  if (!stderr.includes('spec.suspend')) throw new Error(`the refusal names no fix: ${stderr}`);
  return stderr.trim().split('\n');
}

async function suspend(world: World): Promise<readonly string[]> {
  const before = (await found(world, name)).status?.lease?.id;
  await setSuspend(world, true);
  await eventually(
    async () => {
      const { status } = await found(world, name);
      const reason = conditionOf(status, 'Ready')?.reason;
      if (reason !== 'Suspended') throw new Error(`Ready says ${reason}, not Suspended`);
      if (status?.lease !== undefined)
        throw new Error(`the lease ${status.lease.id} is still held`);
      await nothingOfLease(world, before ?? '');
    },
    { withinMs: REMOVED_WITHIN_S * 1000, everyMs: POLL_MS },
  );
  return [`${before} is released; the IOCluster stays`];
}

async function resume(world: World): Promise<readonly string[]> {
  await setSuspend(world, false);
  return eventually(
    async () => {
      const { status } = await ready(world);
      if (status?.lease?.generation !== 2) {
        throw new Error(`lease generation ${status?.lease?.generation}, not 2`);
      }
      return showPods(world, example);
    },
    { withinMs: CHECK_WITHIN_S * 1000, everyMs: POLL_MS },
  );
}

async function setSuspend(world: World, suspended: boolean): Promise<void> {
  const patch = JSON.stringify({ spec: { suspend: suspended } });
  await world.mustKubectl(['patch', 'ioc', name, '-n', namespace, '--type=merge', '-p', patch]);
}

async function deleted(world: World): Promise<readonly string[]> {
  const lease = (await found(world, name)).status?.lease?.id ?? '';
  await world.mustKubectl(['delete', 'iocluster', name, '-n', namespace, '--timeout=30s']);
  await eventually(
    async () => {
      const { items } = await world.hub.list(ioClusterResource);
      if (items.length > 0) throw new Error(`${items.length} IOClusters are left`);
      await nothingOfLease(world, lease);
      const placements = await world.allPlacements();
      if (placements.length > 0) throw new Error(`${placements.length} IOPlacements are left`);
      const leased = (await world.devices()).filter((device) => device.status?.lease !== undefined);
      if (leased.length > 0) throw new Error(`${leased.length} IODevices name a lease`);
    },
    { withinMs: REMOVED_WITHIN_S * 1000, everyMs: POLL_MS },
  );
  return ['no IOCluster, IOPlacement, RayCluster, pod or lease on a device'];
}

async function nothingOfLease(world: World, lease: string): Promise<void> {
  const rayClusters = await world.rayClusters(lease);
  if (rayClusters.length > 0) throw new Error(`the RayCluster ${lease} is still there`);
  const pods = await world.pods(lease);
  if (pods.length > 0) throw new Error(`${pods.length} pods of ${lease} are still there`);
}

async function ready(world: World): Promise<IOCluster> {
  const cluster = await found(world, name);
  const condition = conditionOf(cluster.status, 'Ready');
  const current = cluster.status?.observedGeneration === cluster.metadata.generation;
  if (condition?.status === 'True' && current) return cluster;
  throw new Error(`Ready is ${condition?.status}: ${condition?.message}`);
}

async function found(world: World, clusterName: string): Promise<IOCluster> {
  const cluster = await world.cluster(namespace, clusterName);
  if (cluster === undefined) throw new Error(`there is no IOCluster ${clusterName}`);
  return cluster;
}

function conditionOf(status: IOCluster['status'], type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}
