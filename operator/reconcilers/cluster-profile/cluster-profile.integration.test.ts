import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type IOMember, ioMemberResource } from '../../../crds/schema/index.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { Informer } from '../../runtime/informer.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { Manager } from '../../runtime/manager.ts';
import { noMetrics } from '../../runtime/metrics.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { type ClusterProfile, clusterProfileController, clusterProfileResource } from './index.ts';

const namespace = 'fleet';
const warnings: string[] = [];
const stop = new AbortController();
let cluster: PrivateCluster;
let admin: ApiClient;
let api: KubeApi;
let ended: Promise<unknown>;

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'profiles' });
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/hub-rbac.yaml')]);
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const logger = {
    ...silentLogger,
    warn: (_: object, message: string) => void warnings.push(message),
  };
  const kubeConfig = cluster.kubeConfigFor('compute.io.net:hub');
  const client = new ApiClient({ kubeConfig, userAgent: 'test' });
  const base = { client, clock: systemClock, metrics: noMetrics, logger };
  const members = new Informer({ ...base, resource: ioMemberResource });
  ended = new Manager({ logger: silentLogger, closers: [client] })
    .addController(clusterProfileController({ ...base, members, namespace }))
    .start(stop.signal);
}, 90_000);
afterAll(async () => {
  stop.abort();
  await ended;
  await Promise.all([admin?.close(), api?.close()]);
  await cluster?.stop();
});

async function applyMember(name: string, displayName: string, accepted = true): Promise<void> {
  const spec = { accepted, displayName, location: { country: 'DE', region: 'eu-central' } };
  await admin.apply(ioMemberResource, { metadata: { name }, spec }, { manager: 'test' });
}

async function applyStatus(name: string, heard: boolean, leased = 0): Promise<void> {
  const [status, reason] = heard ? ['True', 'HeartbeatsArrive'] : ['False', 'NoHeartbeat'];
  const condition = { type: 'Connected', status, reason, message: 'x', observedGeneration: 1 };
  const intent = {
    metadata: { name },
    status: {
      conditions: [{ ...condition, lastTransitionTime: '2026-11-25T00:00:00Z' }],
      versions: { kubernetes: 'v1.37.2' },
      capacity: [{ model: 'L4', devices: 4, verified: 4, leased, free: 4 - leased }],
    },
  };
  const options = { manager: 'test-status', subresource: 'status' as const };
  await admin.apply<IOMember>(ioMemberResource, intent, options);
}

const profile = (name: string): Promise<ClusterProfile | undefined> =>
  admin.get(clusterProfileResource, name, namespace);

test('a hub waits for the kind, and then keeps one profile for each accepted member', async () => {
  await applyMember('early', 'Frankfurt');
  await eventually(() => expect(warnings.join()).toMatch(/no ClusterProfile is written: the CRD/));
  const crd = 'crds/vendor/cluster-inventory/multicluster.x-k8s.io_clusterprofiles.yaml';
  await api.applyFiles([join(checkoutDirectory, crd)]);
  await applyStatus('early', true);
  await eventually(async () => {
    expect(await profile('early')).toMatchObject({
      metadata: {
        labels: { 'x-k8s.io/cluster-manager': 'io-operator' },
        ownerReferences: [{ kind: 'IOMember', name: 'early' }],
      },
      spec: { displayName: 'Frankfurt', clusterManager: { name: 'io-operator' } },
      status: {
        conditions: [{ type: 'ControlPlaneHealthy', status: 'True', reason: 'HeartbeatsArrive' }],
        version: { kubernetes: 'v1.37.2' },
        properties: [
          { name: 'compute.io.net/country', value: 'DE' },
          { name: 'compute.io.net/region', value: 'eu-central' },
          { name: 'compute.io.net/devices.L4', value: '4' },
        ],
      },
    });
  });
});

test('it is written on transitions, and keeps what others add', async () => {
  const added = {
    metadata: { name: 'early', namespace },
    status: { properties: [{ name: 'example.org/tier', value: 'gold' }] },
  };
  const options = { manager: 'somebody', subresource: 'status' as const };
  const before = await admin.apply<ClusterProfile>(clusterProfileResource, added, options);
  await applyStatus('early', true, 3);
  await applyMember('marker', 'Marker');
  await eventually(async () => expect(await profile('marker')).toBeDefined());
  expect((await profile('early'))?.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  await applyStatus('early', false, 3);
  await eventually(async () => {
    const { status } = (await profile('early')) ?? {};
    expect(status?.conditions).toMatchObject([{ status: 'False', reason: 'NoHeartbeat' }]);
    expect(status?.properties).toContainEqual({ name: 'example.org/tier', value: 'gold' });
  });
  await applyMember('early', 'Frankfurt am Main');
  await eventually(async () => {
    expect((await profile('early'))?.spec?.displayName).toBe('Frankfurt am Main');
  });
});

test('it goes when the member is put out, comes back, and goes with it', async () => {
  await applyMember('early', 'Frankfurt', false);
  await eventually(async () => expect(await profile('early')).toBeUndefined());
  await applyMember('early', 'Frankfurt');
  await eventually(async () => expect(await profile('early')).toBeDefined());
  await admin.delete(ioMemberResource, 'early', undefined, {});
  await eventually(async () => expect(await profile('early')).toBeUndefined());
});

test('a profile of another cluster manager is left alone', async () => {
  const metadata = { name: 'taken', namespace };
  const foreign = { metadata, spec: { clusterManager: { name: 'karmada' } } };
  await admin.apply(clusterProfileResource, foreign, { manager: 'karmada' });
  await applyMember('taken', 'Amsterdam');
  await eventually(() => expect(warnings.join()).toMatch(/another cluster manager/));
  await admin.delete(ioMemberResource, 'taken', undefined, {});
  await applyMember('after', 'After');
  await eventually(async () => expect(await profile('after')).toBeDefined());
  expect((await profile('taken'))?.spec).toEqual({ clusterManager: { name: 'karmada' } });
});
