import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type IOPlacement, ioPlacementResource } from '../../../crds/schema/index.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { tenantNamespace } from '../../domain/lease.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { Informer } from '../../runtime/informer.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { testCluster } from '../../testing/api-server/test-cluster.ts';
import { RayTokens } from '../tunnel/ray-tokens.ts';
import { TenantSpaces } from './tenant-spaces.ts';

const signal = new AbortController().signal;
const lease = 'lease-0123456789abcdef';
const tenant = randomBytes(8).toString('hex');
const namespace = tenantNamespace(tenant);
const rbac = 'rbac.authorization.k8s.io';
const bindings = {
  ...{ group: rbac, version: 'v1', kind: 'RoleBinding', plural: 'rolebindings', namespaced: true },
};
let api: KubeApi;
let admin: ApiClient;
let agent: ApiClient;
let elsewhere: string;

/** What KubeRay makes for a RayCluster. */
async function tokenIn(where: string): Promise<void> {
  await api.apply({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: lease, namespace: where } },
    data: { auth_token: Buffer.from('of-ray').toString('base64') },
  });
}

const spaces = (client: ApiClient): TenantSpaces => {
  const resource = ioPlacementResource;
  const placements = new Informer<IOPlacement>({ client, resource, logger: silentLogger });
  const clock = systemClock;
  return new TenantSpaces({ client, placements, clock, logger: silentLogger, readsTokens: true });
};

const tokenFor = (where: string): Promise<string> =>
  new RayTokens({ local: agent, clock: systemClock, logger: silentLogger }).of(lease, where);

beforeAll(async () => {
  const cluster = testCluster();
  api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/agent-rbac.yaml')]);
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  elsewhere = await cluster.uniqueNamespace();
  agent = new ApiClient({
    kubeConfig: cluster.kubeConfigFor('compute.io.net:agent'),
    userAgent: 'test',
  });
});

afterAll(async () => {
  await Promise.all([agent.close(), admin.close(), api.close()]);
});

describe('with its own rights, the agent', () => {
  test('reads the token of a Ray cluster once it has made the namespace of its tenant', async () => {
    await spaces(agent).ensure(tenant, signal);
    await tokenIn(namespace);
    expect(await tokenFor(namespace)).toBe('of-ray');
  });

  test('reads no secret of anybody else', async () => {
    await tokenIn(elsewhere);
    await expect(tokenFor(elsewhere)).rejects.toMatchObject({ fault: 'HeadUnreachable' });
  });

  test('cannot give itself more than the role that the data centre made for it', async () => {
    const binding = {
      metadata: { name: 'io-agent-tenant', namespace },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'compute.io.net:agent' }],
    };
    await admin.delete(bindings, 'io-agent-tenant', namespace, { signal });
    const apply = (named: object) =>
      agent.apply(bindings, { ...binding, ...named }, { manager: 'test', signal });
    await expect(apply({})).rejects.toMatchObject({ status: 403 });
    const other = { metadata: { name: 'other', namespace } };
    await expect(apply(other)).rejects.toMatchObject({ status: 403 });
    await spaces(agent).ensure(tenant, signal);
    expect(await tokenFor(namespace)).toBe('of-ray');
  });
});

test('a tenant gets its namespace also when its token cannot be read yet, and the next time the rest', async () => {
  const other = randomBytes(8).toString('hex');
  let isAway = true;
  /** Whose API server does not say who asks. */
  class Deaf extends ApiClient {
    override review(...of: Parameters<ApiClient['review']>): Promise<unknown> {
      return isAway ? Promise.reject(new Error('it is away')) : super.review(...of);
    }
  }
  const client = new Deaf({
    kubeConfig: testCluster().kubeConfigFor('compute.io.net:agent'),
    userAgent: 'test',
  });
  const of = spaces(client);
  const binding = `/apis/${rbac}/v1/namespaces/${tenantNamespace(other)}/rolebindings/io-agent-tenant`;
  await of.ensure(other, signal);
  expect(await api.get(`/api/v1/namespaces/${tenantNamespace(other)}`)).toBeDefined();
  expect(await api.get(binding)).toBeUndefined();
  isAway = false;
  await of.ensure(other, signal);
  expect(await api.get(binding)).toBeDefined();
  await client.close();
});
