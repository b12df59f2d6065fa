import { describe, expect, test } from '@jest/globals';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { Controller } from './controller.ts';
import type { EventRecorder } from './events.ts';
import type { HealthCheck } from './health-server.ts';
import type { AnyInformer } from './informer.ts';
import type { LeaderElector, LeadershipCallbacks } from './leader-elector.ts';
import { LeadershipLostError, Manager } from './manager.ts';

const failing = (checks: readonly HealthCheck[]): string[] =>
  checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.message}`);

/** Everything that a manager runs, with a diary of what happened in which order. */
function setUp(options: { election?: boolean; reconcile?: () => Promise<void> } = {}) {
  const diary: string[] = [];
  const clock = new ManualClock();
  const synced = Promise.withResolvers<void>();
  let hasSynced = false;
  let callbacks: LeadershipCallbacks | undefined;
  let leads = false;
  const informer: AnyInformer = {
    resource: { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false },
    start: (signal) =>
      new Promise((resolve) => {
        diary.push('informer starts');
        signal.addEventListener('abort', () => {
          diary.push('informer stops');
          resolve();
        });
      }),
    hasSynced: () => hasSynced,
    waitForSync: async (signal) => {
      const aborted = new Promise((resolve) => signal?.addEventListener('abort', resolve));
      await Promise.race([synced.promise, aborted]);
      return hasSynced;
    },
  };
  const elector = {
    run: async (given: LeadershipCallbacks) => {
      diary.push('candidate');
      callbacks = given;
    },
    isLeader: () => leads,
    stop: async () => {
      leads = false;
      diary.push('lease released');
    },
  };
  const events = { flush: async () => void diary.push('events flushed') };
  const controller = new Controller({
    name: 'things',
    clock,
    reconcile: async (key) => {
      diary.push(`reconciles ${key}`);
      await options.reconcile?.();
    },
  });
  controller.enqueue('a');
  const manager = new Manager({
    clock,
    shutdownTimeoutMs: 10_000,
    events: [events as EventRecorder],
    closers: [{ close: async () => void diary.push('closed') }],
    ...(options.election === true ? { elector: elector as unknown as LeaderElector } : {}),
  })
    .addInformer(informer)
    .addController(controller);
  return {
    diary,
    clock,
    manager,
    sync: () => {
      hasSynced = true;
      synced.resolve();
      return settle();
    },
    lead: (token: number) => {
      leads = true;
      void callbacks?.onStarted(token, new AbortController().signal);
      return settle();
    },
    lose: (reason: string) => {
      leads = false;
      callbacks?.onLost(reason);
      return settle();
    },
  };
}

describe('the order of things', () => {
  test('informers, then the election, then controllers; and back', async () => {
    const { diary, manager, sync, lead } = setUp({ election: true });
    const abort = new AbortController();
    const ended = manager.start(abort.signal);
    await settle();
    expect(diary).toEqual(['informer starts']);
    expect(failing(manager.readyz())).toEqual(['informer/nodes: not synced']);
    await sync();
    expect(diary).toEqual(['informer starts', 'candidate']);
    expect(failing(manager.readyz())).toEqual([]);
    expect(manager.readyz().at(-1)?.name).toBe('standby');
    await lead(3);
    expect(diary.at(-1)).toBe('reconciles a');
    expect(manager.readyz().at(-1)?.name).toBe('work');
    abort.abort();
    await ended;
    expect(diary.slice(3)).toEqual([
      'events flushed',
      'lease released',
      'informer stops',
      'closed',
    ]);
    expect(failing(manager.readyz())).toContain('shutdown: the process is stopping');
  });

  test('without an election controllers start as soon as the caches are full', async () => {
    const { diary, manager, sync } = setUp();
    const abort = new AbortController();
    const ended = manager.start(abort.signal);
    await settle();
    expect(failing(manager.readyz())).toContain('work: controllers have not started');
    await sync();
    expect(diary).toEqual(['informer starts', 'reconciles a']);
    expect(failing(manager.readyz())).toEqual([]);
    abort.abort();
    await ended;
  });

  test('an abort before the caches are full ends it as well', async () => {
    const { diary, manager } = setUp({ election: true });
    const abort = new AbortController();
    const ended = manager.start(abort.signal);
    await settle();
    abort.abort();
    await ended;
    expect(diary).not.toContain('candidate');
    expect(diary.at(-1)).toBe('closed');
  });
});

describe('stopping', () => {
  test('waits for reconciles under way', async () => {
    const gate = Promise.withResolvers<void>();
    const { diary, manager, sync } = setUp({ reconcile: () => gate.promise });
    const abort = new AbortController();
    const ended = manager.start(abort.signal);
    await sync();
    abort.abort();
    await settle();
    expect(diary.at(-1)).toBe('reconciles a');
    gate.resolve();
    await ended;
    expect(diary.at(-1)).toBe('closed');
  });

  test('ends within its time although a reconcile never does', async () => {
    const { diary, clock, manager, sync } = setUp({ reconcile: () => new Promise(() => {}) });
    const abort = new AbortController();
    const ended = manager.start(abort.signal).then(() => diary.push('ended'));
    await sync();
    abort.abort();
    await clock.advance(9999);
    await clock.advance(1);
    await ended;
    expect(diary.slice(-3)).toEqual(['informer stops', 'closed', 'ended']);
  });
});

describe('failures', () => {
  test('a lost lease ends everything at once, and start rejects', async () => {
    const { diary, clock, manager, sync, lead, lose } = setUp({
      election: true,
      reconcile: () => new Promise(() => {}),
    });
    const ended = manager.start(new AbortController().signal).catch((error: unknown) => error);
    await sync();
    await lead(3);
    await lose('taken by another');
    expect(diary).toContain('reconciles a');
    await clock.advance(1000);
    expect(await ended).toEqual(new LeadershipLostError('taken by another'));
    expect(diary.at(-1)).toBe('closed');
  });

  test('a runnable that fails ends everything, and start rejects with its error', async () => {
    const { diary, manager, sync } = setUp();
    manager.addRunnable({ name: 'heartbeat', run: () => Promise.reject(new Error('no route')) });
    const ended = manager.start(new AbortController().signal).catch((error: unknown) => error);
    await sync();
    expect(await ended).toEqual(new Error('no route'));
    expect(diary.at(-1)).toBe('closed');
  });
});

describe('health', () => {
  test('an event loop that stood still is not well', async () => {
    const { clock, manager } = setUp();
    expect(failing(manager.healthz())).toEqual([]);
    // Nobody beats before start, so this is a loop that does not turn.
    await clock.advance(20_000);
    expect(failing(manager.healthz())).toEqual(['event-loop: blocked for 20000 ms']);
  });

  test('beating keeps it well', async () => {
    const { clock, manager, sync } = setUp();
    const abort = new AbortController();
    const ended = manager.start(abort.signal);
    await sync();
    await clock.advance(60_000);
    expect(failing(manager.healthz())).toEqual([]);
    abort.abort();
    await ended;
  });

  test('a reconcile that does not end is not well', async () => {
    const { clock, manager, sync } = setUp({ reconcile: () => new Promise(() => {}) });
    void manager.start(new AbortController().signal);
    await sync();
    await clock.advance(121_000);
    expect(failing(manager.healthz())).toEqual([
      'controller/things: a reconcile has been running for 121 s',
    ]);
  });
});
