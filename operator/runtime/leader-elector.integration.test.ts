import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testCluster } from '../testing/api-server/test-cluster.ts';
import { eventually } from '../testing/eventually.ts';
import { FaultProxy } from '../testing/fault-proxy.ts';
import { ApiClient } from './api-client.ts';
import { LeaderElector, leaseResource } from './leader-elector.ts';

const times = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 200 };
const cluster = testCluster();
const client = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
let namespace: string;
let name: string;
/** Every moment of every term, to find two at once. */
let leading: Set<string>;
let overlaps: string[];

beforeAll(async () => {
  namespace = await cluster.uniqueNamespace('elector');
});
beforeEach(() => {
  name = `lease-${randomUUID()}`;
  leading = new Set();
  overlaps = [];
});
afterAll(() => client.close());

function stand(identity: string, use: ApiClient = client) {
  const events: string[] = [];
  const tokens: number[] = [];
  const elector = new LeaderElector({ client: use, namespace, name, identity, ...times });
  const ended = elector.run({
    onStarted: (token, signal) => {
      if (leading.size > 0) overlaps.push(`${identity} with ${[...leading].join()}`);
      leading.add(identity);
      signal.addEventListener('abort', () => leading.delete(identity));
      tokens.push(token);
      events.push('started');
    },
    onLost: () => events.push('lost'),
  });
  return { elector, events, tokens, ended };
}

describe('leader election', () => {
  test('of many who begin together one leads', async () => {
    const all = Array.from({ length: 6 }, (_, index) => stand(`p${index}`));
    await eventually(() => expect(leading.size).toBe(1));
    // Everyone has tried several times by then.
    await eventually(() => {
      const holders = new Set(all.map(({ elector }) => elector.holder()));
      expect([...holders]).toEqual([...leading]);
    });
    const leaders = all.filter(({ elector }) => elector.isLeader());
    expect(leaders).toHaveLength(1);
    await Promise.all(all.map(({ elector }) => elector.stop()));
    expect(overlaps).toEqual([]);
  });

  test('a release hands over at once, with the next token', async () => {
    const first = stand('first');
    await eventually(() => expect(first.elector.isLeader()).toBe(true));
    const second = stand('second');
    await eventually(() => expect(second.elector.holder()).toBe('first'));
    const releasedMs = performance.now();
    await first.elector.stop();
    await eventually(() => expect(second.elector.isLeader()).toBe(true));
    expect(performance.now() - releasedMs).toBeLessThan(times.leaseDurationMs / 2);
    expect([...first.tokens, ...second.tokens]).toEqual([1, 2]);
    await second.elector.stop();
    const lease = await client.get(leaseResource, name, namespace);
    expect(lease?.spec).toMatchObject({ holderIdentity: '', leaseTransitions: 2 });
    expect(overlaps).toEqual([]);
  });

  test('a leader that dies is followed when its Lease has run out, not before', async () => {
    const first = stand('first');
    await eventually(() => expect(first.elector.isLeader()).toBe(true));
    const second = stand('second');
    await eventually(() => expect(second.elector.holder()).toBe('first'));
    // As after SIGKILL: no more renewals, no release.
    await first.elector.stop({ release: false });
    const diedMs = performance.now();
    await eventually(() => expect(second.elector.isLeader()).toBe(true));
    const tookMs = performance.now() - diedMs;
    expect(tookMs).toBeGreaterThan(times.leaseDurationMs - 2 * times.retryPeriodMs);
    expect(tookMs).toBeLessThan(times.leaseDurationMs + 2000);
    expect(second.tokens).toEqual([2]);
    await second.elector.stop();
  });

  test('a leader that is cut off gives up before another begins', async () => {
    const proxy = await FaultProxy.start(cluster.kubeConfig);
    const cutOff = new ApiClient({ kubeConfig: proxy.kubeConfig, userAgent: 'test' });
    const first = stand('first', cutOff);
    await eventually(() => expect(first.elector.isLeader()).toBe(true));
    const second = stand('second');
    await eventually(() => expect(second.elector.holder()).toBe('first'));
    proxy.refuseConnections();
    await eventually(() => expect(second.elector.isLeader()).toBe(true));
    expect(first.events).toEqual(['started', 'lost']);
    await first.ended;
    expect(overlaps).toEqual([]);
    await Promise.all([first.elector.stop(), second.elector.stop()]);
    await cutOff.close();
    await proxy.close();
  });

  test('a Lease that someone deletes ends the term of its holder', async () => {
    const first = stand('first');
    await eventually(() => expect(first.elector.isLeader()).toBe(true));
    await client.delete(leaseResource, name, namespace);
    await eventually(() => expect(first.events).toEqual(['started', 'lost']));
    await first.elector.stop();
  });
});
