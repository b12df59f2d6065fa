import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectSuccess, type KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { type AgentConfig, readConfig } from '../config.ts';
import { tenantNamespace } from '../domain/lease.ts';
import { buildPlacementSpec } from '../testing/builders/placement-spec.ts';
import { eventually } from '../testing/eventually.ts';
import { type MemberCluster, startMemberCluster } from '../testing/member-cluster.ts';
import { runAgent } from './agent.ts';

/**
 * One API server is hub and member, with Kueue's kinds, and this test does what Kueue does: the part
 * of it that matters is who owns which field.
 */
const tenant = tenantNamespace(buildPlacementSpec().tenant);
const rayClusters = `/apis/ray.io/v1/namespaces/${tenant}/rayclusters`;
const kueue = '/apis/kueue.x-k8s.io/v1beta2';
const patience = { withinMs: 30_000 };
const mergePatch = 'application/merge-patch+json';
const [first, second, third] = [1, 2, 3].map((each) => `lease-000000000000000${each}`) as [
  string,
  string,
  string,
];

let member: MemberCluster;
let api: KubeApi;
let hubPath: string;
let stop = new AbortController();
let ended: Promise<void> | undefined;

beforeAll(async () => {
  member = await startMemberCluster('queue');
  ({ api } = member);
  hubPath = `/apis/compute.io.net/v1alpha1/namespaces/${member.namespace}`;
}, 90_000);
afterAll(async () => {
  await stopAgent();
  await member?.stop();
});

async function startAgent(...flags: readonly string[]): Promise<void> {
  const config = readConfig(
    ['agent', ...member.flags, '--metrics-address=127.0.0.1:0', ...flags],
    {},
  ) as AgentConfig;
  stop = new AbortController();
  ended = runAgent(config, stop.signal);
  await eventually(
    async () => expect(await api.get(`${hubPath}/iodevices/a-gpu-7`)).toBeDefined(),
    patience,
  );
}

async function stopAgent(): Promise<void> {
  stop.abort();
  await ended;
}

/** A placement of workers with one device each on node `a`, from `from` on. */
const place = (leaseId: string, from: number, count = 1): Promise<void> =>
  member.place(
    leaseId,
    Array.from({ length: count }, (_, index) => from + index),
    count,
  );

type Placement = {
  status?: {
    observedGeneration?: number;
    conditions?: { type: string; reason: string; message: string }[];
  };
};
async function conditionOf(leaseId: string, type: string): Promise<string> {
  const found = (await api.get(`${hubPath}/ioplacements/${leaseId}`)) as Placement | undefined;
  const condition = found?.status?.conditions?.find((each) => each.type === type);
  return `${condition?.reason} ${condition?.message}`;
}

type Group = { replicas: number; template: { spec: Record<string, unknown> } };
type RayCluster = {
  metadata: { uid: string; generation: number; labels: Record<string, string> };
  spec: { suspend?: boolean; workerGroupSpecs: Group[] };
};

async function rayCluster(leaseId: string): Promise<RayCluster> {
  const found = await api.get(`${rayClusters}/${leaseId}`);
  if (found === undefined) throw new Error(`there is no RayCluster ${leaseId}`);
  return found as RayCluster;
}

/** As Kueue writes it: lists whole. */
async function asKueue(leaseId: string, change: (spec: RayCluster['spec']) => void): Promise<void> {
  const { spec } = await rayCluster(leaseId);
  change(spec);
  const path = `${rayClusters}/${leaseId}?fieldManager=kueue`;
  expectSuccess(await api.send('PATCH', path, { spec }, mergePatch), 'edit as Kueue');
}

const suspend = (leaseId: string, value: boolean): Promise<void> =>
  asKueue(leaseId, (spec) => {
    spec.suspend = value;
  });

async function workload(leaseId: string, message: string): Promise<void> {
  const { uid } = (await rayCluster(leaseId)).metadata;
  const metadata = {
    ...{ name: leaseId, namespace: tenant, labels: { 'kueue.x-k8s.io/job-uid': uid } },
  };
  const template = { spec: { containers: [{ name: 'c', image: 'ray' }] } };
  await api.apply({
    ...{ apiVersion: 'kueue.x-k8s.io/v1beta2', kind: 'Workload' },
    metadata,
    spec: { queueName: 'gpu', podSets: [{ name: 'head', count: 1, template }] },
  });
  const path = `${kueue}/namespaces/${tenant}/workloads/${leaseId}/status`;
  const lastTransitionTime = '2026-11-23T10:00:00Z';
  const condition = { type: 'QuotaReserved', status: 'False', reason: 'Pending', message };
  const status = { conditions: [{ ...condition, lastTransitionTime }] };
  expectSuccess(await api.send('PATCH', path, { status }, mergePatch), 'status of the Workload');
}

const active = async (value: string): Promise<void> => {
  const lastTransitionTime = '2026-11-23T10:00:00Z';
  const condition = { type: 'Active', status: value, reason: 'Any', message: 'Flavor is missing' };
  const status = { conditions: [{ ...condition, lastTransitionTime }] };
  const path = `${kueue}/clusterqueues/gpu/status`;
  expectSuccess(await api.send('PATCH', path, { status }, mergePatch), 'status of the queue');
};

/** Reasons of a placement that is made anew until they are as expected: a hub asks again, too. */
async function expectRefused(leaseId: string, from: number, expected: string): Promise<void> {
  await eventually(async () => {
    await api.send('DELETE', `${hubPath}/ioplacements/${leaseId}`);
    expect(await api.get(`${hubPath}/ioplacements/${leaseId}`)).toBeUndefined();
    await place(leaseId, from);
    await eventually(async () => {
      expect(await conditionOf(leaseId, 'Accepted')).toContain('RefusedQueue');
    });
    expect(await conditionOf(leaseId, 'Accepted')).toContain(expected);
  }, patience);
  expect(await api.get(`${rayClusters}/${leaseId}`)).toBeUndefined();
}

test('without Kueue, and without its queue, nothing is begun and the hub is told why', async () => {
  await startAgent('--kueue-queue=gpu');
  const missing = 'The data centre has no ClusterQueue gpu, or Kueue is not installed.';
  await expectRefused(first, 0, missing);
  const folder = join(checkoutDirectory, 'crds/vendor/kueue');
  await api.applyFiles(readdirSync(folder).map((file) => join(folder, file)));
  await expectRefused(first, 0, missing);
  await api.apply({
    ...{ apiVersion: 'kueue.x-k8s.io/v1beta2', kind: 'ClusterQueue', metadata: { name: 'gpu' } },
    spec: { namespaceSelector: {} },
  });
  await active('False');
  await expectRefused(first, 0, 'of the data centre lets nothing run: Flavor is missing');
  await active('True');
  await api.send('DELETE', `${hubPath}/ioplacements/${first}`);
}, 120_000);

test('a lease gets its place in the queue of its tenant, and is told why it waits', async () => {
  await eventually(async () => {
    await api.send('DELETE', `${hubPath}/ioplacements/${second}`);
    expect(await api.get(`${hubPath}/ioplacements/${second}`)).toBeUndefined();
    await place(second, 0, 2);
    await eventually(async () => expect(await rayCluster(second)).toBeDefined());
  }, patience);
  const { metadata, spec } = await rayCluster(second);
  expect(metadata.labels['kueue.x-k8s.io/queue-name']).toBe('gpu');
  expect(spec.suspend).toBeUndefined();
  const localQueue = await api.get(`${kueue}/namespaces/${tenant}/localqueues/gpu`);
  expect(localQueue?.['spec']).toMatchObject({ clusterQueue: 'gpu' });
  await workload(second, '2 more needed');
  await suspend(second, true);
  await eventually(async () => {
    expect(await conditionOf(second, 'Ready')).toBe(
      'HeldByQueue Kueue holds it back in the queue gpu of this data centre: 2 more needed',
    );
  }, patience);
  expect((await rayCluster(second)).spec.suspend).toBe(true);
  await workload(second, '1 more needed');
  await eventually(async () => {
    expect(await conditionOf(second, 'Ready')).toContain('1 more needed');
  }, patience);
});

const nodeSelector = { pool: 'h100' };
const toleration = { key: 'pool', operator: 'Exists' };

test('what Kueue writes to let it run stays, also when the agent starts again', async () => {
  await asKueue(second, (spec) => {
    spec.suspend = false;
    for (const { template } of spec.workerGroupSpecs) {
      const { tolerations } = template.spec as { tolerations: object[] };
      Object.assign(template.spec, { nodeSelector, tolerations: [...tolerations, toleration] });
    }
  });
  await eventually(async () => {
    expect(await conditionOf(second, 'Ready')).toMatch(/^HeadNotReady/);
  }, patience);
  const before = await rayCluster(second);
  await stopAgent();
  // It would go back to what it was without: the flag is of what begins from then on.
  await startAgent();
  await place(third, 4);
  await eventually(async () => expect(await rayCluster(third)).toBeDefined(), patience);
  await stopAgent();
  await startAgent('--kueue-queue=gpu');
  await place(first, 6);
  await eventually(async () => expect(await rayCluster(first)).toBeDefined(), patience);
  expect(await rayCluster(second)).toEqual(before);
  const { metadata } = await rayCluster(third);
  expect(metadata.labels).not.toHaveProperty('kueue.x-k8s.io/queue-name');
}, 90_000);

test('a lease that grows is written anew without a word about Kueue’s part', async () => {
  await place(second, 0, 3);
  await eventually(async () => {
    expect((await rayCluster(second)).spec.workerGroupSpecs[0]?.replicas).toBe(3);
  }, patience);
  const { spec } = await rayCluster(second);
  expect(spec.suspend).toBe(false);
  expect(spec.workerGroupSpecs[0]?.template.spec).toMatchObject({
    ...{ nodeSelector, tolerations: [{ key: 'nvidia.com/gpu' }, toleration] },
  });
});
