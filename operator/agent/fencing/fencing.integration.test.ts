import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  finalizers,
  ioDeviceResource,
  type IOPlacement,
  ioPlacementResource,
} from '../../../crds/schema/index.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { memberNamespace, tenantNamespace } from '../../domain/lease.ts';
import { clusterUidLabel, managedByLabels } from '../../domain/raycluster/manifest.ts';
import { openPolicy } from '../../domain/member/policy.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { Informer } from '../../runtime/informer.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { Manager } from '../../runtime/manager.ts';
import { noMetrics } from '../../runtime/metrics.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../../testing/api-server/test-cluster.ts';
import { buildPlacementGroup, buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { eventually } from '../../testing/eventually.ts';
import { FaultProxy } from '../../testing/fault-proxy.ts';
import { SkippingClock } from '../../testing/manual-clock.ts';
import { heartbeat } from '../heartbeat.ts';
import { placementController, placementIndexes } from '../placements/index.ts';
import { rayClusterResource } from '../placements/ray-cluster.ts';
import { TenantSpaces } from '../placements/tenant-spaces.ts';
import { Fences } from './fences.ts';
import { fencing } from './index.ts';
import { Renewals } from './renewals.ts';

/** One API server is both: the member's own, always there, and the hub, behind a proxy that is cut. */
const member = 'fra-1';
const namespace = memberNamespace(member);
const { resourceName: _, ...group } = buildPlacementGroup({ devices: [], devicesPerWorker: 0 });
const spec = buildPlacementSpec({
  // No devices: what they are judged by is not what is tested here.
  workerGroups: [group],
  fencing: { policy: 'AfterFence', afterSeconds: 20 },
});
const { leaseId } = spec;
const tenant = tenantNamespace(spec.tenant);
const patience = { withinMs: 20_000 };

let cluster: PrivateCluster;
let admin: ApiClient;
let proxy: FaultProxy;
const clock = new SkippingClock();
let directory: string;
const running: { stop: AbortController; ended: Promise<void> }[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fencing-'));
  cluster = await startPrivateControlPlane({ name: 'fencing' });
  const api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles([join(checkoutDirectory, 'crds/vendor/kuberay/ray.io_rayclusters.yaml')]);
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await api.close();
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  proxy = await FaultProxy.start(cluster.kubeConfig);
}, 90_000);
afterAll(async () => {
  for (const { stop } of running) stop.abort();
  await Promise.all(running.map(({ ended }) => ended));
  await proxy?.close();
  await admin?.close();
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The part of an agent that keeps leases, with a heartbeat every 200 ms. Returns how to end it. */
async function startAgent(): Promise<() => Promise<void>> {
  const quiet = { metrics: noMetrics, logger: silentLogger };
  const user = cluster.kubeConfig.getCurrentUser();
  if (user === null) throw new Error('no user');
  const hub = new ApiClient({ kubeConfig: proxy.kubeConfigFor(user), userAgent: 'agent' });
  const local = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'agent' });
  const inHub = { ...quiet, client: hub, namespace };
  const placements = new Informer({
    ...inHub,
    resource: ioPlacementResource,
    indexes: placementIndexes,
  });
  const devices = new Informer({ ...inHub, resource: ioDeviceResource });
  const rayClusters = new Informer({
    ...{ ...quiet, client: local, resource: rayClusterResource },
    labelSelector: Object.entries(managedByLabels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    indexes: { name: ({ metadata }) => [metadata.name] },
  });
  const renewals = await Renewals.open({
    ...{ clock, logger: silentLogger, directory },
    stamp: () => ({ bootId: 'boot', uptimeMs: clock.monotonicMs(), wallMs: clock.now() }),
  });
  const fences = new Fences({
    renewals,
    askHub: (id, signal) => hub.get(ioPlacementResource, id, namespace, { signal }),
    clock,
    logger: silentLogger,
  });
  const tenants = new TenantSpaces({
    ...{ client: local, placements, clock, logger: silentLogger },
    readsTokens: false,
  });
  const controller = placementController({
    ...{ ...quiet, member, hub, local, placements, devices, rayClusters, tenants, fences, clock },
    policy: () => openPolicy,
    refusals: { placementRefused: () => undefined },
    concurrency: 2,
  });
  const manager = new Manager({ logger: silentLogger, clock, closers: [hub, local] })
    .addController(controller)
    .addRunnable(
      fencing({
        ...{ fences, local, rayClusters, clock, logger: silentLogger },
        resource: rayClusterResource,
        released: (id) => controller.enqueue(`${namespace}/${id}`),
      }),
    )
    .addRunnable(
      heartbeat({
        ...{ hub, member, clock, logger: silentLogger },
        intervalMs: 200,
        versions: async () => ({}),
        metering: () => undefined,
        wishes: () => ({ cordoned: false, drainDeadline: undefined }),
        clusterUid: async () => undefined,
        acknowledged: (sentMs) => renewals.acknowledge(sentMs),
      }),
    );
  const stop = new AbortController();
  const ended = manager.start(stop.signal);
  running.push({ stop, ended });
  return async () => {
    stop.abort();
    await ended;
  };
}

const rayCluster = () => admin.get(rayClusterResource, leaseId, tenant);
const placementOf = () => admin.get(ioPlacementResource, leaseId, namespace);
const appliedReason = ({ status }: IOPlacement): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Applied')?.reason;

/** Deleted by the agent; that nothing of it is left is the garbage collector's part, played here. */
async function expectStopped(): Promise<void> {
  await eventually(async () => {
    expect((await rayCluster())?.metadata.deletionTimestamp).toBeDefined();
  }, patience);
  await admin.mergePatch(rayClusterResource, leaseId, tenant, { metadata: { finalizers: [] } });
  expect(await rayCluster()).toBeUndefined();
}

function cut(): void {
  proxy.refuseConnections();
  proxy.cutConnections();
}

const place = () =>
  admin.apply(
    ioPlacementResource,
    {
      metadata: {
        name: leaseId,
        namespace,
        labels: { [clusterUidLabel]: 'uid-1' },
        finalizers: [finalizers.rayCluster],
      },
      spec,
    },
    { manager: 'test' },
  );

test('a lease is stopped without the hub, runs again when it is still here, and not when it is not', async () => {
  await place();
  const end = await startAgent();
  const first = await eventually(async () => {
    const found = await rayCluster();
    expect(found).toBeDefined();
    return found;
  }, patience);
  expect(first?.metadata.labels).toMatchObject({ 'compute.io.net/fence-after-seconds': '20' });

  cut();
  clock.skip(15_000);
  // A look at the fences comes every half second; this one has been looked at when the next is cut.
  cut();
  expect((await rayCluster())?.metadata.uid).toBe(first?.metadata.uid);
  clock.skip(10_000);
  await expectStopped();
  // Its own API server is there, and nobody makes it again.
  expect((await placementOf())?.metadata.deletionTimestamp).toBeUndefined();

  proxy.heal();
  const second = await eventually(async () => {
    const found = await rayCluster();
    expect(found).toBeDefined();
    return found;
  }, patience);
  expect(second?.metadata.uid).not.toBe(first?.metadata.uid);
  await eventually(async () => {
    const placement = await placementOf();
    expect(placement === undefined ? undefined : appliedReason(placement)).toBe('Applied');
  }, patience);

  // The hub places it anew elsewhere meanwhile: this placement is ended without its agent.
  cut();
  clock.skip(25_000);
  await expectStopped();
  await admin.delete(ioPlacementResource, leaseId, namespace);
  await admin.mergePatch(ioPlacementResource, leaseId, namespace, { metadata: { finalizers: [] } });
  expect(await placementOf()).toBeUndefined();
  const seen = proxy.seen.length;
  proxy.heal();
  await eventually(
    () => expect(proxy.seen.slice(seen).some(({ method }) => method === 'PATCH')).toBe(true),
    patience,
  );
  await eventually(() => {
    // Listed or watched, and so known not to be there any more.
    const asked = proxy.seen.slice(seen).filter(({ path }) => path.includes('/ioplacements?'));
    expect(asked.length).toBeGreaterThan(0);
  }, patience);
  expect(await rayCluster()).toBeUndefined();
  await end();
}, 120_000);

test('an agent that starts without the hub stops what should have been stopped', async () => {
  await place();
  const end = await startAgent();
  const made = () => eventually(async () => expect(await rayCluster()).toBeDefined(), patience);
  await made();
  await end();

  // Soon after it was heard last nothing happens, until that is long ago.
  cut();
  const again = await startAgent();
  clock.skip(15_000);
  cut();
  expect((await rayCluster())?.metadata.deletionTimestamp).toBeUndefined();
  await again();
  clock.skip(10_000);
  await startAgent();
  await expectStopped();
  proxy.heal();
  await made();
}, 120_000);
