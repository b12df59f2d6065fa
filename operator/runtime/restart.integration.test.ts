import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../testing/api-server/test-cluster.ts';
import { eventually } from '../testing/eventually.ts';
import { ApiClient } from './api-client.ts';
import { Controller } from './controller.ts';
import { Informer } from './informer.ts';
import type { KubeObject } from './kube-object.ts';
import { LeaderElector } from './leader-elector.ts';
import { Manager } from './manager.ts';
import { noMetrics } from './metrics.ts';
import type { Resource } from './resource.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };
const configMaps: Resource<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

let cluster: PrivateCluster;
beforeAll(async () => {
  cluster = await startPrivateControlPlane({ controllerManager: false });
}, 60_000);
afterAll(() => cluster?.stop());

/** A killed API server takes seconds to come back, more on a busy machine: no term ends by that. */
const patient = { leaseDurationMs: 90_000, renewDeadlineMs: 60_000, retryPeriodMs: 1000 };

/** Copies `data.in` to `data.out`, as a controller does. */
function copier(client: ApiClient, namespace: string, requests: { count: number }) {
  const informer = new Informer({ client, resource: configMaps, namespace });
  const controller = new Controller({
    name: 'copier',
    reconcile: async (key) => {
      const object = informer.cache.get(key);
      const value = object?.data?.['in'];
      if (object === undefined || value === undefined || object.data?.['out'] === value) return;
      const { name } = object.metadata;
      await client.apply(
        configMaps,
        { metadata: { name, namespace }, data: { out: value } },
        { manager: 'copier' },
      );
    },
  }).watch(informer);
  const elector = new LeaderElector({
    client,
    namespace,
    name: 'copier',
    identity: 'one',
    ...patient,
  });
  const manager = new Manager({ elector, closers: [client], shutdownTimeoutMs: 5000 });
  manager.addController(controller);
  return { informer, manager, elector, requests };
}

test('everything goes on after the API server was killed, without a restart of ours', async () => {
  const namespace = await cluster.uniqueNamespace('restart');
  const requests = { count: 0 };
  const client = new ApiClient({
    kubeConfig: cluster.kubeConfig,
    userAgent: 'test',
    onRequest: () => (requests.count += 1),
  });
  const user = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'user' });
  const write = (name: string, value: string): Promise<ConfigMap> =>
    user.apply(
      configMaps,
      { metadata: { name, namespace }, data: { in: value } },
      { manager: 'user' },
    );
  const copied = (name: string, value: string, withinMs = 10_000): Promise<void> =>
    eventually(
      async () => {
        const object = await user.get(configMaps, name, namespace);
        expect(object?.data?.['out']).toBe(value);
      },
      { withinMs },
    );
  const { informer, manager, elector } = copier(client, namespace, requests);
  const abort = new AbortController();
  const ended = manager.start(abort.signal);
  await write('a', '1');
  await copied('a', '1');
  for (const round of ['2', '3']) {
    await cluster.killApiServer();
    const before = requests.count;
    const killedMs = performance.now();
    await cluster.startApiServer();
    const seconds = (performance.now() - killedMs) / 1000;
    // Renewals of the lease every half second, and an informer that backs off.
    expect(requests.count - before).toBeLessThan(20 + 10 * seconds);
    await write('a', round);
    await write(`b-${round}`, round);
    await copied('a', round, 30_000);
    await copied(`b-${round}`, round);
    expect(elector.isLeader()).toBe(true);
  }
  const { items } = await user.list(configMaps, { namespace });
  await eventually(() => expect(informer.cache.size).toBe(items.length));
  abort.abort();
  await ended;
  await user.close();
}, 90_000);

test('a history that the API server has forgotten is listed anew', async () => {
  const namespace = await cluster.uniqueNamespace('compacted');
  const client = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  const reasons: string[] = [];
  const metrics = {
    ...noMetrics,
    watchRestart: (_resource: string, reason: string) => reasons.push(reason),
  };
  const informer = new Informer({
    client,
    resource: configMaps,
    namespace,
    metrics,
    reconnect: { baseMs: 20, maximumMs: 200 },
  });
  // A version from before this API server's memory: it answers 410 by itself.
  const list = client.list.bind(client);
  let first = true;
  client.list = async (...args: Parameters<typeof list>) => {
    const page = await list(...args);
    if (first) page.resourceVersion = '1';
    first = false;
    return page as never;
  };
  const abort = new AbortController();
  const ended = informer.start(abort.signal);
  await informer.waitForSync();
  await client.create(configMaps, { metadata: { name: 'after', namespace } });
  await eventually(() => expect(informer.cache.get(`${namespace}/after`)).toBeDefined());
  expect(reasons).toEqual(['expired']);
  abort.abort();
  await ended;
  await client.close();
}, 60_000);
