import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IODevice } from '../../../crds/schema/index.ts';
import type { EvidenceReport } from '../../domain/evidence/types.ts';
import type { EvidenceOutcome } from '../../ports/evidence-metrics.ts';
import { Cache } from '../../runtime/cache.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { eventually } from '../../testing/eventually.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Evidence } from './evidence.ts';
import type { ExporterTarget } from './exporters.ts';
import type { IntakeAnswer } from './intake-client.ts';

/** On the beginning of an hour. */
const start = 1_800_000_000;
const stored: IntakeAnswer = { status: 200, body: { stored: 1, refused: 0 } };
const hour = 3_600;
/** Ten looks an hour. */
const lookMs = 360_000;

let clock: ManualClock;
let exporter: Server;
let asked: string[];
/** What the exporter says of a path; undefined: it never answers. */
let says: (path: string) => string | undefined;
let targets: () => Promise<readonly ExporterTarget[]>;
let devices: Cache<IODevice>;
let billed: Map<string, string>;
let sent: EvidenceReport[];
let answer: () => IntakeAnswer;
let counted: Map<string, number>;
let rounds: number;
let intervalMs: number;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  clock = new ManualClock(start * 1000);
  asked = [];
  says = () => gpus(90);
  exporter = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const text = says(path);
    if (text !== undefined) response.end(text);
  });
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  devices = new Cache();
  for (const node of ['a', 'b', 'c']) {
    for (const index of [0, 1]) {
      const metadata = { name: `${node}-gpu-${index}` };
      devices.set({ metadata, spec: { node: { name: node }, index } } as IODevice);
    }
  }
  billed = new Map([
    ['a-gpu-0', 'lease-1'],
    ['b-gpu-1', 'lease-2'],
  ]);
  targets = async () => ['a', 'b', 'c'].map(targetOf);
  [sent, counted, rounds] = [[], new Map(), 0];
  answer = () => stored;
  intervalMs = lookMs;
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await running;
  exporter.closeAllConnections();
  exporter.close();
});

function gpus(util: number): string {
  return [0, 1, 2]
    .map((gpu) => `DCGM_FI_DEV_GPU_UTIL{gpu="${gpu}",UUID="GPU-${gpu}"} ${util + gpu}`)
    .join('\n');
}

function targetOf(node: string): ExporterTarget {
  return { node, url: `http://127.0.0.1:${(exporter.address() as AddressInfo).port}/${node}` };
}

function count(outcome: EvidenceOutcome | 'read' | 'failed', of: number): void {
  counted.set(outcome, (counted.get(outcome) ?? 0) + of);
}

function run(): void {
  const evidence = new Evidence({
    client: {
      post: async (path, body) => {
        expect(path).toBe('/v1/intake/evidence');
        sent.push(body as EvidenceReport);
        return answer();
      },
      close: async () => undefined,
    },
    targets: () => targets(),
    devices,
    billed: () => {
      rounds += 1;
      return billed;
    },
    intervalMs,
    clock,
    random: () => 0,
    metrics: { evidenceSamples: count, evidenceScrape: (outcome) => count(outcome, 1) },
    logger: silentLogger,
  });
  running = evidence.run(stop.signal);
}

/** Lets intervals pass, and each time all be done that is to do. */
async function looks(n: number): Promise<void> {
  for (let look = 0; look < n; look += 1) {
    const before = rounds;
    await clock.advance(intervalMs);
    expect(rounds).toBe(before + 1);
    await done();
  }
}

/** It waits for the next time. */
const done = () => eventually(() => expect(clock.pendingTimers).toBe(1), { everyMs: 1 });

/** The first sample. */
async function begin(): Promise<void> {
  run();
  await clock.advance(0);
  await done();
}

test('samples of billed devices become one message an hour', async () => {
  await begin();
  says = () => gpus(10);
  await looks(9);
  expect(sent).toEqual([]);
  await looks(1);
  expect(sent).toEqual([
    {
      bucketStartSeconds: start,
      sentAtMs: (start + hour) * 1000,
      devices: [
        {
          ...{ leaseId: 'lease-1', device: 'a-gpu-0', samples: 10 },
          ...{ utilAvgPercent: 18, utilMaxPercent: 90, xidCount: 0 },
        },
        {
          ...{ leaseId: 'lease-2', device: 'b-gpu-1', samples: 10 },
          ...{ utilAvgPercent: 19, utilMaxPercent: 91, xidCount: 0 },
        },
      ],
    },
  ]);
  // Eleven times: devices of nobody, and a third GPU that no IODevice is of; node c was not asked.
  expect(Object.fromEntries(counted)).toEqual({ read: 22, unused: 22, unmatched: 22, stored: 20 });
  expect(new Set(asked)).toEqual(new Set(['/a', '/b']));
});

test('nobody is asked and nothing is sent while no device is billed', async () => {
  billed.clear();
  targets = () => Promise.reject(new Error('not to be asked'));
  await begin();
  await looks(11);
  expect([asked, sent]).toEqual([[], []]);
});

test('a device that changes its lease is evidence of each lease in its time', async () => {
  billed.delete('b-gpu-1');
  await begin();
  await looks(3);
  billed.set('a-gpu-0', 'lease-3');
  await looks(7);
  const told = sent[0]?.devices.map(({ leaseId, samples }) => `${leaseId} ${samples}`);
  expect(told).toEqual(['lease-1 4', 'lease-3 6']);
});

test.each([
  ['that answers with an error page', () => '<html>'.repeat(10), 0],
  ['that sends without an end', () => 'x'.repeat(4 * 1024 * 1024 + 1), 11],
])('an exporter %s takes nothing from the others', async (_, page, failed) => {
  says = (path) => (path === '/a' ? page() : gpus(50));
  await begin();
  await looks(10);
  expect(sent[0]?.devices.map(({ device }) => device)).toEqual(['b-gpu-1']);
  expect(counted.get('failed') ?? 0).toBe(failed);
});

test('an exporter that is away is counted, and asked again', async () => {
  const away = { node: 'a', url: 'http://127.0.0.1:1/metrics' };
  targets = async () => [away, targetOf('b')];
  await begin();
  await looks(4);
  targets = async () => [targetOf('a'), targetOf('b')];
  await looks(6);
  expect(counted.get('failed')).toBe(5);
  const told = sent[0]?.devices.map(({ device, samples }) => `${device} ${samples}`);
  expect(told).toEqual(['b-gpu-1 10', 'a-gpu-0 5']);
});

test('two exporters of a node say the same once', async () => {
  targets = async () => [targetOf('a'), targetOf('a')];
  await begin();
  await looks(10);
  expect(sent[0]?.devices).toMatchObject([{ device: 'a-gpu-0', samples: 10 }]);
});

test('while the hub is away evidence waits, as long as it is not too much', async () => {
  answer = () => ({ status: 503, body: {}, reason: 'StoreUnavailable' });
  await begin();
  await looks(30);
  answer = () => stored;
  sent = [];
  await looks(1);
  expect(sent.map(({ bucketStartSeconds }) => bucketStartSeconds - start)).toEqual([
    0,
    hour,
    2 * hour,
  ]);
  expect(counted.get('stored')).toBe(60);
  expect(counted.get('lost')).toBeUndefined();
});

test('what waited for too long is given up, and counted', async () => {
  answer = () => ({ status: 503, body: {} });
  intervalMs = hour * 1000;
  await begin();
  await looks(62);
  expect(counted.get('lost')).toBe(4);
  answer = () => stored;
  sent = [];
  await looks(1);
  expect(sent).toHaveLength(60);
  expect(sent[0]?.bucketStartSeconds).toBe(start + 3 * hour);
  expect(counted.get('lost')).toBe(6);
});

test('what the hub never takes is counted, and the next is sent', async () => {
  answer = () => ({ status: 422, body: {}, reason: 'BucketOutOfRange' });
  await begin();
  await looks(10);
  answer = () => stored;
  await looks(10);
  expect(sent).toHaveLength(2);
  expect([counted.get('refused'), counted.get('stored')]).toEqual([20, 20]);
});

test('without exporters it goes on, and the end does not wait for one that does not answer', async () => {
  targets = () => Promise.reject(new Error('forbidden'));
  await begin();
  await looks(2);
  targets = async () => [targetOf('a')];
  says = () => undefined;
  await clock.advance(intervalMs);
  await eventually(() => expect(asked).toEqual(['/a']));
  stop.abort();
  await running;
});
