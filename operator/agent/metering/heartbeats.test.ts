import { beforeEach, expect, test } from '@jest/globals';
import type { IODevice } from '../../../crds/schema/index.ts';
import type { HeartbeatReport } from '../../domain/metering/types.ts';
import { Cache } from '../../runtime/cache.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Heartbeats } from './heartbeats.ts';
import type { IntakeAnswer } from './intake-client.ts';
import type { MeteredNode } from './views.ts';
import { WatchSight } from './watch-sight.ts';

const startMinute = 30_000_000;
const stored: IntakeAnswer = { status: 200, body: { result: 'Stored' } };
const unknown: IntakeAnswer = { status: 200, body: { result: 'RosterUnknown' } };

let clock: ManualClock;
let devices: Cache<IODevice>;
let nodes: Cache<MeteredNode>;
let sight: WatchSight;
let sent: HeartbeatReport[];
let answer: (report: HeartbeatReport) => IntakeAnswer;

beforeEach(() => {
  clock = new ManualClock(startMinute * 60_000 + 30_000);
  devices = new Cache();
  nodes = new Cache();
  sight = new WatchSight(clock);
  sight.opened();
  sent = [];
  answer = () => stored;
  for (const name of ['a', 'b']) nodeIs(name, true);
  for (const name of ['a-gpu-0', 'b-gpu-1', 'a-gpu-1', 'b-gpu-0']) deviceIs(name, true);
});

function nodeIs(name: string, ready: boolean): void {
  nodes.set({ apiVersion: 'v1', kind: 'Node', metadata: { name }, ready, readySince: undefined });
}

function deviceIs(name: string, allocatable: boolean): void {
  const node = { name: name.slice(0, 1), uid: 'uid', ready: true, schedulable: true };
  devices.set({ metadata: { name }, spec: { node, allocatable } } as IODevice);
}

function run(): void {
  const heartbeats = new Heartbeats({
    devices,
    nodes,
    sight,
    client: {
      post: async (_, body) => {
        sent.push(body as HeartbeatReport);
        return answer(body as HeartbeatReport);
      },
      close: async () => undefined,
    },
    clock,
    random: () => 0,
    logger: silentLogger,
  });
  void heartbeats.run(new AbortController().signal);
}
const minutes = () => sent.map(({ minute }) => minute - startMinute);
const bits = ({ up }: HeartbeatReport) =>
  Buffer.from(up, 'base64')[0]?.toString(2).padStart(4, '0');

test('once a minute, a bit for each device: its node is Ready and it is healthy', async () => {
  run();
  await clock.advance(30_000);
  nodeIs('a', false);
  deviceIs('b-gpu-0', false);
  await clock.advance(60_000);
  nodes.delete('b');
  await clock.advance(60_000);
  expect(minutes()).toEqual([0, 1, 2, 3]);
  // From the right: a-gpu-0, a-gpu-1, b-gpu-0, b-gpu-1.
  expect(sent.map(bits)).toEqual(['1111', '1111', '1000', '0000']);
});

test('a device that does no work is down, so that it earns nothing for these minutes', async () => {
  run();
  await clock.advance(30_000);
  const device = devices.get('b-gpu-1');
  if (device === undefined) throw new Error('no device');
  const health = { state: 'Broken', reason: 'XidError', message: 'XID 79', since: 'now' } as const;
  devices.set({ ...device, spec: { ...device.spec, health } });
  await clock.advance(60_000);
  devices.set({ ...device, spec: { ...device.spec, health: { ...health, state: 'Degraded' } } });
  await clock.advance(60_000);
  expect(sent.map(bits)).toEqual(['1111', '1111', '0111', '1111']);
});

test('the roster is told when the hub does not have it, and again when it is another', async () => {
  const known = new Set<string>();
  answer = ({ rosterHash, roster }) => {
    if (roster !== undefined) known.add(rosterHash);
    return known.has(rosterHash) ? stored : unknown;
  };
  run();
  await clock.advance(60_000);
  deviceIs('c-gpu-0', true);
  await clock.advance(60_000);
  const names = ['a-gpu-0', 'a-gpu-1', 'b-gpu-0', 'b-gpu-1'];
  expect(sent.map(({ minute, roster }) => [minute - startMinute, roster])).toEqual([
    [0, undefined],
    [0, names],
    [1, undefined],
    [2, undefined],
    [2, [...names, 'c-gpu-0']],
  ]);
});

test('what was seen while the hub was away is told later, in order', async () => {
  answer = () => ({ status: 503, body: {}, reason: 'StoreUnavailable' });
  run();
  await clock.advance(120_000);
  sent = [];
  answer = () => stored;
  await clock.advance(60_000);
  expect(minutes()).toEqual([0, 1, 2, 3]);
});

test('what is refused for good is given up, and holds nothing up', async () => {
  answer = ({ minute }) =>
    minute === startMinute ? { status: 422, body: {}, reason: 'MinuteOutOfRange' } : stored;
  run();
  await clock.advance(60_000);
  expect(minutes()).toEqual([0, 1]);
});

test('a minute in which the nodes were not seen is not told', async () => {
  sight = new WatchSight(clock);
  run();
  await clock.advance(90_000);
  expect(sent).toEqual([]);
  sight.opened();
  await clock.advance(5_000);
  expect(minutes()).toEqual([2]);
});
