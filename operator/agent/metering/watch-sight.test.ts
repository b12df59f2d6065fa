import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Resource } from '../../runtime/resource.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { WatchSight } from './watch-sight.ts';

const start = 1_000_000;
const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const options = {
  resourceVersion: '1',
  timeoutSeconds: 300,
  signal: new AbortController().signal,
};
type Frame = 'BOOKMARK' | 'ERROR' | 'end';

let clock: ManualClock;
let sight: WatchSight;
let send: (frame: Frame) => Promise<void>;
let duringFrame: number[];

beforeEach(async () => {
  clock = new ManualClock(start * 1000);
  sight = new WatchSight(clock);
  duringFrame = [];
});

/** Lists and follows through the sight, as an informer does. */
async function follow({ listed = true, opened = true } = {}): Promise<void> {
  let deliver: (frame: Frame) => void = () => undefined;
  let next = new Promise<Frame>((resolve) => (deliver = resolve));
  async function* frames(): AsyncGenerator<KubeObject, void, undefined> {
    for (;;) {
      const type = await next;
      if (type === 'end') return;
      next = new Promise<Frame>((resolve) => (deliver = resolve));
      yield { type } as never;
    }
  }
  const client = { list: async () => ({}), watch: frames } as never as ApiClient;
  const over = sight.over(client);
  if (listed) await over.list(pods, {});
  const watch = (async () => {
    for await (const _ of over.watch(pods, options)) duringFrame.push(sight.provenSeconds);
  })();
  if (opened) sight.opened();
  send = async (frame) => {
    deliver(frame);
    await clock.advance(0);
    if (frame === 'end') await watch;
  };
  await clock.advance(0);
}

describe('what is current', () => {
  test('is nothing before the watch is open, and then for as long as it takes to bring all', async () => {
    await follow({ opened: false });
    await clock.advance(60_000);
    expect(sight.currentSeconds).toBeLessThan(0);
    sight.opened();
    await clock.advance(1_999);
    expect(sight.currentSeconds).toBeLessThan(0);
    await clock.advance(1);
    expect(sight.currentSeconds).toBe(start + 60);
    await clock.advance(10_000);
    expect([sight.isOpen, sight.currentSeconds]).toEqual([true, start + 70]);
  });

  test.each(['end', 'ERROR'] as const)('stops with the watch: %s', async (frame) => {
    await follow();
    await clock.advance(10_000);
    await send(frame);
    await clock.advance(10_000);
    expect([sight.isOpen, sight.currentSeconds]).toEqual([false, start + 8]);
    await follow({ listed: false });
    await clock.advance(1_000);
    expect(sight.currentSeconds).toBe(start + 8);
    await clock.advance(1_000);
    expect(sight.currentSeconds).toBe(start + 20);
  });

  test('does not move by a watch that ends at once', async () => {
    await follow();
    await clock.advance(10_000);
    await send('end');
    await clock.advance(10_000);
    await follow({ listed: false });
    await send('ERROR');
    expect(sight.currentSeconds).toBe(start + 8);
  });
});

describe('what is proven', () => {
  test('is what came before an event, while that is handled', async () => {
    await follow();
    await clock.advance(10_000);
    await send('BOOKMARK');
    await clock.advance(10_000);
    await send('BOOKMARK');
    expect(duringFrame).toEqual([start - 2, start + 8]);
    expect(sight.provenSeconds).toBe(start + 18);
  });

  test('is the list when that was taken in, and not before', async () => {
    await follow();
    await clock.advance(10_000);
    await send('end');
    expect(sight.gap).toBe(false);
    const listing = sight.over({ list: async () => ({}) } as never as ApiClient);
    await listing.list(pods, {});
    expect([sight.gap, sight.provenSeconds]).toEqual([true, start - 2]);
    await follow();
    expect([sight.gap, sight.provenSeconds]).toEqual([false, start + 8]);
  });

  test('is not moved by what a watch brings late', async () => {
    await follow();
    await clock.advance(10_000);
    await send('BOOKMARK');
    await send('end');
    await clock.advance(100_000);
    await follow({ listed: false });
    await send('BOOKMARK');
    expect(sight.provenSeconds).toBe(start + 8);
  });
});
