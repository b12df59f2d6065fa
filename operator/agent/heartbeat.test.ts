import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ApiClient } from '../runtime/api-client.ts';
import { silentLogger } from '../runtime/logger.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { heartbeat } from './heartbeat.ts';
import { OtherClusterError } from './name-claim.ts';

let clock: ManualClock;
/** Seconds since the start in which renewals were sent. */
let sent: number[];
let acknowledged: number[];
let stop: AbortController;
/** How long the hub takes to answer; undefined: it refuses. */
let answersInMs: () => number | undefined;
let versions: () => Promise<Record<string, string>>;
let said: Record<string, unknown>[];
const startMs = 1_000;

beforeEach(() => {
  clock = new ManualClock();
  [sent, acknowledged, said] = [[], [], []];
  stop = new AbortController();
  answersInMs = () => 10;
  versions = async () => ({ agent: '1.0.0' });
});
afterEach(() => stop.abort());

const seconds = (): number => Math.floor((clock.monotonicMs() - startMs) / 1000);

function run(mayRenew?: () => Promise<boolean>): Promise<void> {
  const apply = async (
    _: unknown,
    { metadata }: { metadata: Record<string, unknown> },
    { signal }: { signal: AbortSignal },
  ) => {
    sent.push(seconds());
    said.push(metadata['annotations'] as Record<string, unknown>);
    const ms = answersInMs();
    if (ms === undefined) throw new Error('refused');
    const isGivenUp = new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    await Promise.race([clock.after(ms), isGivenUp]);
  };
  const beats = heartbeat({
    hub: { apply: apply as unknown as ApiClient['apply'] },
    ...{ member: 'fra-1', intervalMs: 10_000, clock, logger: silentLogger },
    versions: () => versions(),
    metering: () => undefined,
    wishes: () => ({ cordoned: true, drainDeadline: undefined }),
    clusterUid: async () => 'uid-1',
    acknowledged: (sentMs) => void acknowledged.push(Math.floor((sentMs - startMs) / 1000)),
    ...(mayRenew === undefined ? {} : { mayRenew }),
  });
  return beats.run(stop.signal, {});
}

test('it is renewed at an even pace, however slow the answers are', async () => {
  answersInMs = () => 7_000;
  void run();
  await clock.advance(40_000);
  expect(sent).toEqual([0, 10, 20, 30, 40]);
  // Counted from the sending.
  expect(acknowledged).toEqual([0, 10, 20, 30]);
  expect(said[0]).toEqual({
    'compute.io.net/agent-version': '1.0.0',
    'compute.io.net/cluster-uid': 'uid-1',
    'compute.io.net/cordoned': 'true',
  });
});

test('one that gets no answer is given up and sent again soon', async () => {
  answersInMs = () => (sent.length === 2 ? 60_000 : 10);
  void run();
  await clock.advance(31_000);
  expect(sent).toEqual([0, 10, 20, 30]);
  expect(acknowledged).toEqual([0, 20, 30]);
});

test('one that is refused is sent again soon', async () => {
  answersInMs = () => (sent.length < 3 ? undefined : 10);
  void run();
  await clock.advance(15_000);
  expect(sent).toEqual([0, 2, 4, 14]);
});

test('an API server of the member that says nothing holds no renewal up', async () => {
  versions = () => new Promise(() => {});
  void run();
  await clock.advance(25_000);
  expect(sent).toEqual([1, 11, 21]);
});

test('nothing is sent while another agent may have the name, and it ends when one has', async () => {
  let asks = 0;
  const running = run(async () => {
    asks += 1;
    if (asks === 3) throw new OtherClusterError('another cluster');
    return false;
  });
  running.catch(() => {});
  await clock.advance(10_000);
  expect([sent, asks]).toEqual([[], 3]);
  await expect(running).rejects.toThrow(OtherClusterError);
});
