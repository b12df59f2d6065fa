import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type IODevice, ioDeviceResource, ioMemberResource } from '../../../crds/schema/index.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { recoverAfterMs } from '../../domain/devices/health.ts';
import { maxExpositionCharacters, parseExposition } from '../../domain/evidence/exposition.ts';
import { memberNamespace } from '../../domain/lease.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { Informer } from '../../runtime/informer.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { noMetrics } from '../../runtime/metrics.ts';
import { testCluster } from '../../testing/api-server/test-cluster.ts';
import { buildNode } from '../../testing/builders/node.ts';
import { eventually } from '../../testing/eventually.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { DeviceHealthWatch } from './health.ts';
import { deviceController, deviceIndexes } from './index.ts';
import { gpusCheckedAnnotation, nodeResource } from './node.ts';

const cluster = testCluster();
const api = new KubeApi(cluster.adminKubeconfigPath);
const client = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
const mergePatch = 'application/merge-patch+json';
const patience = { withinMs: 20_000 };
const intervalMs = 15_000;
const since = Date.UTC(2026, 10, 25, 9);

let member: string;
let node: string;
let exporter: Server;
/** What the exporter says now; undefined: it answers with an error. */
let says: string | undefined;
let clock: ManualClock;
let stop: AbortController;
let running: Promise<unknown>[];
let told: string[];
let asked: number;

beforeAll(async () => {
  exporter = createServer((_, response) => {
    asked += 1;
    if (says === undefined) response.statusCode = 503;
    response.end(says);
  });
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
});
afterAll(async () => {
  exporter.closeAllConnections();
  exporter.close();
  await client.close();
  await api.close();
});

beforeEach(async () => {
  // A namespace that no other test has is the name of a member that none has either.
  member = await cluster.uniqueNamespace('health');
  node = `${member}-node`;
  const namespace = memberNamespace(member);
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
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
  const { labels } = buildNode({ 'nvidia.com/gpu.count': '2' });
  await api.send('POST', '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node, labels },
  });
  const capacity = { 'nvidia.com/gpu': '2' };
  await nodeStatus({ capacity, allocatable: capacity, ...boot('boot-1') });
  [says, told, asked] = [exposition(0, 0), [], 0];
  clock = new ManualClock(since);
  start();
});
afterEach(async () => {
  await end();
  await api.send('DELETE', `/api/v1/nodes/${node}`);
});

const boot = (bootID: string) => ({ nodeInfo: { bootID, ...nodeInfo } });
const nodeInfo = {
  ...{ architecture: '', containerRuntimeVersion: '', kernelVersion: '', kubeProxyVersion: '' },
  ...{ kubeletVersion: '', machineID: '', operatingSystem: '', osImage: '', systemUUID: '' },
};

async function nodeStatus(status: Record<string, unknown>): Promise<void> {
  await api.send('PATCH', `/api/v1/nodes/${node}/status`, { status }, mergePatch);
}

/** Both GPUs with their last XID, as DCGM exporter serves it; GPU 1 is in a pod. */
function exposition(first: number, second: number): string {
  const labels = (gpu: number, pod = '') =>
    `gpu="${gpu}",UUID="GPU-${gpu}",device="nvidia${gpu}",Hostname="x"${pod}`;
  return [
    '# TYPE DCGM_FI_DEV_XID_ERRORS gauge',
    `DCGM_FI_DEV_XID_ERRORS{${labels(0)}} ${first}`,
    `DCGM_FI_DEV_XID_ERRORS{${labels(1, ',namespace="t",pod="w-1"')}} ${second}`,
    `DCGM_FI_DEV_GPU_TEMP{${labels(1)}} 60`,
  ].join('\n');
}

/** The agent's part that sees to devices, as it is started. */
function start(): void {
  stop = new AbortController();
  const { signal } = stop;
  const namespace = memberNamespace(member);
  const common = { client, metrics: noMetrics, logger: silentLogger };
  const members = new Informer({
    ...common,
    resource: ioMemberResource,
    fieldSelector: `metadata.name=${member}`,
  });
  const devices = new Informer({
    ...common,
    resource: ioDeviceResource,
    namespace,
    indexes: deviceIndexes,
  });
  const nodes = new Informer({
    ...common,
    resource: nodeResource,
    fieldSelector: `metadata.name=${node}`,
  });
  const { port } = exporter.address() as AddressInfo;
  const health = new DeviceHealthWatch({
    targets: async () => [{ node, url: `http://127.0.0.1:${port}/metrics` }],
    read: async (url, aborted) => {
      const response = await fetch(url, { signal: aborted });
      if (!response.ok) throw new Error(String(response.status));
      return parseExposition((await response.text()).slice(0, maxExpositionCharacters));
    },
    devices: devices.cache,
    namespace,
    nodes: nodes.cache,
    ...{ intervalMs, clock, logger: silentLogger },
  });
  health.onChange(({ spec }, { state }, pod) => told.push(`${spec.index} ${state} ${pod ?? ''}`));
  const controller = deviceController({
    ...{ member, hub: client, members, nodes, devices, health, clock },
    events: { event: () => undefined } as never,
    ...{ concurrency: 2, metrics: noMetrics, logger: silentLogger },
  });
  const informers = [members, devices, nodes];
  running = informers.map((informer) => informer.start(signal));
  controller.start();
  running.push(
    Promise.all(informers.map((informer) => informer.waitForSync(signal))).then(() =>
      health.run(signal),
    ),
    (async () => {
      await once(signal, 'abort');
      await controller.stop();
    })(),
  );
}

async function end(): Promise<void> {
  stop.abort();
  await Promise.allSettled(running);
}

const device = (index: number): Promise<IODevice | undefined> =>
  client.get(ioDeviceResource, `${node}-gpu-${index}`, memberNamespace(member));

/** Lets looks happen, and waits until each has asked the exporter. */
async function look(times = 1): Promise<void> {
  for (let each = 0; each < times; each += 1) {
    const before = asked;
    await eventually(() => expect(clock.pendingTimers).toBeGreaterThan(0), patience);
    await clock.advance(intervalMs);
    await eventually(() => expect(asked).toBeGreaterThan(before), patience);
  }
}

async function expectHealth(index: number, expected: object | undefined): Promise<void> {
  await eventually(async () => {
    const found = await device(index);
    expect(found?.spec.kind).toBe('GPU');
    expect({ health: found?.spec.health ?? 'nothing' }).toMatchObject({
      health: expected ?? 'nothing',
    });
  }, patience);
}

test('an XID that an exporter tells is in the IODevice of that GPU, and only there', async () => {
  await expectHealth(1, undefined);
  says = exposition(31, 79);
  await look(2);
  await expectHealth(1, {
    state: 'Broken',
    reason: 'XidError',
    xid: 79,
    boot: expect.stringMatching(/^boot-1 /),
  });
  await expectHealth(0, undefined);
  expect(told).toEqual(['1 Broken t/w-1']);
});

test('it stays so for the next agent, and until the machine was started anew and was quiet', async () => {
  await expectHealth(1, undefined);
  says = exposition(0, 79);
  await look(2);
  await expectHealth(1, { state: 'Broken' });
  const { health } = (await device(1))?.spec ?? {};
  await end();
  clock = new ManualClock(since + 3_600_000);
  says = exposition(0, 0);
  start();
  await look(Math.ceil(recoverAfterMs / intervalMs) + 2);
  expect((await device(1))?.spec.health).toEqual(health);
  await nodeStatus(boot('boot-2'));
  await eventually(async () => {
    await look();
    expect((await device(1))?.spec.health).toMatchObject({ state: 'Healthy', reason: 'Recovered' });
  }, patience);
}, 60_000);

test('a person may say that a GPU is in order', async () => {
  await expectHealth(1, undefined);
  says = exposition(0, 95);
  await look(2);
  await expectHealth(1, { state: 'Broken', xid: 95 });
  const checked = new Date(since + 600_000).toISOString();
  const metadata = { annotations: { [gpusCheckedAnnotation]: checked } };
  await api.send('PATCH', `/api/v1/nodes/${node}`, { metadata }, mergePatch);
  await eventually(async () => {
    await look();
    expect((await device(1))?.spec.health).toMatchObject({ state: 'Healthy', reason: 'Checked' });
  }, patience);
});

test('an exporter that fails says nothing of anybody, a condition of the node does', async () => {
  await expectHealth(1, undefined);
  says = undefined;
  await look(5);
  expect(told).toEqual([]);
  await nodeStatus({ conditions: [{ type: 'GPUMissing', status: 'True' }] });
  await eventually(async () => {
    await look();
    expect((await device(0))?.spec.health).toMatchObject({
      state: 'Degraded',
      reason: 'NodeReportsFault',
    });
  }, patience);
  await expectHealth(1, { state: 'Degraded' });
});
