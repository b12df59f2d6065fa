import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ioDeviceResource, ioMemberResource } from '../../crds/schema/index.ts';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { type AgentConfig, type HubConfig, readConfig } from '../config.ts';
import { clusterProfileResource } from '../reconcilers/cluster-profile/index.ts';
import { ApiClient } from '../runtime/api-client.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../testing/api-server/test-cluster.ts';
import { eventually } from '../testing/eventually.ts';
import { runAgent } from './agent.ts';
import { runHub } from './hub.ts';

/** One cluster that is hub and member: the flags reach what they are for. */
const stop = new AbortController();
const running: Promise<void>[] = [];
let cluster: PrivateCluster;
let admin: ApiClient;
let api: KubeApi;

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'interop' });
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles(
    [
      'hack/federation/manifests/hub-rbac.yaml',
      'hack/federation/manifests/agent-rbac.yaml',
      'crds/vendor/kuberay/ray.io_rayclusters.yaml',
      'crds/vendor/cluster-inventory/multicluster.x-k8s.io_clusterprofiles.yaml',
    ].map((path) => join(checkoutDirectory, path)),
  );
  for (const name of ['fleet', 'io-member-fra-1']) {
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  await api.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
  const spec = { accepted: true, location: { country: 'DE' } };
  await admin.apply(ioMemberResource, { metadata: { name: 'fra-1' }, spec }, { manager: 'test' });
}, 90_000);
afterAll(async () => {
  stop.abort();
  await Promise.all(running);
  await Promise.all([admin?.close(), api?.close()]);
  await cluster?.stop();
});

const common = ['--metrics-address', '127.0.0.1:0', '--log-level', 'error'];

test('a hub with --cluster-profile-namespace keeps a ClusterProfile there', async () => {
  const flags = ['hub', '--leader-election', 'false', '--cluster-profile-namespace', 'fleet'];
  const kubeconfig = cluster.kubeconfigPathFor('compute.io.net:hub');
  const config = readConfig([...flags, '--kubeconfig', kubeconfig, ...common], {}) as HubConfig;
  running.push(runHub(config, stop.signal));
  await eventually(async () => {
    const profile = await admin.get(clusterProfileResource, 'fra-1', 'fleet');
    expect(profile?.status?.conditions).toMatchObject([{ type: 'ControlPlaneHealthy' }]);
  });
});

test('an agent with --device-source dra tells of the GPUs of ResourceSlices', async () => {
  const attributes = {
    ...{ type: { string: 'gpu' }, uuid: { string: 'GPU-00' } },
    productName: { string: 'NVIDIA L4' },
  };
  const device = { name: 'gpu-0', attributes, capacity: { memory: { value: '23034Mi' } } };
  const pool = { name: 'node-a', generation: 1, resourceSliceCount: 1 };
  await api.apply({
    ...{ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: 'node-a' } },
    spec: { driver: 'gpu.nvidia.com', nodeName: 'node-a', pool, devices: [device] },
  });
  const flags = ['agent', '--member', 'fra-1', '--device-source', 'dra'];
  const kubeconfig = cluster.kubeconfigPathFor('compute.io.net:agent');
  const hub = cluster.adminKubeconfigPath;
  const paths = ['--kubeconfig', kubeconfig, '--hub-kubeconfig', hub];
  const config = readConfig([...flags, ...paths, ...common], {}) as AgentConfig;
  running.push(runAgent(config, stop.signal));
  await eventually(async () => {
    const found = await admin.get(ioDeviceResource, 'node-a-gpu-0', 'io-member-fra-1');
    expect(found?.spec).toMatchObject({ uuid: 'GPU-00', product: 'NVIDIA-L4', allocatable: true });
  });
});
