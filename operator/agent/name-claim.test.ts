import { beforeEach, expect, test } from '@jest/globals';
import type { ApiClient } from '../runtime/api-client.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { NameClaim, OtherClusterError } from './name-claim.ts';

const signal = new AbortController().signal;
let clock: ManualClock;
let lease: Readonly<{ uid: string | undefined; renewTime: string }> | undefined;
let silentMs: number;
let acknowledged: number;
let asked: number;
let claim: NameClaim;

beforeEach(() => {
  clock = new ManualClock();
  [lease, silentMs, acknowledged, asked] = [{ uid: 'theirs', renewTime: '1' }, Infinity, 0, 0];
  const get = async () => {
    asked += 1;
    if (lease === undefined) return undefined;
    const { uid, renewTime } = lease;
    const annotations = uid === undefined ? {} : { 'compute.io.net/cluster-uid': uid };
    return { metadata: { name: 'heartbeat', annotations }, spec: { renewTime } };
  };
  claim = new NameClaim({
    hub: { get: get as unknown as ApiClient['get'] },
    ...{ member: 'fra-1', intervalMs: 10_000, clock },
    renewals: {
      silentMs: () => silentMs,
      get acknowledged() {
        return acknowledged;
      },
    },
  });
});

const mayRenew = (uid: string | undefined = 'ours') => claim.mayRenew(uid, signal);

test.each([
  ['nobody', undefined],
  ['an agent in this cluster', { uid: 'ours', renewTime: '1' }],
  ['an agent that does not say where it is', { uid: undefined, renewTime: '1' }],
])('a name that %s has is free', async (_, found) => {
  lease = found;
  expect(await mayRenew()).toBe(true);
});

test('an agent in another cluster that goes on to renew ends this one', async () => {
  expect(await mayRenew()).toBe(false);
  await clock.advance(9_000);
  lease = { uid: 'theirs', renewTime: '2' };
  await expect(mayRenew()).rejects.toThrow(OtherClusterError);
  await expect(mayRenew()).rejects.toThrow(/fra-1.*join anew/);
});

test('the name of one that has stopped is free after four of its renewals', async () => {
  expect(await mayRenew()).toBe(false);
  await clock.advance(39_999);
  expect(await mayRenew()).toBe(false);
  await clock.advance(1);
  expect(await mayRenew()).toBe(true);
});

test('who is heard does not look, and who was not acknowledged does', async () => {
  [acknowledged, silentMs] = [1, 14_999];
  expect(await mayRenew()).toBe(true);
  expect(asked).toBe(0);
  silentMs = 15_000;
  expect(await mayRenew()).toBe(false);
});
