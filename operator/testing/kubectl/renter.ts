import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { serverOf } from '../../runtime/kube-config.ts';
import type { TestCluster } from '../api-server/test-cluster.ts';

/** A person with a token who may use IOClusters of one namespace and read its events. */
export type Renter = Readonly<{
  namespace: string;
  account: string;
  token: string;
  /** The path of a kubeconfig with the token, whose context names the namespace. */
  kubeconfig: string;
  /** The administrator. */
  admin: ApiClient;
  close: () => Promise<void>;
}>;

const rbac = 'rbac.authorization.k8s.io';

/** Makes the namespace, the ServiceAccount and its rights on a real API server. */
export async function renterOf(cluster: TestCluster): Promise<Renter> {
  const namespace = await cluster.uniqueNamespace('renter');
  const account = 'renter';
  const metadata = { name: account, namespace };
  const api = new KubeApi(cluster.adminKubeconfigPath);
  await api.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  await api.apply({
    ...{ apiVersion: `${rbac}/v1`, kind: 'Role', metadata },
    rules: [
      { apiGroups: ['compute.io.net'], resources: ['ioclusters', 'ioaccounts'], verbs: ['*'] },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['list'] },
    ],
  });
  await api.apply({
    ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata },
    roleRef: { apiGroup: rbac, kind: 'Role', name: account },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
  });
  await api.close();
  const admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  const { token } = await admin.serviceAccountToken(account, namespace, 3_600);
  const kubeconfig = join(cluster.adminKubeconfigPath, '..', `${namespace}.kubeconfig`);
  await writeFile(kubeconfig, kubeconfigText(cluster, namespace, token), { mode: 0o600 });
  return { namespace, account, token, kubeconfig, admin, close: () => admin.close() };
}

function kubeconfigText(cluster: TestCluster, namespace: string, token: string): string {
  const { url: server, caBundle = '' } = serverOf(cluster.kubeConfig);
  const ca = Buffer.from(caBundle).toString('base64');
  return stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'hub' },
    clusters: [{ name: 'hub', cluster: { server, 'certificate-authority-data': ca } }],
    users: [{ name: 'renter', user: { token } }],
    contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'renter', namespace } }],
  });
}
