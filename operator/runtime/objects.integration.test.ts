import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testCluster } from '../testing/api-server/test-cluster.ts';
import { eventually } from '../testing/eventually.ts';
import { ApiClient } from './api-client.ts';
import { Applier } from './apply.ts';
import { setCondition } from './conditions.ts';
import { eventResource, EventRecorder } from './events.ts';
import { ensureFinalizer, hasFinalizer, releaseFinalizer } from './finalizer.ts';
import type { Condition, KubeObject } from './kube-object.ts';
import type { Resource } from './resource.ts';
import { StatusWriter } from './status.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };
const configMaps: Resource<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
type Job = KubeObject & { spec: object; status?: { conditions?: Condition[]; active?: number } };
/** A built-in kind with a status subresource. */
const budgets: Resource<Job> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
};

const cluster = testCluster();
let writes = 0;
const client = new ApiClient({
  kubeConfig: cluster.kubeConfig,
  userAgent: 'test',
  onRequest: ({ verb }) => {
    if (verb !== 'get' && verb !== 'list') writes += 1;
  },
});
let namespace: string;
beforeAll(async () => {
  namespace = await cluster.uniqueNamespace('objects');
});
afterAll(() => client.close());

/** How many writes `action` sends. */
async function countWrites(action: () => Promise<unknown>): Promise<number> {
  const before = writes;
  await action();
  return writes - before;
}

describe('an applier', () => {
  const applier = new Applier({ client, manager: 'compute.io.net/test' });
  const intent = (value: string) => ({
    metadata: { name: 'applied', namespace },
    data: { value },
  });

  test('sends an intent once for each version of the object', async () => {
    let current: ConfigMap | undefined;
    const apply = async (value: string): Promise<void> => {
      current = await applier.apply(configMaps, intent(value), { current });
    };
    expect(await countWrites(() => apply('a'))).toBe(1);
    expect(await countWrites(() => apply('a'))).toBe(0);
    expect(await countWrites(() => apply('b'))).toBe(1);
    // Someone else changes it: it is put right again, although the intent is the same.
    current = await client.mergePatch(configMaps, 'applied', namespace, { data: { value: 'x' } });
    expect(await countWrites(() => apply('b'))).toBe(1);
    expect(current?.data).toEqual({ value: 'b' });
    applier.forget(configMaps, intent('b'));
    expect(await countWrites(() => apply('b'))).toBe(1);
  });

  test('what it does not name any more is removed, what others own stays', async () => {
    const metadata = { name: 'shared', namespace };
    await client.apply(configMaps, { metadata, data: { theirs: '1' } }, { manager: 'them' });
    await applier.apply(configMaps, { metadata, data: { ours: '1', old: '1' } });
    const after = await applier.apply(configMaps, { metadata, data: { ours: '1' } });
    expect(after.data).toEqual({ theirs: '1', ours: '1' });
  });

  test('what it remembers is bounded', async () => {
    const small = new Applier({ client, manager: 'small', maximumEntries: 1 });
    const apply = (name: string, current?: ConfigMap): Promise<ConfigMap> =>
      small.apply(configMaps, { metadata: { name, namespace } }, { current });
    const first = await apply('small-1');
    expect(await countWrites(() => apply('small-1', first))).toBe(0);
    await apply('small-2');
    expect(await countWrites(() => apply('small-1', first))).toBe(1);
  });
});

describe('a status', () => {
  const writer = new StatusWriter({ client, manager: 'compute.io.net/test-status' });
  const condition = { type: 'Ready', status: 'True', reason: 'Good', message: '' } as const;

  test('is written when it changes, and only then', async () => {
    let budget = await client.create(budgets, {
      metadata: { name: 'status', namespace },
      spec: { selector: {} },
    });
    const write = async (nowIso: string): Promise<void> => {
      const conditions = setCondition(budget.status?.conditions, condition, nowIso);
      budget = await writer.applyStatus(budgets, budget, { ...budget.status, conditions });
    };
    expect(await countWrites(() => write('2026-01-01T00:00:00Z'))).toBe(1);
    expect(await countWrites(() => write('2026-01-02T00:00:00Z'))).toBe(0);
    expect(budget.status?.conditions).toEqual([
      { ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' },
    ]);
  });

  test('of an object that was deleted, or made anew, is refused', async () => {
    const metadata = { name: 'gone', namespace };
    const old = await client.create(budgets, { metadata, spec: { selector: {} } });
    await client.delete(budgets, 'gone', namespace);
    const status = {
      conditions: [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }],
    };
    await expect(writer.applyStatus(budgets, old, status)).rejects.toMatchObject({
      isNotFound: true,
    });
    await client.create(budgets, { metadata, spec: { selector: {} } });
    await expect(writer.applyStatus(budgets, old, status)).rejects.toThrow(/metadata\.uid/);
  });
});

describe('finalizers', () => {
  const finalizer = 'compute.io.net/lease';

  test('hold an object until they are released', async () => {
    const metadata = { name: 'held', namespace, finalizers: ['example.com/other'] };
    const created = await client.create(configMaps, { metadata });
    const held = await ensureFinalizer(client, configMaps, created, finalizer);
    expect(held.metadata.finalizers).toEqual(['example.com/other', finalizer]);
    expect(await countWrites(() => ensureFinalizer(client, configMaps, held, finalizer))).toBe(0);
    await client.delete(configMaps, 'held', namespace);
    const leaving = await client.get(configMaps, 'held', namespace);
    expect(leaving?.metadata.deletionTimestamp).toBeDefined();
    const released = await releaseFinalizer(client, configMaps, leaving ?? held, finalizer);
    expect(released?.metadata.finalizers).toEqual(['example.com/other']);
    if (released === undefined) throw new Error('another finalizer should hold it');
    expect(hasFinalizer(released, finalizer)).toBe(false);
    await releaseFinalizer(client, configMaps, released, 'example.com/other');
    expect(await client.get(configMaps, 'held', namespace)).toBeUndefined();
    expect(await releaseFinalizer(client, configMaps, held, finalizer)).toBeUndefined();
  });

  test('are never written over a change that was not seen', async () => {
    const created = await client.create(configMaps, { metadata: { name: 'stale', namespace } });
    const other = await ensureFinalizer(client, configMaps, created, 'example.com/other');
    const stale = ensureFinalizer(client, configMaps, created, finalizer);
    await expect(stale).rejects.toMatchObject({ isConflict: true });
    const both = await ensureFinalizer(client, configMaps, other, finalizer);
    const release = releaseFinalizer(client, configMaps, other, 'example.com/other');
    await expect(release).rejects.toMatchObject({ isConflict: true });
    expect(both.metadata.finalizers).toEqual(['example.com/other', finalizer]);
  });

  test('are not put on an object that is going already', async () => {
    const metadata = { name: 'going', namespace, finalizers: ['example.com/other'] };
    await client.create(configMaps, { metadata });
    await client.delete(configMaps, 'going', namespace);
    const going = await client.get(configMaps, 'going', namespace);
    if (going === undefined) throw new Error('its finalizer should hold it');
    const added = ensureFinalizer(client, configMaps, going, finalizer);
    await expect(added).rejects.toMatchObject({ isInvalid: true });
    await releaseFinalizer(client, configMaps, going, 'example.com/other');
  });
});

describe('events', () => {
  type Event = KubeObject & Record<string, unknown>;
  const events = eventResource as Resource<Event>;
  const about = async (name: string): Promise<Event[]> => {
    const page = await client.list(events, { namespace });
    return page.items.filter((event) => (event['regarding'] as { name: string }).name === name);
  };

  test('are written, repeated as a series and shown where people look', async () => {
    const recorder = new EventRecorder({ client, component: 'compute.io.net/test' });
    const object = await client.create(configMaps, { metadata: { name: 'told', namespace } });
    const note = { type: 'Warning', reason: 'NotPlaced', message: 'no member has H100' } as const;
    recorder.event(object, note);
    await recorder.flush();
    recorder.event(object, note);
    recorder.event(object, { ...note, type: 'Normal', reason: 'Placed' });
    await recorder.flush();
    const written = await about('told');
    expect(written.map((event) => [event['type'], event['reason'], event['series']])).toEqual(
      expect.arrayContaining([
        ['Warning', 'NotPlaced', { count: 2, lastObservedTime: expect.any(String) }],
        ['Normal', 'Placed', undefined],
      ]),
    );
    expect(written).toHaveLength(2);
    // kubectl reads the core group, where the same Event appears with its object.
    const core: Resource<Event> = { ...events, group: '' };
    const fieldSelector = 'involvedObject.name=told,reason=NotPlaced';
    await eventually(async () => {
      const { items } = await client.list(core, { namespace, fieldSelector });
      expect(items[0]).toMatchObject({
        message: 'no member has H100',
        reportingComponent: 'compute.io.net/test',
      });
    });
  });

  test('a series whose Event was deleted begins anew', async () => {
    const recorder = new EventRecorder({ client, component: 'compute.io.net/test' });
    const object = await client.create(configMaps, { metadata: { name: 'again', namespace } });
    const note = { type: 'Normal', reason: 'Placed', message: 'on alpha' } as const;
    recorder.event(object, note);
    await recorder.flush();
    for (const { metadata } of await about('again')) {
      await client.delete(events, metadata.name, namespace);
    }
    recorder.event(object, note);
    await recorder.flush();
    expect((await about('again')).map((event) => event['series'])).toMatchObject([{ count: 2 }]);
  });
});
