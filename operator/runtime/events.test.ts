import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { ApiError } from './api-error.ts';
import { defaultEventLimits, EventAggregator } from './event-aggregator.ts';
import { EventRecorder } from './events.ts';
import type { KubeObject } from './kube-object.ts';
import { noMetrics } from './metrics.ts';

const object: KubeObject = {
  apiVersion: 'compute.io.net/v1alpha1',
  kind: 'IOCluster',
  metadata: { name: 'train', namespace: 'team', uid: 'uid-1', resourceVersion: '5' },
};
const note = { type: 'Normal', reason: 'Placed', message: 'on member alpha' } as const;

describe('what becomes of an occurrence', () => {
  function decideTimes(count: number, pauseMs = 0) {
    const clock = new ManualClock();
    const aggregator = new EventAggregator(defaultEventLimits, clock);
    return async (message: (index: number) => string) => {
      const kinds: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const one = { ...note, message: message(index) };
        kinds.push(aggregator.decide('uid', one, () => `name-${index}`).kind);
        await clock.advance(pauseMs);
      }
      return kinds;
    };
  }

  test('repetitions join one series, written when its count has doubled', async () => {
    expect(await decideTimes(9)(() => 'same')).toEqual([
      'create',
      'repeat',
      'count',
      'repeat',
      'count',
      'count',
      'count',
      'repeat',
      'count',
    ]);
  });

  test('a slow series is written every five minutes', async () => {
    expect(await decideTimes(8, 150_000)(() => 'same')).toEqual([
      'create',
      'repeat',
      'count',
      'repeat',
      'count',
      'repeat',
      'count',
      'repeat',
    ]);
  });

  test('after ten minutes of silence it is a new one', async () => {
    expect(await decideTimes(2, 600_001)(() => 'same')).toEqual(['create', 'create']);
  });

  test('an object that says too much new is held back', async () => {
    const kinds = await decideTimes(30)((index) => `message ${index}`);
    expect(kinds.filter((kind) => kind === 'create')).toHaveLength(25);
    expect(kinds.slice(25)).toEqual(['drop', 'drop', 'drop', 'drop', 'drop']);
    expect(await decideTimes(26, 12_500)((index) => `message ${index}`)).not.toContain('drop');
  });

  test('what it remembers is bounded', () => {
    const limits = { ...defaultEventLimits, maximumEntries: 2 };
    const aggregator = new EventAggregator(limits, new ManualClock());
    const decide = (uid: string): string => aggregator.decide(uid, note, () => uid).kind;
    expect(['a', 'b', 'a', 'c', 'b', 'a'].map(decide)).toEqual([
      'create',
      'create',
      'repeat',
      'create',
      'create',
      'create',
    ]);
  });
});

type Write = { verb: string; name: string; body: Record<string, unknown> };

function setUp(fail: (write: Write) => void = () => {}) {
  const clock = new ManualClock();
  const writes: Write[] = [];
  const dropped: string[] = [];
  const send = async (write: Write): Promise<never> => {
    writes.push(write);
    fail(write);
    return undefined as never;
  };
  const recorder = new EventRecorder({
    client: {
      create: (_resource, body) => send({ verb: 'create', name: body.metadata.name, body }),
      mergePatch: (_resource, name, _namespace, body) => send({ verb: 'patch', name, body }),
    },
    component: 'compute.io.net/hub',
    instance: 'hub-0',
    clock,
    random: () => 0.5,
    metrics: { ...noMetrics, eventDropped: (reason) => dropped.push(reason) },
  });
  return { clock, writes, dropped, recorder };
}

describe('the recorder', () => {
  test('writes an events.k8s.io Event about the object', async () => {
    const { clock, writes, recorder } = setUp();
    recorder.event(object, note);
    await clock.advance(0);
    expect(writes).toHaveLength(1);
    expect(writes[0]?.body).toMatchObject({
      metadata: { namespace: 'team', name: expect.stringMatching(/^train\.[0-9a-f]+$/) },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'compute.io.net/hub',
      reportingInstance: 'hub-0',
      action: 'Placed',
      reason: 'Placed',
      type: 'Normal',
      note: 'on member alpha',
      regarding: {
        apiVersion: 'compute.io.net/v1alpha1',
        kind: 'IOCluster',
        name: 'train',
        namespace: 'team',
        uid: 'uid-1',
      },
    });
    expect(writes[0]?.body).not.toHaveProperty('series');
  });

  test('a burst of the same event is one write, and its repetition a patch of the series', async () => {
    const { clock, writes, recorder } = setUp();
    recorder.event(object, note);
    recorder.event(object, note);
    await clock.advance(1000);
    recorder.event(object, note);
    recorder.event(object, note);
    await clock.advance(0);
    expect(writes.map((write) => write.verb)).toEqual(['create', 'patch']);
    expect(writes[0]?.body['series']).toMatchObject({ count: 2 });
    expect(writes[1]?.body).toEqual({
      series: { count: 4, lastObservedTime: '2026-01-01T00:00:01.000000Z' },
    });
    expect(writes[1]?.name).toBe(writes[0]?.name);
  });

  test('an event about an object of the cluster lives in default', async () => {
    const { clock, writes, recorder } = setUp();
    recorder.event({ ...object, metadata: { name: 'alpha' } }, note);
    await clock.advance(0);
    expect(writes[0]?.body).toMatchObject({ metadata: { namespace: 'default' } });
  });

  test('a series whose Event has expired begins anew', async () => {
    const { clock, writes, recorder } = setUp((write) => {
      if (write.verb === 'patch') {
        throw new ApiError({ status: 404, reason: 'NotFound', message: 'gone' });
      }
    });
    recorder.event(object, note);
    await clock.advance(10);
    recorder.event(object, note);
    await clock.advance(10);
    expect(writes.map((write) => write.verb)).toEqual(['create', 'patch', 'create']);
  });

  test('a note is cut to what the API server takes, between characters', async () => {
    const { clock, writes, recorder } = setUp();
    recorder.event(object, { ...note, message: '€'.repeat(1000) });
    await clock.advance(0);
    const text = String(writes[0]?.body['note']);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024);
    expect(text).toMatch(/^€+…$/);
  });

  test('a server that is away for a moment is asked again; a refusal is counted', async () => {
    let failures = 2;
    const away = setUp(() => {
      failures -= 1;
      if (failures >= 0) throw new ApiError({ status: 503, reason: '', message: 'away' });
    });
    away.recorder.event(object, note);
    await away.clock.advance(10_000);
    expect(away.writes).toHaveLength(3);
    expect(away.dropped).toEqual([]);
    const refused = setUp(() => {
      throw new ApiError({ status: 403, reason: 'Forbidden', message: 'no' });
    });
    refused.recorder.event(object, note);
    await refused.clock.advance(10_000);
    expect(refused.writes).toHaveLength(1);
    expect(refused.dropped).toEqual(['write-failed']);
  });

  test('a write whose answer was lost is no failure', async () => {
    const { clock, dropped, recorder } = setUp(() => {
      throw new ApiError({ status: 409, reason: 'AlreadyExists', message: 'there' });
    });
    recorder.event(object, note);
    await clock.advance(0);
    expect(dropped).toEqual([]);
  });

  test('flush gives up at its limit, and the queue is bounded', async () => {
    const { clock, dropped, recorder } = setUp(() => {
      throw new ApiError({ status: 0, reason: 'Unreachable', message: 'away' });
    });
    for (let index = 0; index < 1100; index += 1) {
      recorder.event({ ...object, metadata: { name: `n-${index}`, uid: `uid-${index}` } }, note);
    }
    expect(dropped.filter((reason) => reason === 'queue-full')).toHaveLength(100);
    const order: string[] = [];
    const flush = recorder.flush(5000).finally(() => order.push('flushed'));
    await clock.advance(4999);
    order.push('4999 ms');
    await clock.advance(1);
    await flush;
    expect(order).toEqual(['4999 ms', 'flushed']);
    expect(dropped).toHaveLength(1100);
  });
});
