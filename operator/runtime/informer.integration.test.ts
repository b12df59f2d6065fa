import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { testCluster } from '../testing/api-server/test-cluster.ts';
import { eventually } from '../testing/eventually.ts';
import { type Fault, FaultProxy } from '../testing/fault-proxy.ts';
import { ApiClient } from './api-client.ts';
import { type Change, Informer, type InformerOptions } from './informer.ts';
import { keyOf, type KubeObject } from './kube-object.ts';
import type { WatchRestartReason } from './metrics.ts';
import type { Resource } from './resource.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };

const configMaps: Resource<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

const cluster = testCluster();
const direct = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
let proxy: FaultProxy;
let client: ApiClient;
let stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  proxy = await FaultProxy.start(cluster.kubeConfig);
  client = new ApiClient({ kubeConfig: proxy.kubeConfig, userAgent: 'test', timeoutMs: 500 });
});
afterEach(async () => {
  proxy.heal();
  await Promise.all(stops.map((stop) => stop()));
  stops = [];
  proxy.seen.length = 0;
});
afterAll(async () => {
  await Promise.all([client.close(), direct.close()]);
  await proxy.close();
});

type Running = {
  informer: Informer<ConfigMap>;
  namespace: string;
  changes: Change<ConfigMap>[];
  restarts: WatchRestartReason[];
};

async function start(
  options: Partial<InformerOptions<ConfigMap>> = {},
  prepare: (namespace: string) => Promise<void> = async () => {},
): Promise<Running> {
  const namespace = await cluster.uniqueNamespace('informer');
  await prepare(namespace);
  const changes: Change<ConfigMap>[] = [];
  const restarts: WatchRestartReason[] = [];
  const informer = new Informer({
    client,
    resource: configMaps,
    namespace,
    reconnect: { baseMs: 5, maximumMs: 50 },
    onRestart: (reason) => restarts.push(reason),
    ...options,
  });
  informer.onChange((change) => changes.push(change));
  const abort = new AbortController();
  const ended = informer.start(abort.signal);
  stops.push(async () => {
    abort.abort();
    await ended;
  });
  expect(await informer.waitForSync()).toBe(true);
  return { informer, namespace, changes, restarts };
}

const put = (namespace: string, name: string, value: string): Promise<ConfigMap> =>
  direct.apply(configMaps, { metadata: { name, namespace }, data: { value } }, { manager: 'test' });

const versions = (objects: readonly KubeObject[]): Record<string, string | undefined> =>
  Object.fromEntries(
    objects.map((object) => [
      keyOf(object),
      `${object.metadata.uid}@${object.metadata.resourceVersion}`,
    ]),
  );

async function expectSame({ informer, namespace }: Running, withinMs = 15_000): Promise<void> {
  await eventually(
    async () => {
      const fresh = await direct.list(configMaps, { namespace });
      expect(versions(informer.cache.list())).toEqual(versions(fresh.items));
    },
    { withinMs },
  );
}

const opensWatch = (request: { watch: boolean }): boolean => request.watch;
const lists = (): number =>
  proxy.seen.filter((request) => request.method === 'GET' && !request.watch).length;

describe('without faults', () => {
  test('it lists page by page and then follows creations, updates and deletions', async () => {
    const running = await start({ pageSize: 3 }, async (namespace) => {
      for (let index = 0; index < 7; index += 1) await put(namespace, `before-${index}`, 'a');
    });
    const { informer, namespace, changes } = running;
    // Seven of ours; the control plane may add one with its CA.
    expect(informer.cache.size).toBeGreaterThanOrEqual(7);
    expect(lists()).toBeGreaterThanOrEqual(3);
    await put(namespace, 'before-0', 'b');
    await put(namespace, 'after', 'a');
    await direct.delete(configMaps, 'before-1', namespace);
    await expectSame(running);
    const of = (name: string): string[] =>
      changes.filter((change) => change.object.metadata.name === name).map((each) => each.type);
    expect(of('before-0')).toEqual(['added', 'updated']);
    expect(of('before-1')).toEqual(['added', 'deleted']);
    expect(of('after')).toEqual(['added']);
    expect(informer.cache.get(`${namespace}/before-0`)?.data).toEqual({ value: 'b' });
  });

  test('objects come without managedFields, transformed, and are found by index', async () => {
    const { informer, namespace } = await start(
      {
        transform: (object) => ({ ...object, data: { value: `${object.data?.['value']}!` } }),
        indexes: { value: (object) => [object.data?.['value'] ?? ''] },
      },
      async (name) => {
        await put(name, 'one', 'x');
        await put(name, 'two', 'y');
      },
    );
    const found = informer.cache.byIndex('value', 'x!');
    expect(found.map((object) => object.metadata.name)).toEqual(['one']);
    expect(found[0]?.metadata).not.toHaveProperty('managedFields');
    await put(namespace, 'two', 'x');
    await eventually(() => expect(informer.cache.byIndex('value', 'x!')).toHaveLength(2));
    expect(informer.cache.byIndex('value', 'y!')).toEqual([]);
  });

  test('a handler that comes late hears of what is there; one that throws disturbs nobody', async () => {
    const { informer, namespace } = await start({}, async (name) => {
      await put(name, 'one', 'x');
    });
    const heard: string[] = [];
    informer.onChange(() => {
      throw new Error('broken handler');
    });
    informer.onChange((change) => heard.push(`${change.type} ${change.object.metadata.name}`));
    expect(heard).toContain('added one');
    await put(namespace, 'two', 'y');
    await eventually(() => expect(heard).toContain('added two'));
  });

  test('an object that its decoder refuses is reported and does not stop the others', async () => {
    const failures: string[] = [];
    const decode = (raw: unknown): ConfigMap => {
      const object = raw as ConfigMap;
      if (object.data?.['value'] === 'bad') throw new Error('value: bad is not good');
      return object;
    };
    const { informer, namespace } = await start(
      {
        resource: { ...configMaps, decode },
        logger: {
          debug() {},
          info() {},
          warn() {},
          error: (fields) => failures.push(String(fields['object'])),
        },
      },
      async (name) => {
        await put(name, 'listed', 'bad');
        await put(name, 'kept', 'good');
      },
    );
    expect(failures).toEqual([`${namespace}/listed`]);
    await put(namespace, 'kept', 'bad');
    await put(namespace, 'watched', 'good');
    await eventually(() => expect(informer.cache.get(`${namespace}/watched`)).toBeDefined());
    // The last version that was understood stays: its absence would be taken for a deletion.
    expect(informer.cache.get(`${namespace}/kept`)?.data).toEqual({ value: 'good' });
    expect(failures).toEqual([`${namespace}/listed`, `${namespace}/kept`]);
    await put(namespace, 'listed', 'good');
    await direct.delete(configMaps, 'kept', namespace);
    await eventually(() => expect(informer.cache.get(`${namespace}/listed`)).toBeDefined());
    await eventually(() => expect(informer.cache.get(`${namespace}/kept`)).toBeUndefined());
  });
});

describe('with faults', () => {
  test('a watch that is cut goes on where it stopped, without a new list', async () => {
    const running = await start();
    await put(running.namespace, 'one', 'x');
    await expectSame(running);
    const before = lists();
    proxy.cutConnections();
    await put(running.namespace, 'two', 'y');
    await expectSame(running);
    expect(lists()).toBe(before);
    expect(running.restarts).toEqual(['connection']);
  });

  test('a forgotten resourceVersion makes it list again, and deletions are not missed', async () => {
    const running = await start({}, async (namespace) => {
      await put(namespace, 'gone', 'x');
      await put(namespace, 'stays', 'x');
    });
    const replaysBefore = running.changes.length;
    proxy.inject({ kind: 'error-event', afterFrames: 0, code: 410 }, opensWatch);
    proxy.inject({ kind: 'answer', status: 410, reason: 'Expired' }, opensWatch);
    proxy.refuseConnections();
    await direct.delete(configMaps, 'gone', running.namespace);
    proxy.heal();
    proxy.inject({ kind: 'error-event', afterFrames: 0, code: 410 }, opensWatch);
    proxy.inject({ kind: 'answer', status: 410, reason: 'Expired' }, opensWatch);
    await expectSame(running);
    await eventually(() =>
      expect(running.restarts.filter((reason) => reason === 'expired')).toHaveLength(2),
    );
    const after = running.changes.slice(replaysBefore);
    expect(after.map((each) => `${each.type} ${each.object.metadata.name}`)).toEqual([
      'deleted gone',
    ]);
  });

  test('a continue token that expires begins a fresh list', async () => {
    proxy.inject({ kind: 'answer', status: 410, reason: 'Expired' }, (request) =>
      request.path.includes('continue='),
    );
    const running = await start({ pageSize: 2 }, async (namespace) => {
      for (let index = 0; index < 5; index += 1) await put(namespace, `c-${index}`, 'a');
    });
    await expectSame(running);
    expect(running.restarts).toEqual(['expired']);
  });

  test('a silent watch is opened anew, without a new list', async () => {
    proxy.inject({ kind: 'stall', afterBytes: 0 }, opensWatch);
    const running = await start({ silenceMs: 300 });
    const before = lists();
    await put(running.namespace, 'one', 'x');
    await expectSame(running);
    expect(running.restarts[0]).toBe('silent');
    expect(lists()).toBe(before);
  });

  test('429 with Retry-After is waited for', async () => {
    proxy.inject({ kind: 'answer', status: 429, retryAfterSeconds: 1 }, opensWatch);
    const running = await start();
    const startedMs = performance.now();
    await put(running.namespace, 'one', 'x');
    await expectSame(running);
    expect(performance.now() - startedMs).toBeGreaterThan(700);
    expect(running.restarts).toEqual(['throttled']);
  });

  test('a server that refuses every watch is not asked in a storm', async () => {
    proxy.inject({ kind: 'answer', status: 410, reason: 'Expired' }, opensWatch, 1e9);
    const running = await start({ reconnect: { baseMs: 100, maximumMs: 30_000 } });
    await eventually(() => expect(running.restarts.length).toBeGreaterThanOrEqual(4));
    expect(lists()).toBeLessThan(10);
    proxy.heal();
    await put(running.namespace, 'one', 'x');
    await expectSame(running);
  });

  test('frames that repeat, or come in the wrong order, do no harm', async () => {
    proxy.inject({ kind: 'duplicate', afterFrames: 1 }, opensWatch);
    const running = await start();
    for (let index = 0; index < 4; index += 1) await put(running.namespace, 'one', `${index}`);
    await expectSame(running);
    const added = running.changes.filter((each) => each.object.metadata.name === 'one');
    expect(added.map((each) => each.type)).toEqual(['added', 'updated', 'updated', 'updated']);
    expect(running.restarts).toEqual([]);
    proxy.inject({ kind: 'reorder', afterFrames: 0 }, opensWatch, 1e9);
    proxy.cutConnections();
    // Which watch carries two frames close enough to change places is up to the machine.
    await eventually(
      async () => {
        await put(running.namespace, 'two', 'x');
        await direct.delete(configMaps, 'two', running.namespace);
        expect(running.restarts).toContain('out-of-order');
      },
      { withinMs: 20_000 },
    );
    await expectSame(running);
  });
});

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), afterBytes: fc.nat(1500) }),
  fc.record({ kind: fc.constant('truncate' as const), afterBytes: fc.nat(1500) }),
  fc.record({ kind: fc.constant('stall' as const), afterBytes: fc.nat(1500) }),
  fc.record({ kind: fc.constant('delay' as const), ms: fc.nat(30) }),
  fc.constant({ kind: 'drop' as const }),
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(410, 429, 500, 503, 504, 401, 403),
  }),
  fc.record({
    kind: fc.constantFrom('end' as const, 'duplicate' as const, 'reorder' as const),
    afterFrames: fc.nat(3),
  }),
  fc.record({ kind: fc.constant('garbage' as const), afterFrames: fc.nat(3) }),
  fc.record({
    kind: fc.constant('error-event' as const),
    afterFrames: fc.nat(3),
    code: fc.constantFrom(410, 500),
  }),
);

const write = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  action: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
  faults: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fault, { minLength: 1, maxLength: 2 }) },
  ),
  /** Whether the next write waits until these faults have happened. */
  wait: fc.boolean(),
});

/** Has the informer connect again, into the faults. */
async function suffer(faults: readonly Fault[], wait: boolean): Promise<void> {
  for (const each of faults) {
    proxy.inject(each, 'afterFrames' in each ? opensWatch : () => true);
  }
  if (faults.length > 0) proxy.cutConnections();
  if (!wait) return;
  await eventually(() => {
    if (proxy.pending > 0) throw new Error(`${proxy.pending} faults have not happened`);
  });
}

test('after any sequence of faults the cache equals a fresh list', async () => {
  const restarts: string[] = [];
  const property = fc.asyncProperty(
    fc.array(write, { minLength: 1, maxLength: 16 }),
    async (writes) => {
      const running = await start({ pageSize: 2, silenceMs: 150 });
      const { namespace, informer } = running;
      const seen = new Map<string, string>();
      informer.onChange(({ type, object }) => {
        if (type === 'deleted') seen.delete(keyOf(object));
        else seen.set(keyOf(object), object.data?.['value'] ?? '');
      });
      let value = 0;
      for (const { name, action, faults, wait } of writes) {
        await suffer(faults, wait);
        value += 1;
        if (action === 'put') await put(namespace, name, `${value}`);
        else await direct.delete(configMaps, name, namespace);
      }
      proxy.heal();
      await expectSame(running);
      restarts.push(...running.restarts);
      // What the handlers were told adds up to the same.
      const told = Object.fromEntries(seen);
      const cached = informer.cache.list();
      expect(told).toEqual(
        Object.fromEntries(cached.map((each) => [keyOf(each), each.data?.['value'] ?? ''])),
      );
      for (const stop of stops.splice(0)) await stop();
    },
  );
  await fc.assert(property, { seed: 20_260_101, numRuns: 40, endOnFailure: true });
  // The faults did reach the informer.
  expect(restarts.length).toBeGreaterThan(100);
  expect([...new Set(restarts)]).toEqual(
    expect.arrayContaining([
      'connection',
      'ended',
      'expired',
      'malformed',
      'out-of-order',
      'refused',
      'server-error',
      'silent',
      'throttled',
    ]),
  );
}, 180_000);
