import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KubeApi, type Manifest } from '../../../hack/federation/kube-api.ts';
import { leaseLabel } from '../../domain/raycluster/manifest.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { testCluster } from '../../testing/api-server/test-cluster.ts';
import { exporterTargets } from './exporters.ts';

const cluster = testCluster();
const api = new KubeApi(cluster.adminKubeconfigPath);
const client = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
let namespace: string;

beforeAll(async () => {
  namespace = await cluster.uniqueNamespace('exporters');
});
afterAll(async () => {
  await client.close();
  await api.close();
});

type Facts = Readonly<{
  ip?: string;
  node?: string;
  phase?: string;
  ports?: readonly object[];
  labels?: Readonly<Record<string, string>>;
}>;

async function createPod(name: string, facts: Facts = {}): Promise<void> {
  const { ip = '10.0.0.1', node = 'a', phase = 'Running', ports = [], labels = {} } = facts;
  const container = { name: 'exporter', image: 'exporter', ports };
  const pod: Manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    // The label is one of this test, since the API server is everybody's.
    metadata: { name, namespace, ...{ labels: { exporter: namespace, ...labels } } },
    spec: { nodeName: node, containers: [container] },
  };
  await api.apply(pod);
  const status = { phase, podIP: ip, podIPs: [{ ip }] };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
  await api.send('PATCH', path, { status }, 'application/merge-patch+json');
}

test('exporters are found by their label, and asked at their port', async () => {
  await createPod('plain');
  await createPod('named', {
    ...{ node: 'b', ip: '10.0.0.2' },
    ports: [{ containerPort: 80 }, { name: 'metrics', containerPort: 9_401 }],
  });
  await createPod('wide', { node: 'c', ip: 'fd00::1' });
  await createPod('pending', { phase: 'Pending' });
  await createPod('of-a-lease', { labels: { [leaseLabel]: 'lease-1' } });
  await createPod('another', { labels: { exporter: 'no' } });
  const targets = exporterTargets(client, `exporter=${namespace}`);
  const found = await targets(new AbortController().signal);
  expect(found.toSorted((a, b) => (a.node < b.node ? -1 : 1))).toEqual([
    { node: 'a', url: 'http://10.0.0.1:9400/metrics' },
    { node: 'b', url: 'http://10.0.0.2:9401/metrics' },
    { node: 'c', url: 'http://[fd00::1]:9400/metrics' },
  ]);
});
