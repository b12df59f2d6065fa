import { join } from 'node:path';
import { finalizers } from '../../crds/schema/index.ts';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { memberNamespace } from '../domain/lease.ts';
import { memberUser, membersGroup } from '../domain/member/identity.ts';
import { clusterUidLabel } from '../domain/raycluster/manifest.ts';
import { accessManifests } from '../reconcilers/io-member/access.ts';
import { type PrivateCluster, startPrivateControlPlane } from './api-server/test-cluster.ts';
import { buildNode } from './builders/node.ts';
import { buildPlacementGroup, buildPlacementSpec } from './builders/placement-spec.ts';

const mergePatch = 'application/merge-patch+json';
const member = 'fra-1';
const identity = { member, enrolment: 1 };

/**
 * One API server that is hub and member, with the accepted member fra-1 and its node `a` of eight GPUs.
 * An agent that takes `flags` has the rights of an agent on both sides, and no more.
 */
export type MemberCluster = Readonly<{
  cluster: PrivateCluster;
  api: KubeApi;
  /** The member's namespace on the hub. */
  namespace: string;
  /** Of `io-operator agent`: who it is, and its ways to both API servers. */
  flags: readonly string[];
  /** A placement of `replicas` workers on these devices of node `a`. */
  place: (leaseId: string, devices: readonly number[], replicas: number) => Promise<void>;
  stop: () => Promise<void>;
}>;

export async function startMemberCluster(name: string): Promise<MemberCluster> {
  const cluster = await startPrivateControlPlane({ name });
  const api = new KubeApi(cluster.adminKubeconfigPath);
  const namespace = memberNamespace(member);
  await api.applyFiles([
    join(checkoutDirectory, 'crds/vendor/kuberay/ray.io_rayclusters.yaml'),
    join(checkoutDirectory, 'hack/federation/manifests/agent-rbac.yaml'),
  ]);
  for (const manifest of Object.values(accessManifests(identity, namespace))) {
    await api.apply(manifest);
  }
  await api.apply({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOMember', metadata: { name: member } },
    spec: { accepted: true, location: { country: 'DE' } },
  });
  await addNode(api);
  return {
    cluster,
    api,
    namespace,
    flags: [
      `--member=${member}`,
      `--hub-kubeconfig=${cluster.kubeconfigPathFor(memberUser(identity), [membersGroup])}`,
      `--kubeconfig=${cluster.kubeconfigPathFor('compute.io.net:agent')}`,
      ...['--heartbeat-seconds=1', '--log-level=error'],
    ],
    place: (leaseId, devices, replicas) => place(api, namespace, { leaseId, devices, replicas }),
    stop: async () => {
      await api.close();
      await cluster.stop();
    },
  };
}

async function addNode(api: KubeApi): Promise<void> {
  const { labels, capacity } = buildNode({});
  await api.send('POST', '/api/v1/nodes', {
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'a', labels } },
  });
  const lastTransitionTime = '2026-11-23T10:00:00Z';
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime }];
  const status = { capacity, allocatable: capacity, conditions };
  await api.send('PATCH', '/api/v1/nodes/a/status', { status }, mergePatch);
}

type Wanted = Readonly<{ leaseId: string; devices: readonly number[]; replicas: number }>;

async function place(
  api: KubeApi,
  namespace: string,
  { leaseId, devices: numbers, replicas }: Wanted,
): Promise<void> {
  const devices = numbers.map((index) => ({ name: `a-gpu-${index}`, node: 'a' }));
  const labels = { [clusterUidLabel]: `uid-${leaseId}` };
  const metadata = { name: leaseId, namespace, labels, finalizers: [finalizers.rayCluster] };
  const size = { replicas, minReplicas: replicas, maxReplicas: replicas };
  const group = { ...size, devicesPerWorker: devices.length / replicas, devices };
  await api.apply({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOPlacement', metadata },
    spec: buildPlacementSpec({ leaseId, workerGroups: [buildPlacementGroup(group)] }),
  });
}
