import { expectSuccess, type KubeApi } from '../../federation/kube-api.ts';
import { models } from './members.ts';

const RENTERS = 10;
const RAY_VERSION = '2.52.1';
const AT_ONCE = 16;

/** As `kubectl apply --server-side` does it. */
const APPLY = 'application/apply-patch+yaml';
const QUERY = 'fieldManager=kubectl&force=false';

/** An IOCluster that the hub's API server has accepted. */
export type Accepted = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** CLOCK_MONOTONIC in nanoseconds: when it was sent, and when the answer was here. */
  readonly sentNs: bigint;
  readonly acceptedNs: bigint;
};

const namespaceOf = (index: number): string => `renter-${index % RENTERS}`;

/** Makes the namespaces of the renters. */
export async function createRenters(hub: KubeApi): Promise<void> {
  for (let index = 0; index < RENTERS; index += 1) {
    const metadata = { name: namespaceOf(index) };
    await hub.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
  }
}

/** Applies the IOCluster number `index` of a series: one worker with one device. */
export async function applyCluster(hub: KubeApi, series: string, index: number): Promise<Accepted> {
  const namespace = namespaceOf(index);
  const name = `${series}-${index}`;
  const path = `/apis/compute.io.net/v1alpha1/namespaces/${namespace}/ioclusters/${name}?${QUERY}`;
  const manifest = {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOCluster',
    metadata: { name, namespace },
    spec: {
      ray: { version: RAY_VERSION },
      workerGroups: [
        { name: 'gpu', devicesPerWorker: 1, devices: { models: [models[index % models.length]] } },
      ],
    },
  };
  const sentNs = process.hrtime.bigint();
  const response = await hub.send('PATCH', path, manifest, APPLY);
  const acceptedNs = process.hrtime.bigint();
  const object = expectSuccess(response, `apply IOCluster ${namespace}/${name}`) as {
    metadata: { uid: string };
  };
  return { namespace, name, uid: object.metadata.uid, sentNs, acceptedNs };
}

/** Applies `count` IOClusters as fast as the hub's API server takes them. */
export async function applyClusters(
  hub: KubeApi,
  series: string,
  count: number,
): Promise<readonly Accepted[]> {
  const accepted: Accepted[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      accepted[index] = await applyCluster(hub, series, index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return accepted;
}
