import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { createAccessReviews } from '../../operator/adapters/kubernetes/access-review.ts';
import {
  createClusterDirectory,
  type WatchedClusterDirectory,
} from '../../operator/adapters/kubernetes/cluster-directory.ts';
import { ApiClient } from '../../operator/runtime/api-client.ts';
import { silentLogger } from '../../operator/runtime/logger.ts';
import { testCluster } from '../../operator/testing/api-server/test-cluster.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { FaultProxy } from '../../operator/testing/fault-proxy.ts';
import { GatewayWorld, toldBy } from '../testing/gateway-world.ts';
import { testLease } from '../testing/tunnel-world.ts';

const cluster = testCluster();
const patience = { withinMs: 20_000 };
const mergePatch = 'application/merge-patch+json';
const compute = '/apis/compute.io.net/v1alpha1/namespaces';

let admin: KubeApi;
let users: ApiClient;
let proxy: FaultProxy;
let client: ApiClient;
let clusters: WatchedClusterDirectory;
let world: GatewayWorld;
let namespace: string;
let stop: AbortController;
let ended: Promise<void>;

beforeAll(async () => {
  admin = new KubeApi(cluster.adminKubeconfigPath);
  users = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  await admin.applyFiles(
    ['api-rbac', 'renter-rbac'].map((name) =>
      join(checkoutDirectory, `hack/federation/manifests/${name}.yaml`),
    ),
  );
  // With no more rights than the api has.
  proxy = await FaultProxy.start(cluster.kubeConfigFor('compute.io.net:api'));
});
afterAll(async () => {
  await Promise.all([proxy.close(), admin.close(), users.close()]);
});

beforeEach(async () => {
  namespace = await cluster.uniqueNamespace('gateway');
  client = new ApiClient({ kubeConfig: proxy.kubeConfig, userAgent: 'test' });
  clusters = createClusterDirectory(client, silentLogger);
  stop = new AbortController();
  ended = clusters.run(stop.signal);
  const limits = { allowedMs: 50, deniedMs: 50, recheckMs: 50, lookMs: 50 };
  const hub = { reviews: createAccessReviews(client), clusters };
  world = await GatewayWorld.start({ http: (_, response) => response.end('ok') }, limits, hub);
  await eventually(() => expect(clusters.isKnown()).toBe(true), patience);
});
afterEach(async () => {
  proxy.heal();
  await world.stop();
  stop.abort();
  await ended;
  await client.close();
});

/** A ServiceAccount with a role in a namespace, and its token. */
async function renter(role: string | undefined, home = namespace): Promise<string> {
  const name = `renter-${randomBytes(4).toString('hex')}`;
  await admin.apply({
    ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: home } },
  });
  if (role !== undefined) {
    await admin.apply({
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
      metadata: { name, namespace: home },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name, namespace: home }],
    });
  }
  return tokenOf(name, home);
}

async function tokenOf(name: string, home: string, audiences?: string[]): Promise<string> {
  const { body } = await admin.send(
    'POST',
    `/api/v1/namespaces/${home}/serviceaccounts/${name}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences } },
  );
  return (body as { status: { token: string } }).status.token;
}

async function makeCluster(name: string, running = true): Promise<void> {
  await admin.apply({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOCluster', metadata: { name, namespace } },
    spec: { ray: { version: '2.52.1' }, workerGroups: [{ name: 'gpu', replicas: 1 }] },
  });
  const time = '2026-11-25T10:00:00Z';
  const ready = {
    ...{ type: 'Ready', status: running ? 'True' : 'False', lastTransitionTime: time },
    ...{ reason: running ? 'Ready' : 'NotPlaced', message: 'No member has room for it.' },
  };
  const lease = {
    ...{ id: testLease, generation: 1, member: 'a', placement: testLease, startTime: time },
    ...{ devices: 1, priceMicroUsdPerHour: 1 },
  };
  const status = { conditions: [ready], ...(running ? { lease } : {}) };
  await admin.send(
    'PATCH',
    `${compute}/${namespace}/ioclusters/${name}/status`,
    { status },
    mergePatch,
  );
  await eventually(
    () => expect(clusters.find(namespace, name)?.reason).toBe(ready.reason),
    patience,
  );
}

const ask = (token: string, method = 'GET', name = 'llm') =>
  world.ask({ path: `/clusters/${namespace}/${name}/dashboard/`, token, method });

/** What `kubectl auth can-i VERB ioclusters/NAME --subresource=proxy` says of the bearer. */
async function canI(token: string, verb: string, name = 'llm'): Promise<boolean> {
  const [, payload = ''] = token.split('.');
  const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string };
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${sub.split(':')[2]}`];
  const { body } = await admin.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
    spec: {
      ...{ user: sub, groups },
      resourceAttributes: {
        ...{ group: 'compute.io.net', resource: 'ioclusters', subresource: 'proxy' },
        ...{ namespace, name, verb },
      },
    },
  });
  return (body as { status: { allowed: boolean } }).status.allowed;
}

describe('kubectl auth can-i tells the truth about', () => {
  test.each([
    ['compute.io.net:edit', 200, 200],
    ['compute.io.net:view', 403, 403],
    [undefined, 403, 403],
  ])('who has the role %s', async (role, reading, writing) => {
    await makeCluster('llm');
    const token = await renter(role);
    await eventually(async () => expect(await canI(token, 'get')).toBe(reading === 200), patience);
    const asked = [await ask(token), await ask(token, 'POST')];
    expect(asked.map(({ status }) => status)).toEqual([reading, writing]);
    const allowed = [await canI(token, 'get'), await canI(token, 'create')];
    expect(allowed).toEqual([reading === 200, writing === 200]);
  });

  test('who may edit and view what is in the namespace', async () => {
    await makeCluster('llm');
    const [editor, viewer] = [await renter('edit'), await renter('view')];
    // The roles of Kubernetes take ours in when its controller has seen them.
    await eventually(async () => expect((await ask(editor, 'POST')).status).toBe(200), patience);
    expect((await ask(viewer)).status).toBe(403);
    await eventually(async () => {
      const about = { group: 'compute.io.net', resource: 'ioclusters', verb: 'get', namespace };
      const { body } = await admin.send(
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        {
          ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
          spec: { user: subjectOf(viewer), resourceAttributes: { ...about, name: 'llm' } },
        },
      );
      expect(body).toMatchObject({ status: { allowed: true } });
    }, patience);
  });

  test('one cluster of several, by its name', async () => {
    await makeCluster('llm');
    await makeCluster('other');
    const token = await renter(undefined);
    await admin.apply({
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
      metadata: { name: 'one', namespace },
      rules: [
        {
          ...{ apiGroups: ['compute.io.net'], resources: ['ioclusters/proxy'] },
          ...{ resourceNames: ['llm'], verbs: ['get'] },
        },
      ],
    });
    await admin.apply({
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
      metadata: { name: 'one', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'one' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: subjectOf(token) }],
    });
    await eventually(async () => expect((await ask(token)).status).toBe(200), patience);
    expect([(await ask(token, 'POST')).status, (await ask(token, 'GET', 'other')).status]).toEqual([
      403, 403,
    ]);
  });
});

const subjectOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string })
    .sub;

describe('a token', () => {
  test('of another namespace opens nothing here', async () => {
    await makeCluster('llm');
    const elsewhere = await cluster.uniqueNamespace('gateway');
    expect(toldBy(await ask(await renter('compute.io.net:edit', elsewhere)))).toBe('403 Forbidden');
  });

  test('that was made for others, is forged, or is cut off is nobody’s', async () => {
    await makeCluster('llm');
    const token = await renter('compute.io.net:edit');
    const account = subjectOf(token).split(':')[3] ?? '';
    const foreign = await tokenOf(account, namespace, ['vault.example.com']);
    const [head = '', payload = '', signature = ''] = token.split('.');
    const root = Buffer.from('{"sub":"system:serviceaccount:kube-system:default"}');
    for (const bad of [
      foreign,
      `${head}.${root.toString('base64url')}.${signature}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      token.slice(0, -2),
      'not-a-token',
    ]) {
      expect(toldBy(await ask(bad))).toBe('401 Unauthenticated');
    }
    expect((await ask(token)).status).toBe(200);
  });

  test('opens nothing any more when its account is gone', async () => {
    await makeCluster('llm');
    const token = await renter('compute.io.net:edit');
    await eventually(async () => expect((await ask(token)).status).toBe(200), patience);
    const account = subjectOf(token).split(':')[3];
    await admin.send('DELETE', `/api/v1/namespaces/${namespace}/serviceaccounts/${account}`);
    await eventually(async () => {
      expect(toldBy(await ask(token))).toBe('401 Unauthenticated');
    }, patience);
  });

  test('opens nothing while the API server is away, and again when it is back', async () => {
    await makeCluster('llm');
    const token = await renter('compute.io.net:edit');
    await eventually(async () => expect((await ask(token)).status).toBe(200), patience);
    proxy.refuseConnections();
    await eventually(async () => {
      expect(toldBy(await ask(token))).toBe('503 HubUnavailable');
    }, patience);
    proxy.heal();
    await eventually(async () => expect((await ask(token)).status).toBe(200), patience);
  });
});

describe('a cluster', () => {
  test('that does not run says why, and one that is gone is gone', async () => {
    await makeCluster('idle', false);
    const token = await renter('compute.io.net:edit');
    await admin.apply({
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
      metadata: { name: 'viewers', namespace },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'compute.io.net:view',
      },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: subjectOf(token) }],
    });
    await eventually(async () => {
      const answer = await ask(token, 'GET', 'idle');
      expect(toldBy(answer)).toBe('409 ClusterNotRunning');
      expect(answer.text).toContain('No member has room for it.');
    }, patience);
    await admin.send('DELETE', `${compute}/${namespace}/ioclusters/idle`);
    await eventually(async () => {
      expect(toldBy(await ask(token, 'GET', 'idle'))).toBe('404 ClusterNotFound');
    }, patience);
  });
});
