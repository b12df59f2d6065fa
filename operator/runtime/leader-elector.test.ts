import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { ApiError } from './api-error.ts';
import type { KubeObject } from './kube-object.ts';
import type { LeaseSpec } from './leader-election.ts';
import { LeaderElector, type LeaseClient } from './leader-elector.ts';

type Lease = KubeObject & { spec: LeaseSpec };

/** One Lease, with the API server's optimistic concurrency. */
class FakeLease {
  lease: Lease | undefined;
  /** Every call fails, or never ends. */
  trouble: 'none' | 'away' | 'hangs' = 'none';
  #version = 0;

  client(): LeaseClient {
    const check = async (signal?: AbortSignal): Promise<void> => {
      if (this.trouble === 'away') throw away();
      if (this.trouble === 'none') return;
      await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      });
    };
    const put = (body: unknown): Lease => {
      this.#version += 1;
      const { spec, metadata } = structuredClone(body) as Lease;
      const resourceVersion = String(this.#version);
      const uid = metadata.uid ?? `uid-${resourceVersion}`;
      this.lease = {
        apiVersion: '',
        kind: '',
        spec,
        metadata: { ...metadata, uid, resourceVersion },
      };
      return structuredClone(this.lease);
    };
    const calls = {
      get: async (_resource: unknown, _name: string, _namespace: string, options: Options) => {
        await check(options.signal);
        return structuredClone(this.lease);
      },
      create: async (_resource: unknown, body: unknown, options: Options) => {
        await check(options.signal);
        if (this.lease !== undefined) throw conflict('AlreadyExists');
        return put(body);
      },
      replace: async (_resource: unknown, body: Lease, options: Options) => {
        await check(options.signal);
        const { uid, resourceVersion } = this.lease?.metadata ?? {};
        if (resourceVersion !== body.metadata.resourceVersion || uid !== body.metadata.uid) {
          throw conflict('Conflict');
        }
        return put(body);
      },
    };
    return calls as unknown as LeaseClient;
  }

  /** Someone else writes it. */
  steal(spec: Partial<LeaseSpec>): void {
    if (this.lease === undefined) throw new Error('no Lease');
    this.#version += 1;
    const resourceVersion = String(this.#version);
    const { metadata, spec: before } = this.lease;
    this.lease = {
      ...this.lease,
      metadata: { ...metadata, resourceVersion },
      spec: { ...before, ...spec },
    };
  }
}

type Options = { signal?: AbortSignal };
const away = (): ApiError => new ApiError({ status: 0, reason: 'Unreachable', message: 'away' });
const conflict = (reason: string): ApiError => new ApiError({ status: 409, reason, message: '' });

function candidate(store: FakeLease, clock: ManualClock, identity: string) {
  const events: string[] = [];
  const elector = new LeaderElector({
    client: store.client(),
    namespace: 'io-system',
    name: 'hub',
    identity,
    clock,
    random: () => 0,
  });
  let term: AbortSignal | undefined;
  const running = elector.run({
    onStarted: (token, signal) => {
      events.push(`started ${token}`);
      term = signal;
    },
    onLost: (reason) => events.push(`lost: ${reason}`),
  });
  return { elector, events, running, term: () => term };
}

describe('one candidate', () => {
  test('leads at once, keeps the Lease and releases it', async () => {
    const clock = new ManualClock();
    const store = new FakeLease();
    const { elector, events, term } = candidate(store, clock, 'a');
    await clock.advance(0);
    expect(elector.isLeader()).toBe(true);
    expect(elector.token()).toBe(1);
    await clock.advance(60_000);
    expect(store.lease?.spec).toMatchObject({
      holderIdentity: 'a',
      leaseTransitions: 1,
      renewTime: '2026-01-01T00:01:00.000000Z',
    });
    await elector.stop();
    expect(store.lease?.spec).toMatchObject({ holderIdentity: '', leaseTransitions: 1 });
    expect(elector.isLeader()).toBe(false);
    expect(term()?.aborted).toBe(true);
    expect(events).toEqual(['started 1']);
    expect(clock.pendingTimers).toBe(0);
  });

  test.each(['away', 'hangs'] as const)(
    'survives a server that %s for a while, and loses when that takes too long',
    async (trouble) => {
      const clock = new ManualClock();
      const store = new FakeLease();
      const { elector, events, running, term } = candidate(store, clock, 'a');
      await clock.advance(0);
      store.trouble = trouble;
      await clock.advance(trouble === 'away' ? 9000 : 1000);
      store.trouble = 'none';
      await clock.advance(trouble === 'away' ? 5000 : 1000);
      expect(elector.isLeader()).toBe(true);
      store.trouble = trouble;
      await clock.advance(9000);
      expect(events).toEqual(['started 1']);
      await clock.advance(3000);
      expect(elector.isLeader()).toBe(false);
      expect(term()?.aborted).toBe(true);
      expect(events).toEqual(['started 1', 'lost: no renewal for 10000 ms']);
      await running;
      // What it does not hold any more it does not release either.
      store.trouble = 'none';
      await elector.stop();
      expect(store.lease?.spec.holderIdentity).toBe('a');
    },
  );

  test('loses as soon as it sees that another took the Lease', async () => {
    const clock = new ManualClock();
    const store = new FakeLease();
    const { events } = candidate(store, clock, 'a');
    await clock.advance(0);
    store.steal({ holderIdentity: 'b', leaseTransitions: 2 });
    await clock.advance(4000);
    expect(events).toEqual(['started 1', 'lost: the Lease was taken by b']);
  });

  test('loses when the Lease was deleted', async () => {
    const clock = new ManualClock();
    const store = new FakeLease();
    const { events } = candidate(store, clock, 'a');
    await clock.advance(0);
    store.lease = undefined;
    await clock.advance(4000);
    expect(events).toEqual(['started 1', 'lost: the Lease was deleted']);
    expect(store.lease).toBeUndefined();
  });

  test('a label that someone puts on the Lease costs one renewal, not the term', async () => {
    const clock = new ManualClock();
    const store = new FakeLease();
    const { elector, events } = candidate(store, clock, 'a');
    await clock.advance(0);
    store.steal({});
    await clock.advance(20_000);
    expect(elector.isLeader()).toBe(true);
    expect(events).toEqual(['started 1']);
    await elector.stop();
  });

  test('does not believe itself to lead when its own loop stood still', async () => {
    const clock = new ManualClock();
    const store = new FakeLease();
    const { elector } = candidate(store, clock, 'a');
    await clock.advance(0);
    store.trouble = 'hangs';
    await clock.advance(1000);
    expect(elector.isLeader()).toBe(true);
    // A wall clock that jumps has no effect; the monotonic one counts.
    clock.jumpWallTime(3_600_000);
    expect(elector.isLeader()).toBe(true);
    await clock.advance(9001);
    expect(elector.isLeader()).toBe(false);
    await elector.stop();
  });

  test('what throws at the start of a term ends the term', async () => {
    const clock = new ManualClock();
    const lost: string[] = [];
    const elector = new LeaderElector({
      client: new FakeLease().client(),
      namespace: 'io-system',
      name: 'hub',
      identity: 'a',
      clock,
    });
    void elector.run({
      onStarted: () => Promise.reject(new Error('no database')),
      onLost: (reason) => lost.push(reason),
    });
    await clock.advance(0);
    expect(lost).toEqual(['what should run as leader failed to start']);
    expect(elector.isLeader()).toBe(false);
  });
});

describe('two candidates', () => {
  test('the second takes over at once when the first releases', async () => {
    const clock = new ManualClock();
    const store = new FakeLease();
    const first = candidate(store, clock, 'a');
    await clock.advance(0);
    const second = candidate(store, clock, 'b');
    await clock.advance(30_000);
    expect(second.elector.isLeader()).toBe(false);
    expect(second.elector.holder()).toBe('a');
    await first.elector.stop();
    await clock.advance(2000);
    expect(second.elector.token()).toBe(2);
    await second.elector.stop();
  });

  test('the second waits out the Lease of a first that died', async () => {
    const clock = new ManualClock();
    const store = new FakeLease();
    const first = candidate(store, clock, 'a');
    await clock.advance(0);
    await first.elector.stop({ release: false });
    const second = candidate(store, clock, 'b');
    await clock.advance(14_000);
    expect(second.elector.isLeader()).toBe(false);
    await clock.advance(4000);
    expect(second.elector.token()).toBe(2);
    await second.elector.stop();
  });
});
