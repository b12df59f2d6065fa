import { describe, expect, test } from '@jest/globals';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { ApiError } from './api-error.ts';
import { Cache } from './cache.ts';
import { Controller, type ControllerOptions, TerminalError } from './controller.ts';
import type { Change, ChangeHandler, WatchedInformer } from './informer.ts';
import type { KubeObject } from './kube-object.ts';
import { type Logger, silentLogger } from './logger.ts';
import { noMetrics } from './metrics.ts';
import type { Reconcile } from './reconcile.ts';
import { WorkQueue } from './work-queue.ts';

type Thing = KubeObject & { owner?: string };

/** An informer whose changes a test makes. */
class FakeInformer implements WatchedInformer<Thing> {
  readonly resource = {
    group: 'test',
    version: 'v1',
    kind: 'Thing',
    plural: 'things',
    namespaced: true,
  };
  readonly cache = new Cache<Thing>();
  readonly #handlers: ChangeHandler<Thing>[] = [];

  start = (): Promise<void> => Promise.resolve();
  hasSynced = (): boolean => true;
  waitForSync = (): Promise<boolean> => Promise.resolve(true);
  onChange(handler: ChangeHandler<Thing>): void {
    this.#handlers.push(handler);
  }

  put(name: string, owner?: string): void {
    const object: Thing = {
      apiVersion: 'test/v1',
      kind: 'Thing',
      metadata: { name, namespace: 'ns' },
      ...(owner === undefined ? {} : { owner }),
    };
    const previous = this.cache.set(object);
    const change: Change<Thing> =
      previous === undefined ? { type: 'added', object } : { type: 'updated', object, previous };
    for (const handler of this.#handlers) handler(change);
  }
}

function setUp(reconcile: Reconcile, options: Partial<ControllerOptions> = {}) {
  const clock = new ManualClock();
  const outcomes: string[] = [];
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const log =
    (level: string): Logger['info'] =>
    (fields, message) =>
      lines.push({ level, fields, message });
  const controller = new Controller({
    name: 'things',
    reconcile,
    clock,
    random: () => 0.5,
    metrics: { ...noMetrics, reconcile: (_name, outcome) => outcomes.push(outcome) },
    logger: { ...silentLogger, error: log('error'), warn: log('warn'), debug: log('debug') },
    ...options,
  });
  const informer = new FakeInformer();
  return { clock, controller, informer, outcomes, lines };
}

describe('what comes to be reconciled', () => {
  test('the key of every object that changes', async () => {
    const keys: string[] = [];
    const { controller, informer } = setUp(async (key) => void keys.push(key));
    controller.watch(informer).start();
    informer.put('a');
    informer.put('b');
    await settle();
    expect(keys).toEqual(['ns/a', 'ns/b']);
    await controller.stop();
  });

  test('what an object referred to before hears of the change as well', async () => {
    const keys: string[] = [];
    const { controller, informer } = setUp(async (key) => void keys.push(key));
    controller.watch(informer, ({ owner }) => (owner === undefined ? [] : [owner])).start();
    informer.put('a', 'first');
    await settle();
    informer.put('a', 'second');
    await settle();
    expect(keys).toEqual(['first', 'second', 'first']);
    await controller.stop();
  });

  test('all keys again within each period, spread over the next', async () => {
    const keys: string[] = [];
    const random = [0.2, 0.7];
    const { clock, controller, informer } = setUp(async (key) => void keys.push(key), {
      resyncPeriodMs: 1000,
      random: () => random.shift() ?? 0,
    });
    informer.put('a');
    informer.put('b');
    controller.watch(informer).start();
    await clock.advance(1199);
    expect(keys).toEqual([]);
    await clock.advance(1);
    expect(keys).toEqual(['ns/a']);
    await clock.advance(500);
    expect(keys).toEqual(['ns/a', 'ns/b']);
    await controller.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  test('a full queue loses nothing: all keys come once it has room', async () => {
    const keys = new Set<string>();
    const clock = new ManualClock();
    const { controller, informer, lines } = setUp(async (key) => void keys.add(key), {
      clock,
      queue: new WorkQueue({ maximumKeys: 3, clock }),
    });
    controller.watch(informer);
    for (const name of ['a', 'b', 'c', 'd', 'e']) informer.put(name);
    expect(controller.queueLength).toBe(3);
    expect(lines.filter((line) => line.message === 'queue full')).toHaveLength(1);
    controller.start();
    for (let round = 0; round < 10; round += 1) await settle();
    expect([...keys].toSorted()).toEqual(['ns/a', 'ns/b', 'ns/c', 'ns/d', 'ns/e']);
    await controller.stop();
  });
});

describe('how a reconcile ends', () => {
  test('success: not again', async () => {
    let runs = 0;
    const { clock, controller, outcomes } = setUp(async () => void (runs += 1));
    controller.start();
    controller.enqueue('a');
    await clock.advance(3_600_000);
    expect(runs).toBe(1);
    expect(outcomes).toEqual(['success']);
    await controller.stop();
  });

  test('requeueAfterMs: again then', async () => {
    let runs = 0;
    const { clock, controller, outcomes } = setUp(async () => {
      runs += 1;
      return runs === 1 ? { requeueAfterMs: 500 } : undefined;
    });
    controller.start();
    controller.enqueue('a');
    await clock.advance(499);
    expect(runs).toBe(1);
    await clock.advance(1);
    expect(runs).toBe(2);
    expect(outcomes).toEqual(['requeue', 'success']);
    await controller.stop();
  });

  test('an error, also one thrown before the first await: later each time, and counted', async () => {
    const failures: number[] = [];
    const { clock, controller, outcomes, lines } = setUp((_key, context) => {
      failures.push(context.failures);
      throw new Error('not yet');
    });
    controller.start();
    controller.enqueue('a');
    await clock.advance(5 + 10 + 20);
    expect(failures).toEqual([0, 1, 2, 3]);
    expect(outcomes).toEqual(['error', 'error', 'error', 'error']);
    expect(lines[0]).toMatchObject({
      level: 'error',
      fields: { controller: 'things', object: 'a', error: 'not yet' },
    });
    expect(lines[0]?.fields['reconcileId']).toMatch(/^[0-9a-f]{8}-1$/);
    await controller.stop();
  });

  test('a conflict is tried again without noise', async () => {
    const conflict = new ApiError({ status: 409, reason: 'Conflict', message: 'changed' });
    let runs = 0;
    const { clock, controller, outcomes, lines } = setUp(async () => {
      runs += 1;
      if (runs === 1) throw conflict;
    });
    controller.start();
    controller.enqueue('a');
    await clock.advance(5);
    expect(outcomes).toEqual(['conflict', 'success']);
    expect(lines.filter((line) => line.level === 'error')).toEqual([]);
    await controller.stop();
  });

  test('a terminal error is not tried again until something changes', async () => {
    let runs = 0;
    const { clock, controller, outcomes } = setUp(async () => {
      runs += 1;
      throw new TerminalError('never');
    });
    controller.start();
    controller.enqueue('a');
    await clock.advance(3_600_000);
    expect(runs).toBe(1);
    controller.enqueue('a');
    await settle();
    expect(outcomes).toEqual(['terminal', 'terminal']);
    await controller.stop();
  });

  test('the time limit aborts the signal; the key is not run anew before the old run ends', async () => {
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const { clock, controller, outcomes } = setUp(
      async (_key, { signal }) => {
        runs += 1;
        if (runs > 1) return;
        await gate.promise;
        signal.throwIfAborted();
      },
      { timeoutMs: 1000 },
    );
    controller.start();
    controller.enqueue('a');
    await clock.advance(1000);
    controller.enqueue('a');
    await clock.advance(2999);
    expect(runs).toBe(1);
    expect(controller.problem()).toBeUndefined();
    await clock.advance(2);
    expect(controller.problem()).toBe('a reconcile has been running for 4 s');
    gate.resolve();
    await settle();
    expect(outcomes).toEqual(['timeout', 'success']);
    expect(runs).toBe(2);
    await controller.stop();
  });
});

test('as many keys at once as it may, never the same key twice', async () => {
  let running = 0;
  let most = 0;
  const perKey = new Map<string, number>();
  const { clock, controller } = setUp(
    async (key) => {
      running += 1;
      most = Math.max(most, running);
      perKey.set(key, (perKey.get(key) ?? 0) + 1);
      expect(perKey.get(key)).toBe(1);
      await clock.after(10);
      perKey.set(key, 0);
      running -= 1;
    },
    { concurrency: 3 },
  );
  controller.start();
  for (let round = 0; round < 5; round += 1) {
    for (const key of ['a', 'b', 'c', 'd', 'e']) controller.enqueue(key);
    await clock.advance(7);
  }
  await clock.advance(100);
  expect(most).toBe(3);
  await controller.stop();
});

test('stop waits for what runs, drops what waits and takes no more', async () => {
  const gate = Promise.withResolvers<void>();
  const keys: string[] = [];
  const { controller } = setUp(
    async (key) => {
      keys.push(key);
      await gate.promise;
    },
    { concurrency: 1 },
  );
  controller.start({ token: 7 });
  controller.enqueue('a');
  controller.enqueue('b');
  await settle();
  const order: string[] = [];
  const stopped = controller.stop().then(() => order.push('stopped'));
  controller.enqueue('c');
  await settle();
  order.push('gate');
  gate.resolve();
  await stopped;
  expect(order).toEqual(['gate', 'stopped']);
  expect(keys).toEqual(['a']);
});

test('a reconcile knows the fencing token of the term', async () => {
  const tokens: (number | undefined)[] = [];
  const { controller } = setUp(async (_key, context) => void tokens.push(context.token));
  controller.start({ token: 7 });
  controller.enqueue('a');
  await settle();
  expect(tokens).toEqual([7]);
  await controller.stop();
});
