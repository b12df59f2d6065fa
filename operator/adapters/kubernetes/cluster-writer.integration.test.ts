import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type IOCluster, ioClusterResource } from '../../../crds/schema/index.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import type { ClusterDraft } from '../../ports/cluster-writer.ts';
import { HubUnavailableError } from '../../ports/hub-errors.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { eventResource } from '../../runtime/events.ts';
import { testCluster } from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { FaultProxy } from '../../testing/fault-proxy.ts';
import { createClusterWriter, type KubernetesClusterWriter } from './cluster-writer.ts';

/** IOClusters that the api writes, on a real API server, with no more rights than the api has. */

const cluster = testCluster();
const spec = { ray: { version: '2.52.1' }, workerGroups: [{ name: 'gpu', replicas: 2 }] };
let admin: KubeApi;
let people: ApiClient;
let proxy: FaultProxy;
let client: ApiClient;
let writer: KubernetesClusterWriter;
let namespace: string;

beforeAll(async () => {
  admin = new KubeApi(cluster.adminKubeconfigPath);
  people = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  await admin.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/api-rbac.yaml')]);
  proxy = await FaultProxy.start(cluster.kubeConfigFor('compute.io.net:api'));
  client = new ApiClient({ kubeConfig: proxy.kubeConfig, userAgent: 'test' });
  writer = createClusterWriter(client, systemClock);
});
afterAll(async () => {
  await Promise.all([client.close(), people.close(), admin.close()]);
  await proxy.close();
});
beforeEach(async () => {
  namespace = await cluster.uniqueNamespace('writer');
});

const draft = (changes: Partial<ClusterDraft> = {}): ClusterDraft => ({
  ...{ namespace, name: 'first', spec, requestedBy: 'ann' },
  ...changes,
});
const found = (name = 'first'): Promise<IOCluster | undefined> =>
  people.get(ioClusterResource, name, namespace);
const made = (name = 'first'): Promise<IOCluster> =>
  writer.create(draft({ name }), { dryRun: false });

describe('making one', () => {
  test('writes what was asked for, and who asked', async () => {
    await made();
    expect(await found()).toMatchObject({
      metadata: { annotations: { 'compute.io.net/requested-by': 'ann' } },
      spec: { workerGroups: [{ name: 'gpu', replicas: 2 }] },
    });
    await expect(made()).rejects.toMatchObject({ refusal: 'Exists' });
  });

  test('only to have it judged writes nothing', async () => {
    const judged = await writer.create(draft(), { dryRun: true });
    expect(judged.spec.capacity).toBe('OnDemand');
    expect(await found()).toBeUndefined();
  });

  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ['what CEL refuses', { ...spec, head: { cpu: 'x' } }, 'spec.head.cpu', /./],
    [
      'a field that there is none of',
      { ...spec, workerGroups: [{ ...spec.workerGroups[0], replcias: 3 }] },
      'spec.workerGroups[0].replcias',
      /unknown field/,
    ],
    [
      'text for a number',
      { ...spec, workerGroups: [{ name: 'gpu', replicas: '<script>' }] },
      'spec.workerGroups[0].replicas',
      /Invalid value/,
    ],
    ['nothing', {}, 'spec.ray', /Required value/],
  ])('%s is refused by its field', async (_, wrong, field, message) => {
    for (const dryRun of [true, false]) {
      const refused = writer.create(draft({ spec: wrong }), { dryRun });
      await expect(refused).rejects.toMatchObject({
        refusal: 'Invalid',
        faults: expect.arrayContaining([{ field, message: expect.stringMatching(message) }]),
      });
    }
    expect(await found()).toBeUndefined();
  });

  test('in no namespace is refused', async () => {
    const nowhere = writer.create(draft({ namespace: 'no-such-place' }), { dryRun: false });
    await expect(nowhere).rejects.toMatchObject({ refusal: 'Missing' });
  });
});

describe('changing one', () => {
  const groups = (replicas: number) => ({ workerGroups: [{ name: 'gpu', replicas }] });

  test('changes only that, and says who asked last', async () => {
    const { metadata } = await made();
    const which = { namespace, name: 'first', resourceVersion: metadata.resourceVersion };
    const changed = await writer.change(which, { ...groups(3), ttl: '8h' }, 'bob');
    expect(changed.spec).toMatchObject({ lifetime: { ttl: '8h' }, ...groups(3) });
    expect(changed.metadata.annotations?.['compute.io.net/requested-by']).toBe('bob');
    await expect(writer.change(which, groups(4), 'bob')).rejects.toMatchObject({
      refusal: 'Changed',
    });
    await writer.change({ ...which, resourceVersion: undefined }, { suspend: true }, 'bob');
    expect((await found())?.spec).toMatchObject({ suspend: true, ...groups(3) });
  });

  test('that somebody changes in the same moment is refused', async () => {
    const { metadata } = await made();
    const which = { namespace, name: 'first', resourceVersion: metadata.resourceVersion };
    const both = await Promise.allSettled([
      writer.change(which, groups(3), 'ann'),
      writer.change(which, groups(4), 'bob'),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test.each([
    ['a group that it does not have', { workerGroups: [{ name: 'x', replicas: 1 }] }],
    ['what CEL refuses', { ttl: '0s' }],
  ])('to %s is refused', async (_, change) => {
    await made();
    const which = { namespace, name: 'first', resourceVersion: undefined };
    await expect(writer.change(which, change, 'ann')).rejects.toMatchObject({
      refusal: 'Invalid',
    });
  });

  test('one that is not there is refused', async () => {
    const which = { namespace, name: 'none', resourceVersion: undefined };
    await expect(writer.change(which, { suspend: true }, 'ann')).rejects.toMatchObject({
      refusal: 'Missing',
    });
    await expect(writer.remove(which)).rejects.toMatchObject({ refusal: 'Missing' });
  });
});

test('one ends, unless it is another than was seen', async () => {
  const { metadata } = await made();
  const which = { namespace, name: 'first' };
  await expect(writer.remove({ ...which, resourceVersion: '1' })).rejects.toMatchObject({
    refusal: 'Changed',
  });
  await writer.remove({ ...which, resourceVersion: metadata.resourceVersion });
  expect(await found()).toBeUndefined();
});

test('events are those of this cluster, newest first, and not of one before it', async () => {
  const { metadata } = await made();
  const event = (name: string, uid: string | undefined, eventTime: string) => ({
    metadata: { name, namespace },
    ...{ eventTime, type: 'Normal', reason: 'Placed', note: `<b>${name}</b>`, action: 'Place' },
    ...{ reportingController: 'compute.io.net/hub', reportingInstance: 'test' },
    regarding: { apiVersion: 'v1', kind: 'IOCluster', name: 'first', namespace, uid },
  });
  const uid = metadata.uid ?? '';
  for (const [name, of, time] of [
    ['older', uid, '2026-11-25T10:00:00.000000Z'],
    ['newer', uid, '2026-11-25T10:00:01.000000Z'],
    ['another', 'another-uid', '2026-11-25T10:00:02.000000Z'],
  ] as const) {
    await people.create(eventResource, event(name, of, time));
  }
  const events = await writer.events(namespace, 'first', uid);
  expect(events.map(({ message }) => message)).toEqual(['<b>newer</b>', '<b>older</b>']);
  expect(events[0]).toMatchObject({ type: 'Normal', reason: 'Placed' });
});

describe('a quote', () => {
  const quotes = async (): Promise<readonly IOCluster[]> =>
    (await people.list(ioClusterResource, { namespace })).items;

  /** Answers as the hub does. */
  async function answer(): Promise<IOCluster> {
    const [asked] = await eventually(async () => {
      const items = await quotes();
      expect(items).toHaveLength(1);
      return items;
    });
    const { name } = asked!.metadata;
    const status = { quote: { devices: 2, priceMicroUsdPerHour: 5_000_000 }, refusals: [] };
    const patch = { subresource: 'status' };
    await people.mergePatch(ioClusterResource, name, namespace, { status }, patch);
    return asked!;
  }

  test('is what the hub says of a suspended copy, which is gone then', async () => {
    const asked = writer.quote(draft({ name: 'x'.repeat(63) }));
    const seen = await answer();
    expect(seen.spec.suspend).toBe(true);
    expect(seen.metadata.labels?.['compute.io.net/quote']).toBe('true');
    expect((await asked)?.status?.quote?.priceMicroUsdPerHour).toBe(5_000_000);
    expect(await quotes()).toEqual([]);
  });

  test('of what is wrong is refused by its field', async () => {
    const wrong = writer.quote(draft({ spec: { ...spec, capacity: 'Free' } }));
    await expect(wrong).rejects.toMatchObject({
      refusal: 'Invalid',
      faults: [{ field: 'spec.capacity', message: expect.stringContaining('Unsupported value') }],
    });
  });

  test('that a server left behind is removed, and none of a person', async () => {
    const base = { labels: { 'compute.io.net/quote': 'true' }, namespace };
    const annotations = { 'compute.io.net/requested-by': 'ann' };
    await people.create(ioClusterResource, {
      metadata: { ...base, name: 'left', annotations },
      spec,
    });
    await people.create(ioClusterResource, { metadata: { ...base, name: 'person' }, spec });
    await writer.removeForgottenQuotes(Date.now());
    expect(await quotes()).toHaveLength(2);
    await writer.removeForgottenQuotes(Date.now() + 600_000);
    expect((await quotes()).map(({ metadata }) => metadata.name)).toEqual(['person']);
  });
});

test('while the API server does not answer, that is said', async () => {
  proxy.refuseConnections();
  try {
    await expect(made()).rejects.toThrow(HubUnavailableError);
  } finally {
    proxy.heal();
  }
});
