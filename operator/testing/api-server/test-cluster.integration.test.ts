import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { eventually } from '../eventually.ts';
import { type PrivateCluster, startPrivateControlPlane, testCluster } from './test-cluster.ts';

describe('the shared cluster', () => {
  test('each namespace is new, and ends when it is deleted', async () => {
    const cluster = testCluster();
    const names = [await cluster.uniqueNamespace(), await cluster.uniqueNamespace()];
    expect(new Set(names).size).toBe(2);
    const api = new KubeApi(cluster.adminKubeconfigPath);
    const path = `/api/v1/namespaces/${names[0]}`;
    expect(await api.get(`${path}/configmaps/kube-root-ca.crt`)).toBeDefined();
    expect((await api.send('DELETE', path)).status).toBe(200);
    await eventually(async () => expect(await api.get(path)).toBeUndefined(), { withinMs: 30_000 });
    await api.close();
  }, 40_000);

  test('the kubeconfig is loaded, verifies TLS and names the cluster', () => {
    const current = testCluster().kubeConfig.getCurrentCluster();
    expect(current).toMatchObject({ name: 'test', skipTLSVerify: false });
    expect(current?.caData).toBeDefined();
  });

  test('another user has no rights until somebody grants them', async () => {
    const cluster = testCluster();
    const path = `/api/v1/namespaces/${await cluster.uniqueNamespace()}/configmaps`;
    const api = new KubeApi(cluster.kubeconfigPathFor('stranger', ['strangers']));
    const refused = await api.send('GET', path);
    expect(refused.status).toBe(403);
    expect(refused.body['message']).toContain('User "stranger" cannot list resource "configmaps"');
    expect(cluster.kubeConfigFor('other').getCurrentUser()?.name).toBe('other');
    await api.close();
  });

  test('children go with their owner', async () => {
    const cluster = testCluster();
    const namespace = await cluster.uniqueNamespace();
    const api = new KubeApi(cluster.adminKubeconfigPath);
    const root = `/api/v1/namespaces/${namespace}/configmaps`;
    const owner = (await api.send('POST', root, { metadata: { name: 'owner' } })).body as {
      metadata: { uid: string };
    };
    const { uid } = owner.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }];
    await api.send('POST', root, { metadata: { name: 'child', ownerReferences } });
    await api.send('DELETE', `${root}/owner`);
    const gone = async (): Promise<void> => expect(await api.get(`${root}/child`)).toBeUndefined();
    await eventually(gone, { withinMs: 30_000 });
    await api.close();
  }, 40_000);
});

describe('a private cluster', () => {
  let cluster: PrivateCluster;
  beforeAll(async () => {
    cluster = await startPrivateControlPlane({ controllerManager: false });
  }, 60_000);
  afterAll(() => cluster?.stop());

  test.each(['stopApiServer', 'killApiServer'] as const)(
    'after %s it is refused, and after startApiServer the objects are there, on the same port',
    async (end) => {
      const namespace = await cluster.uniqueNamespace();
      const api = new KubeApi(cluster.adminKubeconfigPath);
      const path = `/api/v1/namespaces/${namespace}`;
      await cluster[end]();
      await expect(api.get(path)).rejects.toThrow(/ECONNREFUSED|ECONNRESET|other side closed/);
      await cluster.startApiServer();
      expect(await api.get(path)).toMatchObject({ metadata: { name: namespace } });
      await api.close();
    },
    60_000,
  );
});
