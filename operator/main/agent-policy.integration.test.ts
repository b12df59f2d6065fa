import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { finalizers } from '../../crds/schema/index.ts';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { reservePorts } from '../../hack/federation/ports.ts';
import { type AgentConfig, readConfig } from '../config.ts';
import { memberNamespace, tenantNamespace } from '../domain/lease.ts';
import { memberUser, membersGroup } from '../domain/member/identity.ts';
import { clusterUidLabel } from '../domain/raycluster/manifest.ts';
import { accessManifests } from '../reconcilers/io-member/access.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../testing/api-server/test-cluster.ts';
import { buildNode } from '../testing/builders/node.ts';
import { buildPlacementGroup, buildPlacementSpec } from '../testing/builders/placement-spec.ts';
import { eventually } from '../testing/eventually.ts';
import { runAgent } from './agent.ts';

/** One API server is hub and member; the agent has the rights of an agent on both, and no more. */

const member = 'fra-1';
const identity = { member, enrolment: 1 };
const namespace = memberNamespace(member);
const placements = `/apis/compute.io.net/v1alpha1/namespaces/${namespace}/ioplacements`;
const policyPath = '/api/v1/namespaces/io-member/configmaps/io-member-policy';
const patience = { withinMs: 30_000 };
const mergePatch = 'application/merge-patch+json';

let cluster: PrivateCluster;
let api: KubeApi;
let metricsPort: number;
const stop = new AbortController();
let ended: Promise<void> | undefined;

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'policy' });
  api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles([
    join(checkoutDirectory, 'crds/vendor/kuberay/ray.io_rayclusters.yaml'),
    join(checkoutDirectory, 'hack/federation/manifests/agent-rbac.yaml'),
  ]);
  for (const manifest of Object.values(accessManifests(identity, namespace))) {
    await api.apply(manifest);
  }
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'io-member' } });
  await api.apply({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOMember', metadata: { name: member } },
    spec: { accepted: true, location: { country: 'DE' } },
  });
  const { labels, capacity } = buildNode({});
  await api.send('POST', '/api/v1/nodes', {
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'a', labels } },
  });
  const lastTransitionTime = '2026-11-23T10:00:00Z';
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime }];
  const status = { capacity, allocatable: capacity, conditions };
  await api.send('PATCH', '/api/v1/nodes/a/status', { status }, mergePatch);
  [metricsPort = 0] = await reservePorts(1, cluster.controlPlane.directory);
}, 90_000);
afterAll(async () => {
  stop.abort();
  await ended;
  await api?.close();
  await cluster?.stop();
});

function startAgent(): void {
  const config = readConfig(
    [
      'agent',
      `--member=${member}`,
      `--hub-kubeconfig=${cluster.kubeconfigPathFor(memberUser(identity), [membersGroup])}`,
      `--kubeconfig=${cluster.kubeconfigPathFor('compute.io.net:agent')}`,
      `--metrics-address=127.0.0.1:${metricsPort}`,
      '--policy-config-map=io-member/io-member-policy',
      '--heartbeat-seconds=1',
      '--log-level=error',
    ],
    {},
  ) as AgentConfig;
  ended = runAgent(config, stop.signal);
}

async function decree(data: Record<string, string>): Promise<void> {
  await api.send('DELETE', policyPath);
  await api.apply({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', data },
    metadata: { name: 'io-member-policy', namespace: 'io-member' },
  });
}

/** A placement on two devices of node `a`, from `first` on. */
async function place(leaseId: string, first: number): Promise<void> {
  const devices = [first, first + 1].map((index) => ({ name: `a-gpu-${index}`, node: 'a' }));
  const size = { replicas: 1, minReplicas: 1, maxReplicas: 1, devicesPerWorker: 2 };
  const labels = { [clusterUidLabel]: `uid-${leaseId}` };
  const metadata = { name: leaseId, namespace, labels, finalizers: [finalizers.rayCluster] };
  await api.apply({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOPlacement', metadata },
    spec: buildPlacementSpec({
      leaseId,
      workerGroups: [buildPlacementGroup({ ...size, devices })],
    }),
  });
}

type Placement = { status?: { conditions?: { type: string; reason: string }[] } };
async function accepted(leaseId: string): Promise<string | undefined> {
  const found = (await api.get(`${placements}/${leaseId}`)) as Placement | undefined;
  return found?.status?.conditions?.find(({ type }) => type === 'Accepted')?.reason;
}

const rayCluster = (leaseId: string): Promise<Record<string, unknown> | undefined> => {
  const tenant = tenantNamespace(buildPlacementSpec().tenant);
  return api.get(`/apis/ray.io/v1/namespaces/${tenant}/rayclusters/${leaseId}`);
};

const expectEnded = (leaseId: string): Promise<void> =>
  eventually(async () => {
    const gone = { metadata: { deletionTimestamp: 'gone' } };
    expect((await rayCluster(leaseId)) ?? gone).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String) },
    });
  }, patience);

async function announced(annotation: string): Promise<unknown> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/heartbeat`;
  const found = await api.get(path);
  const { annotations } = (found?.['metadata'] ?? {}) as { annotations?: Record<string, string> };
  return annotations?.[`compute.io.net/${annotation}`];
}
const heartbeat = (): Promise<unknown> => announced('cordoned');
const drainHeard = (): Promise<unknown> => announced('drain-deadline');

const metrics = async (): Promise<string> =>
  (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();

test('a data centre says by a ConfigMap what it lets run, and is heard at once', async () => {
  const [first, second, third] = [1, 2, 3].map((each) => `lease-000000000000000${each}`) as [
    string,
    string,
    string,
  ];
  await decree({ allowedImages: 'registry.example/' });
  startAgent();
  const devices = `/apis/compute.io.net/v1alpha1/namespaces/${namespace}/iodevices`;
  await eventually(async () => expect(await api.get(`${devices}/a-gpu-7`)).toBeDefined(), patience);

  await place(first, 0);
  await eventually(async () => expect(await accepted(first)).toBe('RefusedImage'), patience);
  expect(await rayCluster(first)).toBeUndefined();
  expect(await metrics()).toMatch(/io_member_refusals_total{reason="RefusedImage".*} 1/);

  await api.send('PATCH', policyPath, { data: { allowedImages: 'docker.io/*' } }, mergePatch);
  await eventually(async () => {
    expect(await metrics()).toMatch(/io_member_policy_readable{.*} 0/);
  }, patience);
  expect(await accepted(first)).toBe('RefusedImage');

  const allowed = { data: { allowedImages: 'docker.io/rayproject/', maxDevicesPerLease: '2' } };
  await api.send('PATCH', policyPath, allowed, mergePatch);
  await eventually(async () => expect(await accepted(first)).toBe('Accepted'), patience);
  await eventually(async () => expect(await rayCluster(first)).toBeDefined(), patience);

  // What runs stays, and the hub hears that nothing else is wanted.
  const before = await rayCluster(first);
  await api.send('PATCH', policyPath, { data: { cordoned: 'true' } }, mergePatch);
  await eventually(async () => expect(await heartbeat()).toBe('true'), patience);
  await place(second, 2);
  await eventually(async () => expect(await accepted(second)).toBe('RefusedCordoned'), patience);
  expect(await accepted(first)).toBe('Accepted');
  expect(await rayCluster(first)).toEqual(before);

  await api.send('PATCH', policyPath, { data: { cordoned: 'false' } }, mergePatch);
  await eventually(async () => expect(await accepted(second)).toBe('Accepted'), patience);
  await eventually(async () => expect(await heartbeat()).not.toBe('true'), patience);

  // Everything off by a time: what runs stays until then, and is ended by the agent's own clock.
  const inSeconds = (seconds: number): string =>
    new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
  await api.send('PATCH', policyPath, { data: { drainDeadline: inSeconds(3600) } }, mergePatch);
  await eventually(async () => expect(await drainHeard()).toBeDefined(), patience);
  expect(await accepted(second)).toBe('Accepted');
  await api.send('PATCH', policyPath, { data: { drainDeadline: inSeconds(4) } }, mergePatch);
  await eventually(async () => expect(await accepted(second)).toBe('RefusedCordoned'), patience);
  await expectEnded(second);
  await place(third, 4);
  await eventually(async () => expect(await accepted(third)).toBe('RefusedCordoned'), patience);
  await api.send('PATCH', policyPath, { data: { drainDeadline: null } }, mergePatch);
  await eventually(async () => expect(await accepted(third)).toBe('Accepted'), patience);

  await api.send('PATCH', policyPath, { data: { maxDevicesPerLease: '1' } }, mergePatch);
  await eventually(async () => expect(await accepted(third)).toBe('RefusedTooLarge'), patience);
  await expectEnded(third);
}, 120_000);
