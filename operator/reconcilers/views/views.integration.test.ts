import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type IOCluster,
  type IODevice,
  ioAccountResource,
  ioClusterResource,
  ioDeviceResource,
  type IOMember,
  ioMemberResource,
  ioPlacementResource,
  ioSlashCaseResource,
} from '../../../crds/schema/index.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { createViews } from '../../adapters/postgres/views/reader.ts';
import { createViewWriter } from '../../adapters/postgres/views/writer.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { Informer } from '../../runtime/informer.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { priorityClassResource } from '../../runtime/priority-class.ts';
import { Manager } from '../../runtime/manager.ts';
import { noMetrics } from '../../runtime/metrics.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { noViewMetrics } from '../../testing/no-metrics.ts';
import {
  startPrivateDatabase,
  type TestDatabase,
  type TestServer,
} from '../../testing/postgres.ts';
import {
  conditionsOf,
  freeConditions,
  viewDevice,
  viewMember,
} from '../../testing/views/objects.ts';
import { FederationState, placementIndexes } from '../federation-state.ts';
import { viewsRunnable } from './index.ts';

const soon = { withinMs: 20_000 };
const page = { limit: 200 };
let cluster: PrivateCluster;
let server: TestServer;
let database: TestDatabase;
let admin: ApiClient;
let api: KubeApi;
let hub: Hub;
let views: ReturnType<typeof createViews>;

type Hub = Readonly<{ stop: () => Promise<unknown> }>;

beforeAll(async () => {
  [cluster, server] = await Promise.all([
    startPrivateControlPlane({ name: 'views' }),
    startPrivateDatabase({ fsync: 'off' }),
  ]);
  database = await server.database();
  views = createViews(database.reader, systemClock);
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/hub-rbac.yaml')]);
  for (const name of ['team', 'io-member-fra-1']) {
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  hub = startHub();
}, 120_000);
afterAll(async () => {
  await hub?.stop();
  await Promise.all([admin?.close(), api?.close(), database?.close()]);
  await Promise.all([cluster?.stop(), server?.stop()]);
});

/** The views of a hub, with the rights that a hub has, on its API server. */
function startHub(): Hub {
  const kubeConfig = cluster.kubeConfigFor('compute.io.net:hub');
  const client = new ApiClient({ kubeConfig, userAgent: 'test' });
  const base = { client, metrics: noMetrics, logger: silentLogger };
  const informers = {
    accounts: new Informer({ ...base, resource: ioAccountResource }),
    members: new Informer({ ...base, resource: ioMemberResource }),
    clusters: new Informer<IOCluster>({
      ...base,
      resource: ioClusterResource,
      indexes: {
        member: ({ status }) => (status?.lease === undefined ? [] : [status.lease.member]),
        priorityClass: ({ spec }) =>
          spec.priorityClassName === undefined ? [] : [spec.priorityClassName],
      },
    }),
    slashCases: new Informer({ ...base, resource: ioSlashCaseResource }),
    devices: new Informer<IODevice>({
      ...base,
      resource: ioDeviceResource,
      indexes: { namespace: ({ metadata }) => [metadata.namespace ?? ''] },
    }),
    priorityClasses: new Informer({ ...base, resource: priorityClassResource }),
    placements: new Informer({
      ...base,
      resource: ioPlacementResource,
      indexes: placementIndexes,
    }),
  };
  const state = new FederationState(informers);
  const manager = new Manager({ logger: silentLogger, closers: [client] });
  for (const informer of Object.values(informers)) manager.addInformer(informer);
  const writer = createViewWriter(database.writer);
  const more = { state, writer, clock: systemClock, logger: silentLogger, metrics: noViewMetrics };
  manager.addRunnable(viewsRunnable({ ...informers, ...more }));
  const stop = new AbortController();
  const ended = manager.start(stop.signal);
  return {
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}

async function putMember(displayName: string): Promise<void> {
  const { spec } = viewMember('fra-1', { spec: { displayName } });
  await admin.apply(ioMemberResource, { metadata: { name: 'fra-1' }, spec }, { manager: 'test' });
  const status = { conditions: conditionsOf({ Schedulable: 'True Schedulable' }) };
  const where = { metadata: { name: 'fra-1' }, status };
  const options = { manager: 'test-status', subresource: 'status' as const };
  await admin.apply<IOMember>(ioMemberResource, where, options);
}

async function putDevice(name: string): Promise<void> {
  const { spec, status } = viewDevice(name);
  const metadata = { name, namespace: 'io-member-fra-1' };
  await admin.apply(ioDeviceResource, { metadata, spec }, { manager: 'test' });
  const options = { manager: 'test-status', subresource: 'status' as const };
  await admin.apply<IODevice>(ioDeviceResource, { metadata, status }, options);
}

async function putCluster(name: string): Promise<void> {
  const spec = { ray: { version: '2.52.1' }, workerGroups: [{ name: 'gpu', replicas: 1 }] };
  const metadata = { name, namespace: 'team' };
  await admin.apply(ioClusterResource, { metadata, spec }, { manager: 'test' });
}

async function names(): Promise<readonly string[]> {
  const [clusters, devices, members] = await Promise.all([
    views.clusters('team', page),
    views.devices({}, page),
    views.members({}, page),
  ]);
  return [clusters, devices, members].flatMap(({ items }) =>
    items.map((item: Readonly<{ name: string }>) => item.name),
  );
}

test('what is on the API server can be looked at a moment later, and so can sums of it', async () => {
  await putMember('Frankfurt');
  await Promise.all(['gpu-0', 'gpu-1', 'gpu-2'].map(putDevice));
  await putCluster('train');
  await eventually(async () => {
    expect(await names()).toEqual(['train', 'gpu-0', 'gpu-1', 'gpu-2', 'fra-1']);
  }, soon);
  expect(await views.cluster('team', 'train')).toMatchObject({
    phase: 'Waiting',
    rayVersion: '2.52.1',
    capacity: 'OnDemand',
  });
  await eventually(async () => {
    expect(await views.network()).toMatchObject({
      members: 1,
      devices: { total: 3, verified: 3, offered: 3, free: 3 },
      clusters: { waiting: 1 },
    });
    expect(await views.models()).toMatchObject([{ model: 'H100-80GB-HBM3', wanted: 1 }]);
  }, soon);
  const device = await views.device('fra-1', 'gpu-1');
  expect(device).toMatchObject({ account: 'suppliers/acme', onDemandMicroUsdPerHour: 2_490_000 });
  expect(device?.blockedBy).toBeUndefined();
  expect(device?.conditions.map(({ type }) => type)).toEqual(Object.keys(freeConditions));
}, 60_000);

test('what was removed, and what came, while no hub wrote is right after one took over', async () => {
  await hub.stop();
  await admin.delete(ioDeviceResource, 'gpu-1', 'io-member-fra-1', {});
  await putDevice('gpu-9');
  await putMember('Frankfurt am Main');
  hub = startHub();
  await eventually(async () => {
    expect(await names()).toEqual(['train', 'gpu-0', 'gpu-2', 'gpu-9', 'fra-1']);
    expect(await views.member('fra-1')).toMatchObject({ displayName: 'Frankfurt am Main' });
    expect(await views.deviceCounts({ member: 'fra-1' })).toMatchObject({ total: 3, free: 3 });
  }, soon);
}, 60_000);

test('a hub whose database goes away goes on, and catches up', async () => {
  await server.kill();
  await putCluster('meanwhile');
  await admin.delete(ioDeviceResource, 'gpu-0', 'io-member-fra-1', {});
  await server.start();
  await eventually(async () => {
    expect(await names()).toEqual(['meanwhile', 'train', 'gpu-2', 'gpu-9', 'fra-1']);
  }, soon);
}, 60_000);
