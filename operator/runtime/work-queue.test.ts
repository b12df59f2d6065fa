import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { noMetrics } from './metrics.ts';
import { WorkQueue, WorkQueueFullError } from './work-queue.ts';

function newQueue(options: ConstructorParameters<typeof WorkQueue>[0] = {}) {
  const clock = new ManualClock();
  return { clock, queue: new WorkQueue({ clock, ...options }) };
}

describe('adding', () => {
  test('a key that waits is not added twice, and keys come in their order', async () => {
    const { queue } = newQueue();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.length).toBe(3);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(['a', 'b', 'c']);
  });

  test('a key added while it is worked on runs once more, after that', async () => {
    const { queue } = newQueue();
    queue.add('a');
    expect(await queue.get()).toBe('a');
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  test('a worker that waits gets the key as soon as it comes', async () => {
    const { queue } = newQueue();
    const first = queue.get();
    const second = queue.get();
    queue.add('a');
    queue.add('b');
    expect([await first, await second]).toEqual(['a', 'b']);
  });

  test('done without get changes nothing', async () => {
    const { queue } = newQueue();
    queue.add('a');
    queue.done('a');
    expect(await queue.get()).toBe('a');
  });
});

describe('delays', () => {
  test('a key comes when it is due; the earliest of several times counts', async () => {
    const { clock, queue } = newQueue();
    queue.addAfter('a', 100);
    queue.addAfter('a', 50);
    queue.addAfter('a', 200);
    await clock.advance(49);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(await queue.get()).toBe('a');
    queue.done('a');
    await clock.advance(1000);
    expect(queue.length).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('failures come later and later, and a success begins anew', async () => {
    const { clock, queue } = newQueue();
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(await queue.get()).toBe('a');
    queue.addRateLimited('a');
    queue.done('a');
    await clock.advance(9);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    expect(queue.failures('a')).toBe(2);
    queue.forget('a');
    expect(queue.failures('a')).toBe(0);
  });

  test('one timer serves any number of keys', async () => {
    const { clock, queue } = newQueue();
    for (let index = 0; index < 100; index += 1) queue.addAfter(`key-${index}`, 1000 - index);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1000);
    expect(queue.length).toBe(100);
  });
});

describe('limits', () => {
  test('a full queue refuses a new key with a clear error, and takes known ones', () => {
    let rejected = 0;
    const metrics = { ...noMetrics, queueRejected: () => (rejected += 1) };
    const { queue } = newQueue({ name: 'devices', maximumKeys: 2, metrics });
    queue.add('a');
    queue.addAfter('b', 1000);
    expect(() => queue.add('c')).toThrow(WorkQueueFullError);
    expect(() => queue.addAfter('d', 5)).toThrow(
      'queue devices: 2 keys wait already, the most it may hold; d was refused',
    );
    queue.add('a');
    queue.add('b');
    expect(rejected).toBe(2);
  });

  test('a delayed key gets in even when the queue has become full', async () => {
    const { clock, queue } = newQueue({ maximumKeys: 2 });
    queue.addAfter('a', 10);
    queue.add('b');
    await clock.advance(10);
    expect(queue.length).toBe(2);
  });
});

describe('shutdown', () => {
  test('what waits is handed out, then workers get undefined, and it is drained', async () => {
    const { clock, queue } = newQueue();
    queue.add('a');
    queue.addAfter('later', 10);
    queue.shutdown();
    queue.add('b');
    const order: string[] = [];
    const drain = queue.drained().then(() => order.push('drained'));
    expect(await queue.get()).toBe('a');
    expect(await queue.get()).toBeUndefined();
    await settle();
    order.push('done');
    queue.done('a');
    await drain;
    expect(order).toEqual(['done', 'drained']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('with discard only what is worked on is waited for', async () => {
    const { queue } = newQueue();
    queue.add('a');
    queue.add('b');
    expect(await queue.get()).toBe('a');
    queue.add('a');
    queue.shutdown({ discard: true });
    expect(await queue.get()).toBeUndefined();
    queue.done('a');
    await queue.drained();
  });

  test('waiting workers are released', async () => {
    const { queue } = newQueue();
    const waiting = [queue.get(), queue.get()];
    queue.shutdown();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  });
});

test('depth, latency, work and retries are measured', async () => {
  const seen: [string, number][] = [];
  const metrics = {
    ...noMetrics,
    queueDepth: (_: string, depth: number) => seen.push(['depth', depth]),
    queueLatency: (_: string, seconds: number) => seen.push(['latency', seconds]),
    queueWork: (_: string, seconds: number) => seen.push(['work', seconds]),
    queueRetry: () => seen.push(['retry', 1]),
  };
  const { clock, queue } = newQueue({ metrics });
  queue.add('a');
  await clock.advance(2000);
  expect(queue.oldestWaitMs()).toBe(2000);
  await queue.get();
  await clock.advance(500);
  expect(queue.longestWorkMs()).toBe(500);
  queue.addRateLimited('a');
  queue.done('a');
  expect(seen).toEqual([
    ['depth', 1],
    ['latency', 2],
    ['depth', 0],
    ['retry', 1],
    ['work', 0.5],
  ]);
});

test('no key is ever worked on twice at a time, and none that was added is lost', async () => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'add', 'after', 'limited', 'get', 'done', 'time'),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    ms: fc.nat(50),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { clock, queue } = newQueue({ rateLimit: { maximumMs: 40 } });
      const working = new Set<string>();
      const owed = new Set<string>();
      const take = async (): Promise<void> => {
        if (queue.length === 0) return;
        const key = (await queue.get()) ?? '';
        expect(working.has(key)).toBe(false);
        working.add(key);
        owed.delete(key);
      };
      for (const { kind, key, ms } of steps) {
        if (kind === 'get') await take();
        else if (kind === 'time') await clock.advance(ms);
        else if (kind === 'done') {
          queue.done(key);
          working.delete(key);
        } else {
          owed.add(key);
          if (kind === 'add') queue.add(key);
          else if (kind === 'after') queue.addAfter(key, ms);
          else queue.addRateLimited(key);
        }
      }
      for (let round = 0; round < 8; round += 1) {
        for (const key of working) queue.done(key);
        working.clear();
        await clock.advance(60_000);
        while (queue.length > 0) await take();
      }
      expect([...owed]).toEqual([]);
    }),
    { seed: 11, numRuns: 200 },
  );
});
