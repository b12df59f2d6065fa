import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '../../runtime/logger.ts';
import { eventually } from '../../testing/eventually.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { ExporterTarget } from './exporters.ts';
import { GpuUuids } from './gpu-uuids.ts';

const hourMs = 3_600_000;
let clock: ManualClock;
let exporter: Server;
/** What the exporter says of a path; undefined: an error. */
let says: (path: string) => string | undefined;
let targets: () => Promise<readonly ExporterTarget[]>;
let uuids: GpuUuids;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  clock = new ManualClock(0);
  says = (path) => gpus(path.slice(1), 'a');
  exporter = createServer((request, response) => {
    const text = says(request.url ?? '');
    response.writeHead(text === undefined ? 500 : 200).end(text);
  });
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  targets = async () => [targetOf('1'), targetOf('2')];
  stop = new AbortController();
  uuids = new GpuUuids({
    targets: () => targets(),
    clock,
    random: () => 0,
    logger: silentLogger,
  });
});
afterEach(async () => {
  stop.abort();
  await running;
  exporter.closeAllConnections();
  exporter.close();
});

const gpus = (node: string, of: string): string =>
  [0, 1]
    .map((gpu) => `DCGM_FI_DEV_GPU_UTIL{gpu="${gpu}",UUID="GPU-${of}${node}${gpu}"} 5`)
    .join('\n');

function targetOf(node: string): ExporterTarget {
  return { node, url: `http://127.0.0.1:${(exporter.address() as AddressInfo).port}/${node}` };
}

const known = (node: string): readonly string[] => [...uuids.of(node).values()];
const looked = () => eventually(() => expect(clock.pendingTimers).toBe(1), { everyMs: 1 });

async function begin(): Promise<void> {
  running = uuids.run(stop.signal);
  await clock.advance(0);
  await looked();
}

async function nextLook(): Promise<void> {
  await clock.advance(hourMs);
  await looked();
}

test('GPUs of all nodes are asked for their ids, and again after an hour', async () => {
  expect(known('1')).toEqual([]);
  await begin();
  expect([known('1'), known('2'), known('3')]).toEqual([
    ['GPU-a10', 'GPU-a11'],
    ['GPU-a20', 'GPU-a21'],
    [],
  ]);
  says = (path) => gpus(path.slice(1), 'b');
  await nextLook();
  expect(known('1')).toEqual(['GPU-b10', 'GPU-b11']);
});

test('an exporter that fails has said what it said, one that is gone has not', async () => {
  await begin();
  says = (path) => (path === '/1' ? undefined : gpus('2', 'b'));
  await nextLook();
  expect([known('1'), known('2')]).toEqual([
    ['GPU-a10', 'GPU-a11'],
    ['GPU-b20', 'GPU-b21'],
  ]);
  targets = async () => [targetOf('2')];
  await nextLook();
  expect([known('1'), known('2')]).toEqual([[], ['GPU-b20', 'GPU-b21']]);
  targets = () => Promise.reject(new Error('forbidden'));
  await nextLook();
  expect(known('2')).toEqual(['GPU-b20', 'GPU-b21']);
});

test('of two exporters of a node one that knows nothing takes nothing away', async () => {
  targets = async () => [targetOf('1'), { ...targetOf('1'), url: targetOf('x').url }];
  says = (path) => (path === '/x' ? '' : gpus('1', 'a'));
  await begin();
  expect(known('1')).toEqual(['GPU-a10', 'GPU-a11']);
});
