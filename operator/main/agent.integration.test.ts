import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, buildServer } from '../../api/server.ts';
import { finalizers } from '../../crds/schema/index.ts';
import { KubeApi, type Manifest } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { ClusterPki } from '../../hack/federation/pki.ts';
import { reservePorts } from '../../hack/federation/ports.ts';
import { type AgentConfig, ConfigError, readConfig } from '../config.ts';
import { tenantNamespace } from '../domain/lease.ts';
import type { HeartbeatReport, IntervalChange, UsageReport } from '../domain/metering/types.ts';
import { clusterUidLabel, groupNameOn } from '../domain/raycluster/manifest.ts';
import { systemClock } from '../runtime/clock.ts';
import { silentLogger } from '../runtime/logger.ts';
import { sha256 } from '../runtime/sha256.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../testing/api-server/test-cluster.ts';
import { buildNode } from '../testing/builders/node.ts';
import { buildPlacementGroup, buildPlacementSpec } from '../testing/builders/placement-spec.ts';
import { eventually } from '../testing/eventually.ts';
import { runAgent } from './agent.ts';

const member = 'fra-1';
const namespace = `io-member-${member}`;
const spec = buildPlacementSpec({
  workerGroups: [
    buildPlacementGroup({
      replicas: 1,
      minReplicas: 1,
      maxReplicas: 1,
      devices: [0, 1, 2, 3].map((index) => ({ name: `a-gpu-${index}`, node: 'a' })),
    }),
  ],
});
const { leaseId } = spec;
const leased = spec.workerGroups;
const tenant = tenantNamespace(spec.tenant);
const placementPath = `/apis/compute.io.net/v1alpha1/namespaces/${namespace}/ioplacements/${leaseId}`;
const patience = { withinMs: 30_000 };
const mergePatch = 'application/merge-patch+json';

let cluster: PrivateCluster;
let api: KubeApi;
let pki: ClusterPki;
let directory: string;
let server: ApiServer;
let reports: [member: string, report: UsageReport][];
let heartbeats: HeartbeatReport[];
let metricsPort: number;
let agents: { stop: AbortController; ended: Promise<void> }[];

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'agent' });
  api = new KubeApi(cluster.adminKubeconfigPath);
  pki = new ClusterPki(join(cluster.controlPlane.directory, 'pki'), 'agent');
  await api.applyFiles([
    join(checkoutDirectory, 'crds/vendor/kuberay/ray.io_rayclusters.yaml'),
    join(checkoutDirectory, 'hack/federation/manifests/agent-rbac.yaml'),
  ]);
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await api.apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'agent-on-hub' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [
      {
        kind: 'User',
        apiGroup: 'rbac.authorization.k8s.io',
        name: `compute.io.net:member:${member}:1`,
      },
    ],
  });
  await api.apply({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOMember',
    metadata: { name: member },
    spec: {
      accepted: true,
      displayName: 'x',
      location: { country: 'DE', region: 'eu' },
      offers: [],
    },
  });
  [metricsPort = 0] = await reservePorts(1, cluster.controlPlane.directory);
}, 90_000);
afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agent-'));
  [reports, heartbeats, agents] = [[], [], []];
  server = await intakeServer();
});
afterEach(async () => {
  for (const { stop } of agents) stop.abort();
  await Promise.all(agents.map(({ ended }) => ended));
  await server.close();
  await rm(directory, { recursive: true });
});

/** The real intake, which takes everything and keeps it here. */
async function intakeServer(): Promise<ApiServer> {
  const { key, certificate } = pki.serverFiles('io-api');
  const none = () => undefined;
  const made = buildServer(
    {
      intake: {
        report: async (name, report) => {
          reports.push([name, report]);
          return { accepted: report.changes.length, duplicate: 0, rejected: [] };
        },
        heartbeat: async (_, report) => {
          heartbeats.push(report);
          return report.roster === undefined ? 'RosterUnknown' : 'Stored';
        },
      },
      evidence: { evidence: async () => ({ stored: 0, refused: 0 }) },
      members: { admits: () => 'Admitted', onChange: none },
      metrics: {
        answered: none,
        inFlight: none,
        changes: none,
        rejected: none,
        heartbeat: none,
        evidence: none,
        skew: none,
        refused: none,
      },
      logger: silentLogger,
      clock: systemClock,
    },
    {
      tls: {
        key: await readFile(key, 'utf8'),
        cert: await readFile(certificate, 'utf8'),
        clientCa: pki.caPem,
      },
    },
  );
  await made.listen({ host: '127.0.0.1', port: 0 });
  return made;
}

function config(flags: readonly string[] = []): AgentConfig {
  const groups = ['compute.io.net:members'];
  const hub = cluster.kubeconfigPathFor(`compute.io.net:member:${member}:1`, groups);
  return readConfig(
    [
      'agent',
      `--member=${member}`,
      `--hub-kubeconfig=${hub}`,
      `--kubeconfig=${cluster.kubeconfigPathFor('compute.io.net:agent')}`,
      `--metrics-address=127.0.0.1:${metricsPort}`,
      '--log-level=error',
      ...flags,
    ],
    {},
  ) as AgentConfig;
}

function startAgent(): { stop: AbortController; ended: Promise<void> } {
  const { port } = server.server.address() as AddressInfo;
  const stop = new AbortController();
  const flags = [
    `--api-url=https://127.0.0.1:${port}`,
    `--api-ca=${pki.authorityFiles.certificate}`,
    `--spool-directory=${join(directory, 'spool')}`,
    '--report-seconds=1',
    '--evidence-seconds=1',
    '--health-seconds=1',
  ];
  const agent = { stop, ended: runAgent(config(flags), stop.signal) };
  agents.push(agent);
  return agent;
}

const secondsAgo = (seconds: number): string =>
  new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+Z/, 'Z');

async function createNode(name: string, facts: Parameters<typeof buildNode>[0]): Promise<void> {
  const { labels, capacity } = buildNode(facts);
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: secondsAgo(600) };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
  await api.send('POST', '/api/v1/nodes', node);
  const status = { capacity, allocatable: capacity, conditions: [ready] };
  await api.send('PATCH', `/api/v1/nodes/${name}/status`, { status }, mergePatch);
}

/** A pod as KubeRay makes it, Ready as its kubelet would say. */
async function createPod(name: string, role: 'head' | 'worker', node: string): Promise<void> {
  const group = role === 'head' ? 'headgroup' : groupNameOn('workers', node, sha256);
  const labels = {
    'compute.io.net/lease': leaseId,
    'ray.io/node-type': role,
    'ray.io/group': group,
  };
  const secure = {
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const container = {
    name: 'ray',
    image: 'ray',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  const pod: Manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: tenant, ...{ labels } },
    spec: {
      nodeName: node,
      serviceAccountName: 'io-ray',
      automountServiceAccountToken: false,
      securityContext: secure,
      containers: [container],
    },
  };
  await api.apply(pod);
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: secondsAgo(20) };
  const status = { phase: 'Running', conditions: [ready] };
  await api.send(
    'PATCH',
    `/api/v1/namespaces/${tenant}/pods/${name}/status`,
    { status },
    mergePatch,
  );
}

/** A pod that the agent takes for DCGM's exporter; its container is this process. */
async function createExporter(node: string, port: number, name = 'exporter'): Promise<void> {
  const labels = { 'app.kubernetes.io/name': 'dcgm-exporter' };
  const ports = [{ name: 'metrics', containerPort: port }];
  await api.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...{ labels } },
    spec: { nodeName: node, containers: [{ name: 'exporter', image: 'exporter', ports }] },
  });
  const status = { phase: 'Running', podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] };
  const path = `/api/v1/namespaces/default/pods/${name}/status`;
  await api.send('PATCH', path, { status }, mergePatch);
}

async function place(workerGroups: typeof leased): Promise<void> {
  await api.apply({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOPlacement',
    metadata: {
      name: leaseId,
      namespace,
      ...{ labels: { [clusterUidLabel]: 'uid-1' }, finalizers: [finalizers.rayCluster] },
    },
    spec: { ...spec, workerGroups },
  });
}

const changes = (): IntervalChange[] => reports.flatMap(([, report]) => [...report.changes]);
const told = () =>
  changes().map((change) =>
    [change.device, change.kind === 'Closed' ? change.reason : 'open'].join(' '),
  );
const onAll = (text: string) => [0, 1, 2, 3].map((index) => `a-gpu-${index} ${text}`);

async function expectNoPlacement(): Promise<void> {
  expect(await api.get(placementPath)).toBeUndefined();
}

test('without --api-url nothing is metered; with it the other two flags are needed', async () => {
  const flags = ['--api-url=https://127.0.0.1:1'];
  const { signal } = new AbortController();
  await expect(runAgent(config(flags), signal)).rejects.toThrow(ConfigError);
  await expect(runAgent(config(flags), signal)).rejects.toThrow(/--api-ca.*--spool-directory/);
});

test('from a pod that is Ready to the hub, and the placement goes only when all is recorded', async () => {
  await createNode('a', {});
  await createNode('cpu', {
    'nvidia.com/gpu.present': undefined,
    'nvidia.com/gpu.product': undefined,
  });
  const first = startAgent();
  const devices = `/apis/compute.io.net/v1alpha1/namespaces/${namespace}/iodevices`;
  await eventually(async () => {
    expect((await api.get(`${devices}/a-gpu-3`))?.['kind']).toBe('IODevice');
  }, patience);
  await place(leased);
  const account = `/api/v1/namespaces/${tenant}/serviceaccounts/io-ray`;
  await eventually(async () => expect(await api.get(account)).toBeDefined(), patience);
  await createPod('head', 'head', 'cpu');
  await createPod('worker', 'worker', 'a');
  await eventually(() => expect(told()).toEqual(onAll('open')), patience);
  expect(reports[0]?.[0]).toBe(member);
  const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(await metrics()).toContain('io_metering_open_intervals{component="agent"} 4');

  const lease = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/heartbeat`;
  await eventually(async () => {
    const annotations = { 'compute.io.net/metering': 'Recording' };
    expect(await api.get(lease)).toMatchObject({ metadata: { annotations } });
  }, patience);

  // Evidence of the same devices; the node's other four are not billed.
  const gpus = Array.from({ length: 8 }, (_, gpu) => `DCGM_FI_DEV_GPU_UTIL{gpu="${gpu}"} 50`);
  const exporter = createServer((_, response) => void response.end(gpus.join('\n')));
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  await createExporter('a', (exporter.address() as AddressInfo).port);
  await eventually(async () => {
    expect(await metrics()).toMatch(/evidence_samples_total{outcome="unused".*} [1-9]/);
  }, patience);
  exporter.closeAllConnections();
  exporter.close();

  // Another process goes on with the same interval and the same spool.
  first.stop.abort();
  await first.ended;
  const before = reports.length;
  startAgent();
  await eventually(() => expect(reports.length).toBeGreaterThan(before + 1), patience);
  expect(told()).toEqual(onAll('open'));
  const sequences = reports.map(([, { sequence }]) => sequence);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  expect(new Set(reports.map(([, { spoolId }]) => spoolId)).size).toBe(1);

  await api.send('DELETE', placementPath);
  const rayCluster = `/apis/ray.io/v1/namespaces/${tenant}/rayclusters/${leaseId}`;
  await eventually(async () => expect(await api.get(rayCluster)).toBeUndefined(), patience);
  // Pods linger here, since nothing collects them: what was given back is not billed any more.
  await eventually(() => expectNoPlacement(), patience);
  await eventually(() => {
    expect(told()).toEqual([...onAll('open'), ...onAll('Released')]);
  }, patience);

  const names = Array.from({ length: 8 }, (_, index) => `a-gpu-${index}`);
  expect(heartbeats.find(({ roster }) => roster !== undefined)).toMatchObject({
    roster: expect.arrayContaining(names),
  });
  for (const { stop } of agents) stop.abort();
  await Promise.all(agents.map(({ ended }) => ended));
  const left = await readdir(join(directory, 'spool'));
  expect(left.toSorted()).toEqual(['last-heartbeat.json', 'segment-00000001.log']);
}, 120_000);

test('a GPU that breaks is not billed from that second on, and its worker goes when it was replaced', async () => {
  const error = (gpu: number) =>
    `DCGM_FI_DEV_XID_ERRORS{gpu="${gpu}",namespace="${tenant}",pod="worker"} ${gpu === broken ? 79 : 0}`;
  let broken: number | undefined;
  const exporter = createServer(
    (_, response) => void response.end([0, 1, 2, 3].map(error).join('\n')),
  );
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  await createExporter('a', (exporter.address() as AddressInfo).port, 'exporter-of-xids');
  await place(leased);
  startAgent();
  await eventually(() => expect(told()).toEqual(onAll('open')), patience);

  broken = 1;
  await eventually(() => {
    expect(told()).toEqual([...onAll('open'), ...onAll('DeviceBroken')]);
  }, patience);
  const device = `/apis/compute.io.net/v1alpha1/namespaces/${namespace}/iodevices/a-gpu-1`;
  await eventually(async () => {
    const health = { state: 'Broken', reason: 'XidError', xid: 79 };
    expect(await api.get(device)).toMatchObject({ spec: { health } });
  }, patience);
  const rayCluster = `/apis/ray.io/v1/namespaces/${tenant}/rayclusters/${leaseId}`;
  const strategy = async () =>
    JSON.stringify((await api.get(rayCluster))?.['spec']).match(/"scaleStrategy":\{[^}]*\}/)?.[0];
  await eventually(async () => expect(await api.get(rayCluster)).toBeDefined(), patience);
  expect(await strategy()).toBeUndefined();

  const repaired = leased.map((group) => ({
    ...group,
    devices: [0, 4, 2, 3].map((index) => ({ name: `a-gpu-${index}`, node: 'a' })),
  }));
  await place(repaired);
  await eventually(async () => {
    expect(await strategy()).toBe('"scaleStrategy":{"workersToDelete":["worker"]}');
  }, patience);
  expect(told()).toHaveLength(8);

  // KubeRay would do this: the next worker has what the lease has now.
  await api.send('DELETE', `/api/v1/namespaces/${tenant}/pods/worker?gracePeriodSeconds=0`);
  await createPod('worker-2', 'worker', 'a');
  await eventually(() => {
    const names = [0, 2, 3, 4].map((index) => `a-gpu-${index} open`);
    expect(told().slice(8).toSorted()).toEqual(names);
  }, patience);
  exporter.closeAllConnections();
  exporter.close();
}, 120_000);
