import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ioMemberResource } from '../../crds/schema/index.ts';
import { expectSuccess, KubeApi } from '../../hack/federation/kube-api.ts';
import { vendorFiles } from '../../hack/federation/member.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { serverOf } from '../runtime/kube-config.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../testing/api-server/test-cluster.ts';
import { eventually } from '../testing/eventually.ts';

/** As the chart's Job runs it before an uninstall; one API server is the member's and the hub's. */

let cluster: PrivateCluster;
let api: KubeApi;
let admin: ApiClient;
let directory: string;
let hub: readonly string[];
let number = 0;
let member: string;
let tenant: string;
const running: ChildProcess[] = [];
const patience = { withinMs: 30_000 };
const merge = 'application/merge-patch+json';
const otherRayKinds = join(
  checkoutDirectory,
  'hack/federation/manifests/ray-kinds-without-schema.yaml',
);
const namespacePath = (name: string): string => `/api/v1/namespaces/${name}`;
const rayClusterPath = (): string =>
  `/apis/ray.io/v1/namespaces/${tenant}/rayclusters/lease-of-${member}`;
const policyPath = (): string => `/api/v1/namespaces/default/configmaps/policy-${member}`;
const secretPath = (): string => `/api/v1/namespaces/default/secrets/agent-${member}`;

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'leave' });
  api = new KubeApi(cluster.adminKubeconfigPath);
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  directory = await mkdtemp(join(tmpdir(), 'leave-'));
  const { url, caBundle = '' } = serverOf(cluster.kubeConfig);
  await writeFile(join(directory, 'ca.pem'), caBundle);
  hub = [`--hub-url=${url}`, `--hub-ca-file=${join(directory, 'ca.pem')}`];
  await api.applyFiles(vendorFiles('kuberay'));
}, 90_000);

beforeEach(async () => {
  number += 1;
  member = `m-${number}`;
  tenant = `io-t-${number}`;
  await holdLease();
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await Promise.all([api?.close(), admin?.close()]);
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** A member with one lease of one tenant, its policy and its agent's key. */
async function holdLease(): Promise<void> {
  const managed = { 'app.kubernetes.io/managed-by': 'io-operator' };
  const labels = { ...managed, 'compute.io.net/tenant': tenant };
  await api.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: tenant, labels } as never,
  });
  const template = { spec: { containers: [{ name: 'ray', image: 'ray' }] } };
  await api.apply({
    ...{ apiVersion: 'ray.io/v1', kind: 'RayCluster' },
    metadata: { name: `lease-of-${member}`, namespace: tenant, labels: managed } as never,
    spec: { headGroupSpec: { rayStartParams: {}, template } },
  });
  const user = `compute.io.net:member:${member}:1`;
  const text = await readFile(cluster.kubeconfigPathFor(user), 'utf8');
  const field = (key: string): string => new RegExp(`${key}: (\\S+)`).exec(text)?.[1] ?? '';
  await api.apply({
    ...{ apiVersion: 'v1', kind: 'Secret' },
    metadata: { name: `agent-${member}`, namespace: 'default' },
    data: { 'tls.crt': field('client-certificate-data'), 'tls.key': field('client-key-data') },
  });
  await api.apply({
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { name: `policy-${member}`, namespace: 'default' },
    data: { allowedImages: 'rayproject/*' },
  });
}

/** A Deployment with a pod, and what that would answer. */
async function runAgent(reports: number) {
  const [name, namespace] = [`agent-${member}`, 'default'];
  const labels = { agent: member };
  const spec = { containers: [{ name: 'agent', image: 'io-operator' }] };
  await api.apply({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  });
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec };
  await api.apply(pod);
  let [waiting, asked] = [reports, 0];
  const server = createServer((_, response) => {
    asked += 1;
    response.end(`io_spool_reports_waiting{component="agent"} ${waiting}\n`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked: () => asked,
    waiting: (now: number) => void (waiting = now),
    stop: () => server.close(),
  };
}

/** The hub knows the member and lets it see itself. */
async function onHub(): Promise<void> {
  const spec = { location: { country: 'DE' } };
  await admin.apply(ioMemberResource, { metadata: { name: member }, spec }, { manager: 'test' });
  const apiGroup = 'rbac.authorization.k8s.io';
  const rules = [
    {
      apiGroups: ['compute.io.net'],
      resources: ['iomembers'],
      resourceNames: [member],
      verbs: ['list'],
    },
  ];
  const metadata = { name: member };
  await api.apply({ apiVersion: `${apiGroup}/v1`, kind: 'ClusterRole', metadata, rules });
  await api.apply({
    ...{ apiVersion: `${apiGroup}/v1`, kind: 'ClusterRoleBinding', metadata },
    roleRef: { apiGroup, kind: 'ClusterRole', name: member },
    subjects: [{ apiGroup, kind: 'User', name: `compute.io.net:member:${member}:1` }],
  });
}

async function drained(status: 'True' | 'False'): Promise<void> {
  const condition = {
    ...{ type: 'Drained', status, reason: status === 'True' ? 'Drained' : 'Draining' },
    ...{ message: 'x', observedGeneration: 1, lastTransitionTime: '2026-11-25T08:00:00Z' },
  };
  const status_ = { status: { conditions: [condition] } };
  await admin.mergePatch(ioMemberResource, member, undefined, status_, { subresource: 'status' });
}

type Leaving = Readonly<{ said: () => string; ended: Promise<number> }>;

function leave(...more: readonly string[]): Leaving {
  const child = spawn(
    process.execPath,
    [
      ...[join(checkoutDirectory, 'operator/main.ts'), 'leave', `--member=${member}`],
      `--credentials-secret=default/agent-${member}`,
      `--policy-config-map=default/policy-${member}`,
      `--kubeconfig=${cluster.adminKubeconfigPath}`,
      ...more,
    ],
    { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  }
  return { said: () => text, ended: once(child, 'close').then(([code]) => Number(code)) };
}

async function nothingIsLeft(): Promise<void> {
  expect(await api.get(namespacePath(tenant))).toBeUndefined();
  expect(await api.get(secretPath())).toBeUndefined();
}

const says = (leaving: Leaving, text: RegExp): Promise<void> =>
  eventually(() => expect(leaving.said()).toMatch(text), patience);

describe('leave', () => {
  test('waits for the lease and for the hub, and then removes all of it', async () => {
    await onHub();
    await drained('False');
    const leaving = leave(...hub, '--deadline-seconds=3600');
    await says(leaving, /1 RayCluster runs; the hub says not drained yet/);
    const policy = await api.get(policyPath());
    const inAnHour = Date.now() + 3_600_000;
    const { data } = policy as { data: Record<string, string> };
    expect(data).toMatchObject({ cordoned: 'true', allowedImages: 'rayproject/*' });
    expect(Math.abs(Date.parse(data['drainDeadline'] ?? '') - inAnHour)).toBeLessThan(60_000);
    expectSuccess(await api.send('DELETE', rayClusterPath()), 'release');
    await says(leaving, /0 RayClusters run; the hub says not drained yet/);
    expect(await api.get(secretPath())).toBeDefined();
    await drained('True');
    expect(await leaving.ended).toBe(0);
    await nothingIsLeft();
  }, 90_000);

  test('a dead hub holds nobody: what still runs at the deadline is removed', async () => {
    const leaving = leave('--hub-url=https://127.0.0.1:1', '--deadline-seconds=2');
    expect(await leaving.ended).toBe(0);
    expect(leaving.said()).toMatch(/1 RayCluster runs; the hub does not answer/);
    expect(leaving.said()).toMatch(/deadline is over/);
    await nothingIsLeft();
  }, 90_000);

  test('a second run, and one of a member that never was, find nothing to do', async () => {
    expect(await leave('--deadline-seconds=0').ended).toBe(0);
    await nothingIsLeft();
    expectSuccess(await api.send('DELETE', policyPath()), 'uninstall');
    const again = leave('--deadline-seconds=3600');
    expect(await again.ended).toBe(0);
    expect(again.said()).toMatch(/no agent hears of a drain/);
  }, 90_000);

  test('hears the agent out and stops it before its key goes, which it would make anew', async () => {
    const agent = await runAgent(2);
    const path = `/apis/apps/v1/namespaces/default/deployments/agent-${member}`;
    const pod = `/api/v1/namespaces/default/pods/agent-${member}`;
    const leaving = leave(
      ...['--deadline-seconds=0', `--agent-deployment=default/agent-${member}`],
      `--agent-url=http://127.0.0.1:${agent.port}`,
    );
    await eventually(() => expect(agent.asked()).toBeGreaterThan(0), patience);
    expect(await api.get(path)).toMatchObject({ spec: { replicas: 1 } });
    agent.waiting(0);
    await says(leaving, /all usage is reported/);
    await eventually(async () => {
      expect(await api.get(path)).toMatchObject({ spec: { replicas: 0 } });
    }, patience);
    // Nobody plays the controller of Deployments here: first it has seen nothing, then a pod is left.
    const { metadata } = (await api.get(path)) as { metadata: { generation: number } };
    const status = { status: { observedGeneration: metadata.generation } };
    expectSuccess(await api.send('PATCH', `${path}/status`, status, merge), 'observe');
    await api.apply({
      ...{ apiVersion: 'v1', kind: 'Secret', data: {} },
      metadata: { name: `agent-${member}`, namespace: 'default' },
    });
    const looks = agent.asked();
    await says(leaving, /no namespace of a tenant is left/);
    expect(await api.get(secretPath())).toBeDefined();
    expect(leaving.said()).not.toMatch(/the key of/);
    expectSuccess(await api.send('DELETE', `${pod}?gracePeriodSeconds=0`), 'end the pod');
    expect(await leaving.ended).toBe(0);
    expect(leaving.said()).toMatch(/the agent is stopped[^]*the key of/);
    expect(agent.asked()).toBe(looks);
    await nothingIsLeft();
    agent.stop();
  }, 90_000);

  test('a restart keeps the deadline that was announced', async () => {
    const soon = new Date(Date.now() + 120_000).toISOString().replace(/\.\d{3}Z$/, 'Z');
    const patch = { data: { drainDeadline: soon } };
    expectSuccess(await api.send('PATCH', policyPath(), patch, merge), 'announce');
    const leaving = leave('--deadline-seconds=3600');
    await says(leaving, new RegExp(`drained until ${soon}`));
    expect(await api.get(policyPath())).toMatchObject({ data: { drainDeadline: soon } });
  }, 90_000);

  test('what is not of a tenant stays', async () => {
    const labels = { 'app.kubernetes.io/managed-by': 'io-operator' };
    const name = `mine-${number}`;
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } as never });
    expect(await leave('--deadline-seconds=0').ended).toBe(0);
    const { metadata } = (await api.get(namespacePath(name))) as { metadata: object };
    expect(metadata).not.toHaveProperty('deletionTimestamp');
  }, 90_000);

  test('definitions that came with the agent go, unless others have objects of them', async () => {
    await api.applyFiles([otherRayKinds]);
    const jobs = '/apis/ray.io/v1/namespaces/default/rayjobs';
    const job = { apiVersion: 'ray.io/v1', kind: 'RayJob', metadata: { name: 'somebodys' } };
    expectSuccess(await api.send('POST', jobs, job), 'create a RayJob');
    const names = 'rayjobs.ray.io,rayservices.ray.io,rayghosts.ray.io';
    const first = leave('--deadline-seconds=0', `--definitions=${names}`);
    expect(await first.ended).toBe(0);
    expect(first.said()).toMatch(/definition rayservices.ray.io is deleted/);
    expect(first.said()).toMatch(/definition rayjobs.ray.io stays: there are objects of it/);
    expectSuccess(await api.send('DELETE', `${jobs}/somebodys`), 'delete the RayJob');
    expect(await leave('--deadline-seconds=0', `--definitions=${names}`).ended).toBe(0);
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/rayjobs.ray.io';
    await eventually(async () => expect(await api.get(path)).toBeUndefined(), patience);
  }, 90_000);
});
