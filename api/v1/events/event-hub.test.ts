import { describe, expect, test } from '@jest/globals';
import { EventHub, type Told } from './event-hub.ts';
import { rightToKnow } from './may-know.ts';

const all = () => Promise.resolve(true);
const device = (name: string): Told => ({ kind: 'device', scope: 'm', name });

function listen(hub: EventHub, mayKnow: (change: Told) => Promise<boolean> = all, reads = true) {
  const told: Told[] = [];
  const state = { ended: 0 };
  const stop = hub.add({
    ...{ key: 'a', mayKnow },
    tell: (changes) => {
      told.push(...changes);
      return reads;
    },
    end: () => void (state.ended += 1),
  });
  return { told, state, stop };
}

describe('listeners', () => {
  test('are told what they may know, each change once', async () => {
    const hub = new EventHub();
    const { told } = listen(hub, async ({ name }) => name !== 'secret');
    for (const name of ['a', 'secret', 'a', 'b']) hub.note(device(name));
    await hub.flush();
    await hub.flush();
    expect(told).toEqual([device('a'), device('b')]);
  });

  test('are told nothing that nobody can judge now, and go on', async () => {
    const hub = new EventHub();
    let isAway = true;
    const { told } = listen(hub, () =>
      isAway ? Promise.reject(new Error('the hub is away')) : all(),
    );
    hub.note(device('a'));
    await hub.flush();
    isAway = false;
    hub.note(device('b'));
    await hub.flush();
    expect(told).toEqual([device('b')]);
  });

  test('are told of many changes in few words', async () => {
    const hub = new EventHub({ waiting: 3 });
    const { told } = listen(hub);
    for (let at = 0; at < 1_000; at += 1) hub.note({ ...device(`d${at}`), scope: `m${at}` });
    await hub.flush();
    expect(told.length).toBeLessThanOrEqual(7);
    expect(told.slice(0, 3).map(({ name }) => name)).toEqual(['d0', 'd1', 'd2']);
    expect(told.at(-1)).toEqual({ kind: 'device', scope: '', name: '' });
  });

  test('who read too slowly are let go, once', async () => {
    const hub = new EventHub();
    const { state } = listen(hub, all, false);
    hub.note(device('a'));
    await hub.flush();
    expect([state.ended, hub.size]).toEqual([1, 0]);
    hub.close();
    expect(state.ended).toBe(1);
  });

  test('are not too many, of one or in all', () => {
    const hub = new EventHub({ listenersPerKey: 2, listeners: 3 });
    const mine = [listen(hub), listen(hub), listen(hub)];
    expect(mine.map(({ stop }) => stop !== undefined)).toEqual([true, true, false]);
    const other = (key: string) =>
      hub.add({ key, mayKnow: all, tell: () => true, end: () => undefined });
    expect(other('b')).toBeDefined();
    expect(other('c')).toBeUndefined();
    mine[0]?.stop?.();
    mine[0]?.stop?.();
    expect(hub.size).toBe(2);
    expect(other('c')).toBeDefined();
  });

  test('end with the hub, and none comes after', () => {
    const hub = new EventHub();
    const { state } = listen(hub);
    hub.close();
    expect([state.ended, hub.size, listen(hub).stop]).toEqual([1, 0, undefined]);
  });
});

test.each([
  [{ kind: 'network', scope: '', name: '' }, undefined],
  [{ kind: 'cluster', scope: '', name: '' }, undefined],
  [{ kind: 'cluster', scope: 'ns', name: 'c' }, ['get', 'ioclusters', 'ns', 'c']],
  [{ kind: 'cluster', scope: 'ns', name: '' }, ['list', 'ioclusters', 'ns', undefined]],
  [{ kind: 'account', scope: 'ns', name: 'a' }, ['get', 'ioaccounts', 'ns', 'a']],
  [{ kind: 'member', scope: 'm', name: 'm' }, ['get', 'iomembers', undefined, 'm']],
  [{ kind: 'device', scope: 'm', name: 'd' }, ['get', 'iodevices', 'io-member-m', 'd']],
  [{ kind: 'device', scope: 'm', name: '' }, ['list', 'iodevices', 'io-member-m', undefined]],
  [{ kind: 'case', scope: 'm', name: 'c' }, ['get', 'ioslashcases', 'io-member-m', 'c']],
] as const)('of %j may know who may %j', (change, expected) => {
  const right = rightToKnow(change);
  expect(right && [right.verb, right.resource, right.namespace, right.name]).toEqual(expected);
});
