import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sql } from 'kysely';
import { type IOCluster, ioClusterResource } from '../../crds/schema/index.ts';
import { type Federation, startFederation } from '../../hack/federation/index.ts';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { startKueue } from '../../hack/federation/kueue.ts';
import { startOperator } from '../../hack/federation/operator.ts';
import { silentProgress } from '../../hack/federation/progress.ts';
import { ownedRunDirectory } from '../../hack/federation/run-directory.ts';
import { ensureTools } from '../../hack/federation/toolchain.ts';
import { World } from '../../hack/federation/world.ts';
import { type Database, openDatabase } from '../adapters/postgres/database.ts';
import { queueLabel } from '../domain/raycluster/queue.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Resource } from '../runtime/resource.ts';
import { eventually } from '../testing/eventually.ts';
import { conditionOf, deleteCluster, expectCondition, expectReady, removeAll } from './harness.ts';
import {
  equals,
  newRenter,
  podsOf,
  type Running,
  readyAt,
  toldSeconds,
} from './scenarios/chaos.ts';

const BUILD_AND_START_MS = 1_800_000;
const CLEAN_UP_MS = 120_000;
const QUOTA = 2;
const held = { status: 'False', reason: 'HeldByQueue' } as const;

jest.setTimeout(120_000);

type Template = {
  metadata?: { labels?: Record<string, string> };
  spec: { nodeSelector?: object; tolerations?: readonly { key?: string }[] };
};
type RayCluster = KubeObject & {
  spec: { suspend?: boolean; workerGroupSpecs: readonly { template: Template }[] };
};
const rayClusterResource: Resource<RayCluster> = {
  ...{ group: 'ray.io', version: 'v1', kind: 'RayCluster', plural: 'rayclusters' },
  namespaced: true,
};

/** GPUs are of one flavor, whose nodes are labelled and tainted; processors are of any. */
const queueObjects = [
  { kind: 'ResourceFlavor', metadata: { name: 'any' }, spec: {} },
  {
    ...{ kind: 'ResourceFlavor', metadata: { name: 'h100' } },
    spec: {
      nodeLabels: { 'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3' },
      tolerations: [{ key: 'data-centre', operator: 'Exists', effect: 'NoSchedule' }],
    },
  },
  {
    ...{ kind: 'ClusterQueue', metadata: { name: 'gpu' } },
    spec: {
      namespaceSelector: { matchLabels: { 'app.kubernetes.io/managed-by': 'io-operator' } },
      resourceGroups: [
        {
          coveredResources: ['cpu', 'memory'],
          flavors: [
            {
              name: 'any',
              resources: [
                { name: 'cpu', nominalQuota: '1000' },
                { name: 'memory', nominalQuota: '10Ti' },
              ],
            },
          ],
        },
        {
          coveredResources: ['nvidia.com/gpu'],
          flavors: [{ name: 'h100', resources: [{ name: 'nvidia.com/gpu', nominalQuota: QUOTA }] }],
        },
      ],
    },
  },
];

describe('a member that runs Kueue', () => {
  let federation: Federation | undefined;
  let started: World | undefined;
  let api: KubeApi;
  let database: Database;
  let renter: string;
  const [member = equals[0]] = equals;
  const world = (): World => {
    if (started === undefined) throw new Error('the federation did not start');
    return started;
  };

  beforeAll(async () => {
    if (member === undefined) throw new Error('there is no profile');
    await ensureTools(['kueue'], silentProgress);
    const runDirectory = await ownedRunDirectory('kueue');
    federation = await startFederation({
      ...{ runDirectory, members: [member], progress: silentProgress },
    });
    const { controlPlane } = federation.member(member.name);
    api = new KubeApi(controlPlane.adminKubeconfigPath);
    await startKueue(controlPlane);
    for (const object of queueObjects) {
      await api.apply({ apiVersion: 'kueue.x-k8s.io/v1beta2', ...object });
    }
    const operator = await startOperator(federation, {
      ...{ money: true, progress: silentProgress, hubArgs: ['--money-poll-seconds=1'] },
      ...{ agentArgs: ['--report-seconds=1'], memberValues: { kueue: { clusterQueue: 'gpu' } } },
    });
    started = new World(federation, operator);
    database = openDatabase(operator.money?.ownerUrl ?? '', {
      ...{ applicationName: 'e2e', maxConnections: 2 },
    });
    renter = await newRenter(started, 'queued');
  }, BUILD_AND_START_MS);

  afterAll(async () => {
    if (started !== undefined) await removeAll(started);
    await Promise.all([database?.destroy(), started?.close(), api?.close()]);
    await federation?.stop();
  }, CLEAN_UP_MS);

  /** With a queue of the renter's own choice, which is nothing to the data centre. */
  const create = (name: string, replicas: number): Promise<IOCluster> =>
    world().hub.create(ioClusterResource, {
      metadata: { name, namespace: renter, labels: { [queueLabel]: 'mine' } },
      spec: {
        ...{ ray: { version: '2.52.1' }, accountRef: { name: renter } },
        workerGroups: [{ name: 'gpu', replicas }],
      },
    });
  const where = (name: string) => ({ namespace: renter, name });

  async function rayClusterOf(lease: string): Promise<RayCluster> {
    const labelSelector = `compute.io.net/lease=${lease}`;
    const { items } = await world()
      .member(member?.name ?? '')
      .list(rayClusterResource, { labelSelector });
    if (items[0] === undefined) throw new Error(`${lease} has no RayCluster`);
    return items[0];
  }

  async function intervalsOf(lease: string): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from io.intervals i join io.leases l using (lease_no)
      where l.lease_id = ${lease}
    `.execute(database);
    return rows[0]?.count ?? 0;
  }

  const stopPolicy = (policy: string): Promise<unknown> =>
    api.send(
      'PATCH',
      '/apis/kueue.x-k8s.io/v1beta2/clusterqueues/gpu',
      { spec: { stopPolicy: policy } },
      'application/merge-patch+json',
    );

  let first: Running;
  let second: IOCluster;

  test('what is within the quota runs, as Kueue wants it', async () => {
    await create('first', QUOTA);
    first = await readyAt(world(), where('first'));
    const { metadata, spec } = await rayClusterOf(first.lease.id);
    expect(metadata.labels?.[queueLabel]).toBe('gpu');
    expect(spec.suspend).toBe(false);
    for (const { template } of spec.workerGroupSpecs) {
      expect(template.spec.nodeSelector).toEqual({
        'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3',
      });
      expect(template.spec.tolerations?.map(({ key }) => key)).toEqual([
        'nvidia.com/gpu',
        'data-centre',
      ]);
    }
  });

  test('what is beyond it waits, is told why, and costs nothing', async () => {
    await create('second', 1);
    second = await expectCondition(world(), where('second'), 'Ready', held);
    const lease = second.status?.lease?.id ?? '';
    await eventually(
      async () => {
        const cluster = await world().cluster(renter, 'second');
        expect(conditionOf(cluster ?? {}, 'Ready')?.message).toMatch(
          /^Kueue holds it back in the queue gpu of this data centre: .*nvidia\.com\/gpu.*h100/,
        );
      },
      { withinMs: 30_000 },
    );
    expect((await rayClusterOf(lease)).spec.suspend).toBe(true);
    expect(await world().pods(lease)).toEqual([]);
    // The first is metered by the same agent all that time.
    await eventually(async () => expect(await intervalsOf(first.lease.id)).toBe(QUOTA));
    expect(await intervalsOf(lease)).toBe(0);
  });

  test('an agent that starts again takes nothing back of what Kueue wrote', async () => {
    const pods = await podsOf(world(), first);
    const { metadata, spec } = await rayClusterOf(first.lease.id);
    const agent = world().operator.agent(member?.name ?? '');
    await agent.kill('SIGTERM');
    await agent.start();
    await expectCondition(world(), where('second'), 'Ready', held);
    await expectReady(world(), where('first'));
    const after = await rayClusterOf(first.lease.id);
    expect([after.metadata.generation, after.spec]).toEqual([metadata.generation, spec]);
    expect(await podsOf(world(), first)).toEqual(pods);
  });

  test('what waited begins when the first ends', async () => {
    await deleteCluster(world(), where('first'));
    const begun = await readyAt(world(), where('second'));
    expect(begun.lease.id).toBe(second.status?.lease?.id);
  });

  test('what Kueue stops is no longer paid, the renter sees it, and it begins again', async () => {
    const running = await readyAt(world(), where('second'));
    await stopPolicy('HoldAndDrain');
    await expectCondition(world(), where('second'), 'Ready', held);
    await eventually(async () => expect(await world().pods(running.lease.id)).toEqual([]));
    expect(await toldSeconds(database, running.lease.id)).toBeGreaterThan(0);
    await stopPolicy('None');
    const again = await readyAt(world(), where('second'));
    expect(again.lease.id).toBe(running.lease.id);
  });
});
