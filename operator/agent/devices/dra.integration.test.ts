import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ioDeviceResource, ioMemberResource } from '../../../crds/schema/index.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { memberNamespace } from '../../domain/lease.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { EventRecorder } from '../../runtime/events.ts';
import { Informer } from '../../runtime/informer.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { Manager } from '../../runtime/manager.ts';
import { noMetrics } from '../../runtime/metrics.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { gpuSliceSelector, resourceSliceIndex, resourceSliceResource } from './dra.ts';
import { deviceController, deviceIndexes } from './index.ts';
import { nodeResource } from './node.ts';

const member = 'fra-1';
const namespace = memberNamespace(member);
const stop = new AbortController();
let cluster: PrivateCluster;
let admin: ApiClient;
let api: KubeApi;
let ended: Promise<unknown>;

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'dra' });
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/agent-rbac.yaml')]);
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await api.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
  const spec = { accepted: true, location: { country: 'DE' } };
  await admin.apply(ioMemberResource, { metadata: { name: member }, spec }, { manager: 'test' });
  const kubeConfig = cluster.kubeConfigFor('compute.io.net:agent');
  const local = new ApiClient({ kubeConfig, userAgent: 'test' });
  const quiet = { metrics: noMetrics, logger: silentLogger };
  const events = new EventRecorder({ client: local, component: 'compute.io.net/agent' });
  const [hubs, locals] = [
    { ...quiet, client: admin },
    { ...quiet, client: local },
  ];
  const controller = deviceController({
    ...{ ...quiet, member, hub: admin, events, clock: systemClock, concurrency: 2 },
    members: new Informer({ ...hubs, resource: ioMemberResource }),
    devices: new Informer({
      ...{ ...hubs, resource: ioDeviceResource, namespace, indexes: deviceIndexes },
    }),
    nodes: new Informer({ ...locals, resource: nodeResource }),
    resourceSlices: new Informer({
      ...{ ...locals, resource: resourceSliceResource, indexes: resourceSliceIndex },
      fieldSelector: gpuSliceSelector,
    }),
  });
  ended = new Manager({ logger: silentLogger, events: [events], closers: [local] })
    .addController(controller)
    .start(stop.signal);
}, 90_000);
afterAll(async () => {
  stop.abort();
  await ended;
  await Promise.all([admin?.close(), api?.close()]);
  await cluster?.stop();
});

const gpu = (index: number, uuid = `GPU-0${index}`) => ({
  name: `gpu-${index}`,
  attributes: {
    type: { string: 'gpu' },
    uuid: { string: uuid },
    productName: { string: 'NVIDIA H100 80GB HBM3' },
    architecture: { string: 'Hopper' },
    cudaComputeCapability: { version: '9.0.0' },
    driverVersion: { version: '580.82.7' },
  },
  capacity: { memory: { value: '81559Mi' } },
});

/** As a DRA driver publishes it. */
async function publish(driver: string, generation: number, devices: readonly object[]) {
  const pool = { name: 'node-a', generation, resourceSliceCount: 1 };
  await api.apply({
    ...{ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice' },
    metadata: { name: `node-a-${driver}` },
    spec: { driver, nodeName: 'node-a', pool, devices },
  });
}

async function known(): Promise<readonly string[]> {
  const { items } = await admin.list(ioDeviceResource, { namespace });
  return items.map(({ metadata, spec }) => `${metadata.name} ${spec.uuid}`).toSorted();
}

test('the devices of a node follow the ResourceSlices of the driver for GPUs, and no other', async () => {
  await publish('network.example.org', 1, [{ name: 'gpu-5' }]);
  await publish('gpu.nvidia.com', 1, [gpu(0), gpu(1)]);
  await eventually(async () => {
    expect(await known()).toEqual(['node-a-gpu-0 GPU-00', 'node-a-gpu-1 GPU-01']);
  });
  const found = await admin.get(ioDeviceResource, 'node-a-gpu-0', namespace);
  expect(found?.spec).toMatchObject({
    ...{ product: 'NVIDIA-H100-80GB-HBM3', memoryMiB: 81_559, family: 'hopper' },
    ...{ computeCapability: '9.0', driverVersion: '580.82.7', allocatable: true },
  });
});

test('another GPU in its place is another device, and one that is gone goes', async () => {
  const before = await admin.get(ioDeviceResource, 'node-a-gpu-1', namespace);
  await publish('gpu.nvidia.com', 2, [gpu(1, 'GPU-0e')]);
  await eventually(async () => expect(await known()).toEqual(['node-a-gpu-1 GPU-0e']));
  const after = await admin.get(ioDeviceResource, 'node-a-gpu-1', namespace);
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
});

test('a GPU that its driver has tainted cannot be used', async () => {
  const taints = [{ key: 'gpu.nvidia.com/xid', effect: 'NoSchedule' }];
  await publish('gpu.nvidia.com', 3, [{ ...gpu(1, 'GPU-0e'), taints }]);
  await eventually(async () => {
    const found = await admin.get(ioDeviceResource, 'node-a-gpu-1', namespace);
    expect(found?.spec.allocatable).toBe(false);
  });
});
