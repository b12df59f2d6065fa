import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ioAccountResource,
  ioClusterResource,
  ioDeviceResource,
  ioMemberResource,
} from '../../crds/schema/index.ts';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { createViews } from '../adapters/postgres/views/reader.ts';
import { type HubConfig, readConfig } from '../config.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { systemClock } from '../runtime/clock.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../testing/api-server/test-cluster.ts';
import { eventually } from '../testing/eventually.ts';
import { type TestDatabase, testDatabase } from '../testing/postgres.ts';
import { viewDevice, viewMember } from '../testing/views/objects.ts';
import { runHub } from './hub.ts';

/** The whole hub, with its rights and a database, without a chain. */
const stop = new AbortController();
const soon = { withinMs: 20_000 };
let running: Promise<void> | undefined;
let cluster: PrivateCluster;
let database: TestDatabase;
let directory: string;
let admin: ApiClient;
let api: KubeApi;

beforeAll(async () => {
  [cluster, database, directory] = await Promise.all([
    startPrivateControlPlane({ name: 'hub-views' }),
    testDatabase(),
    mkdtemp(join(tmpdir(), 'hub-views-')),
  ]);
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/hub-rbac.yaml')]);
  for (const name of ['team', 'io-member-fra-1']) {
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const file = join(directory, 'database-url');
  await writeFile(file, database.writerUrl, { mode: 0o600 });
  const kubeconfig = cluster.kubeconfigPathFor('compute.io.net:hub');
  const flags = ['hub', '--leader-election', 'false', '--database-url-file', file];
  const more = ['--kubeconfig', kubeconfig, '--metrics-address', '127.0.0.1:0'];
  const config = readConfig([...flags, ...more, '--log-level', 'error'], {}) as HubConfig;
  running = runHub(config, stop.signal);
}, 90_000);
afterAll(async () => {
  stop.abort();
  await running;
  await Promise.all([admin?.close(), api?.close(), database?.close()]);
  await cluster?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true });
});

test('what the hub decides of devices and clusters is what people see', async () => {
  const options = { manager: 'test' };
  const account = { metadata: { name: 'renter', namespace: 'team' }, spec: { kind: 'Renter' } };
  await admin.apply(ioAccountResource, account, options);
  const { spec } = viewMember('fra-1');
  await admin.apply(ioMemberResource, { metadata: { name: 'fra-1' }, spec }, options);
  const metadata = { name: 'gpu-0', namespace: 'io-member-fra-1' };
  await admin.apply(ioDeviceResource, { metadata, spec: viewDevice('gpu-0').spec }, options);
  const asked = {
    accountRef: { name: 'renter' },
    ray: { version: '2.52.1' },
    workerGroups: [{ name: 'gpu', replicas: 4 }],
  };
  const train = { metadata: { name: 'train', namespace: 'team' }, spec: asked };
  await admin.apply(ioClusterResource, train, options);
  const views = createViews(database.reader, systemClock);
  await eventually(async () => {
    // Its agent was never heard, so that nothing is placed there; the device itself is well.
    expect(await views.device('fra-1', 'gpu-0')).toMatchObject({ model: 'H100-80GB-HBM3' });
    expect(await views.cluster('team', 'train')).toMatchObject({
      phase: 'Waiting',
      account: 'renter',
      queuePosition: 1,
    });
    expect(await views.account('team', 'renter')).toMatchObject({ kind: 'Renter', balances: [] });
    expect(await views.member('fra-1')).toMatchObject({ devices: { total: 1, free: 1 } });
  }, soon);
  await eventually(async () => {
    expect(await views.network()).toMatchObject({
      members: 1,
      devices: { total: 1, verified: 1, free: 0 },
      clusters: { waiting: 1 },
    });
    expect(await views.models()).toMatchObject([{ model: 'H100-80GB-HBM3', wanted: 4 }]);
    expect(await views.countries()).toMatchObject([{ continent: 'EU', members: 1, models: [] }]);
    expect((await views.history(1)).length).toBeGreaterThan(0);
  }, soon);
  await admin.delete(ioClusterResource, 'train', 'team');
  await eventually(async () => {
    expect(await views.cluster('team', 'train')).toBeUndefined();
  }, soon);
}, 60_000);
