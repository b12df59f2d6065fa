import { beforeEach, describe, expect, test } from '@jest/globals';
import type { IOPlacement } from '../../../crds/schema/index.ts';
import { holdBackSeconds } from '../../domain/metering/intervals.ts';
import type { PodFacts } from '../../domain/metering/standing.ts';
import type { IntervalChange } from '../../domain/metering/types.ts';
import { groupNameOn } from '../../domain/raycluster/manifest.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { InformerStore } from '../../runtime/informer-store.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { noMetrics } from '../../runtime/metrics.ts';
import { sha256 } from '../../runtime/sha256.ts';
import { buildPlacementGroup, buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Meter, type MeterOptions } from './meter.ts';
import { type Pod, podIndexes, podResource } from './pod.ts';
import { Spool } from './spool.ts';
import type { SpoolFiles } from './spool-files.ts';
import type { MeteredNode } from './views.ts';
import { WatchSight } from './watch-sight.ts';

const start = Date.UTC(2026, 10, 1) / 1000;
const leaseId = 'lease-0123456789abcdef';
const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** What an informer has; `gone` and `put` are the watch. */
class Source<T extends KubeObject> {
  readonly store: InformerStore<T>;
  readonly informer: WatchedInformer<T>;
  #version = 0;

  constructor(indexes?: Record<string, (object: T) => readonly string[]>) {
    const quiet = { metrics: noMetrics, logger: silentLogger };
    this.store = new InformerStore<T>({
      resource: 'x',
      transform: undefined,
      indexes,
      ...quiet,
    });
    this.informer = {
      resource: podResource,
      start: async () => undefined,
      hasSynced: () => true,
      waitForSync: async () => true,
      onChange: (handler) => this.store.onChange(handler),
      cache: this.store.cache,
    };
  }

  put(object: T): void {
    const resourceVersion = String((this.#version += 1));
    this.store.upsert({ ...object, metadata: { ...object.metadata, resourceVersion } });
  }
}

/** The clock of the test, whose timers fire a millisecond before they should. */
class EarlyClock implements Clock {
  now = (): number => clock.now();
  monotonicMs = (): number => clock.monotonicMs();
  readonly setTimeout: Clock['setTimeout'] = (callback, ms) => {
    const timer = clock.setTimeout.bind(clock);
    return timer(callback, ms - 1);
  };
}

let clock: ManualClock;
let files: SpoolFiles & { full: boolean };
let pods: Source<Pod>;
let nodes: Source<MeteredNode>;
let placements: Source<IOPlacement>;
let sights: { pods: WatchSight; nodes: WatchSight };
let counted: string[];
let stop: AbortController;
const fenced = new Set<string>();
let spool: Spool;
let meter: Meter;

beforeEach(async () => {
  fenced.clear();
  clock = new ManualClock(start * 1000);
  files = memoryFiles();
  pods = new Source(podIndexes);
  nodes = new Source();
  placements = new Source();
  sights = { pods: new WatchSight(clock), nodes: new WatchSight(clock) };
  counted = [];
  for (const name of ['cpu', 'a']) nodeIs(name, true, start - 1_000);
  placementIs();
  podIs({ uid: 'head', role: 'head', node: 'cpu', group: 'headgroup' });
  await hear();
  await run();
});

/** A disk that lives as long as the test. */
function memoryFiles(): SpoolFiles & { full: boolean } {
  const contents = new Map<string, Buffer>();
  return {
    full: false,
    names: async () => [...contents.keys()],
    size: async (name) => contents.get(name)?.length ?? 0,
    async allocate(name, bytes) {
      if (this.full) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      contents.set(name, Buffer.alloc(bytes));
    },
    read: async (name, position, length) =>
      contents.get(name)?.subarray(position, position + length) ?? Buffer.alloc(0),
    async write(name, position, bytes) {
      if (this.full) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      contents.get(name)?.set(bytes, position);
    },
    append: async () => undefined,
    rename: async () => undefined,
    remove: async (name) => void contents.delete(name),
    close: async () => undefined,
  };
}

async function run(changed: Partial<MeterOptions> = {}): Promise<void> {
  spool = await Spool.open({
    files,
    randomId: () => 'spool-0123456789abcdef',
    logger: silentLogger,
  });
  meter = new Meter({
    member: 'fra-1',
    placements: placements.informer,
    pods: pods.informer,
    nodes: nodes.informer,
    sights,
    spool,
    clock,
    metrics: {
      openIntervals: (count) => void counted.push(`open ${count}`),
      spool: () => undefined,
      spoolFull: (full) => void counted.push(`full ${full}`),
      report: () => undefined,
      clockSkew: () => undefined,
    },
    logger: silentLogger,
    isFenced: (id) => fenced.has(id),
    observeMs: 5_000,
    ...changed,
  });
  stop = new AbortController();
  void meter.run(stop.signal);
  await clock.advance(0);
}

/** A crash: what it had in memory is gone, and it hears of nothing until it runs again. */
async function crash(): Promise<void> {
  stop.abort();
  files.full = true;
  await clock.advance(0);
  files.full = false;
}

/** Both watches are listed, open and bring something. */
async function hear(): Promise<void> {
  for (const sight of Object.values(sights)) {
    const client = {
      list: async () => ({}),
      async *watch() {
        yield { type: 'BOOKMARK' };
        await new Promise(() => undefined);
      },
    } as never as ApiClient;
    await sight.over(client).list(podResource, {});
    const options = { resourceVersion: '1', timeoutSeconds: 1, signal: stop?.signal } as never;
    const watch = sight.over(client).watch(podResource, options);
    void watch.next();
    sight.opened();
    await clock.advance(3_000);
    void watch.next();
    await clock.advance(0);
  }
}

function podIs(facts: Partial<PodFacts>): void {
  const all: PodFacts = {
    uid: 'pod-1',
    leaseId,
    role: 'worker',
    group: groupNameOn('workers', 'a', sha256),
    node: 'a',
    ready: true,
    readySeconds: start - 100,
    restarts: 0,
    startedSeconds: start - 110,
    finished: false,
    ...facts,
  };
  pods.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: all.uid, namespace: 'tenant', uid: all.uid },
    facts: all,
  });
}

function nodeIs(name: string, ready: boolean, sinceSeconds: number): void {
  const metadata = { name, uid: `uid-of-${name}` };
  nodes.put({ apiVersion: 'v1', kind: 'Node', metadata, ready, readySince: rfc3339(sinceSeconds) });
}

function placementIs(metadata: { deletionTimestamp?: string } = {}): void {
  const group = buildPlacementGroup({ devicesPerWorker: 2, replicas: 2 });
  placements.put({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOPlacement',
    metadata: { name: leaseId, namespace: 'io-member-fra-1', uid: 'placement', ...metadata },
    spec: buildPlacementSpec({ leaseId, workerGroups: [group] }),
  });
}

async function recorded(): Promise<readonly IntervalChange[]> {
  return (await spool.next(2_000))?.changes ?? [];
}
const shown = (changes: readonly IntervalChange[]) =>
  changes.map((change) => {
    const { device, startSeconds } = change;
    const from = startSeconds - start;
    if (change.kind === 'Opened') return `${device} ${from} open`;
    return `${device} ${from} to ${change.endSeconds - start} ${change.reason}`;
  });
const now = (): number => Math.floor(clock.now() / 1000);

test('a worker is told on its devices when it has been Ready for a moment, and when it ends', async () => {
  podIs({ readySeconds: start + 6 });
  await clock.advance((holdBackSeconds + 4) * 1_000);
  podIs({ ready: false, readySeconds: start + 12 });
  await clock.advance(10_000);
  expect(shown(await recorded())).toEqual([
    'a-gpu-0 7 open',
    'a-gpu-1 7 open',
    'a-gpu-0 7 to 12 NotReady',
    'a-gpu-1 7 to 12 NotReady',
  ]);
  expect(counted).toContain('open 2');
  expect(counted.at(-1)).toBe('open 0');
});

test('time is told when all before it is, and not while a watch is away', async () => {
  podIs({});
  await clock.advance(20_000);
  const report = await spool.next(2_000);
  expect(report?.observedUntilSeconds).toBeGreaterThanOrEqual(now() - 8);
  await spool.acknowledge(report?.sequence ?? 0);
  sights.nodes = new WatchSight(clock);
  stop.abort();
  await run();
  await clock.advance(60_000);
  expect(await spool.next(2_000)).toBeUndefined();
});

test('what was seen is written down at every look, also when timers are a little early', async () => {
  stop?.abort();
  await run({ clock: new EarlyClock(), observeMs: 1_000 });
  await hear();
  for (let look = 0; look < 10; look += 1) {
    await clock.advance(999);
    expect(now() - spool.observedUntilSeconds).toBe(2);
  }
});

test('what is fenced ends in that second, and nothing of it begins', async () => {
  podIs({ readySeconds: start + 6 });
  await clock.advance(12_000);
  const at = now();
  fenced.add(leaseId);
  meter.fence(leaseId, at);
  await clock.advance(2_000);
  podIs({ readySeconds: start + 6 });
  podIs({ uid: 'pod-2', readySeconds: at + 1 });
  await clock.advance(10_000);
  expect(shown(await recorded()).filter((text) => !text.endsWith('open'))).toEqual([
    `a-gpu-0 7 to ${at - start} Fenced`,
    `a-gpu-1 7 to ${at - start} Fenced`,
  ]);
});

describe('a device that breaks', () => {
  const broken = new Set<string>();
  const breaks = (device: string, pod?: string) => {
    broken.add(device);
    meter.healthChanged(device, true, pod);
  };

  beforeEach(async () => {
    broken.clear();
    stop.abort();
    await run({ isBroken: (device) => broken.has(device) });
    podIs({ readySeconds: start + 6 });
    podIs({ uid: 'pod-2', readySeconds: start + 6 });
    await clock.advance(12_000);
  });

  test('ends the time of its worker in that second, on all of its devices, and of no other', async () => {
    const at = now();
    breaks('a-gpu-1');
    expect(meter.podOn('a-gpu-1')).toBe('pod-1');
    await clock.advance(10_000);
    expect(shown(await recorded()).filter((text) => !text.endsWith('open'))).toEqual([
      `a-gpu-0 7 to ${at - start} DeviceBroken`,
      `a-gpu-1 7 to ${at - start} DeviceBroken`,
    ]);
    expect(counted.at(-1)).toBe('open 2');
  });

  test('ends that of who has it, where that is told', async () => {
    breaks('a-gpu-1', 'tenant/pod-2');
    expect(meter.podOn('a-gpu-1')).toBe('pod-2');
    await clock.advance(10_000);
    const ends = shown(await recorded()).filter((text) => text.endsWith('DeviceBroken'));
    expect(ends).toHaveLength(4);
    // The other worker goes on with the devices that are free now.
    expect([...meter.billedDevices().keys()]).toEqual(['a-gpu-0', 'a-gpu-2']);
  });

  test('is billed again when it is in order, and its worker is forgotten when it is gone', async () => {
    const at = now();
    breaks('a-gpu-1');
    await clock.advance(5_000);
    broken.clear();
    meter.healthChanged('a-gpu-1', false, undefined);
    await clock.advance(10_000);
    expect(meter.podOn('a-gpu-1')).toBeUndefined();
    const opened = shown(await recorded()).filter((text) => text.endsWith('open'));
    expect(opened).toContain(`a-gpu-1 ${at - start + 6} open`);
    breaks('a-gpu-1');
    pods.store.remove('tenant/pod-1');
    await clock.advance(1_000);
    expect(meter.podOn('a-gpu-1')).toBeUndefined();
  });
});

test('the node and the head end it too', async () => {
  podIs({});
  podIs({ uid: 'pod-2' });
  await clock.advance(10_000);
  nodeIs('a', false, now() - 1);
  await clock.advance(5_000);
  nodeIs('a', true, now() - 1);
  await clock.advance(20_000);
  podIs({ uid: 'head', role: 'head', node: 'cpu', ready: false, readySeconds: now() - 1 });
  await clock.advance(10_000);
  const ends = shown(await recorded()).filter((text) => text.includes(' to '));
  expect(ends.map((text) => text.split(' ').at(-1))).toEqual([
    ...Array.from({ length: 4 }, () => 'NodeLost'),
    ...Array.from({ length: 4 }, () => 'NotReady'),
  ]);
});

describe('after a crash', () => {
  test('what is Ready as before goes on, without a word', async () => {
    podIs({});
    await clock.advance(20_000);
    const before = await recorded();
    await crash();
    await clock.advance(3_600_000);
    await run();
    await clock.advance(20_000);
    expect(await recorded()).toEqual(before);
    expect(spool.waitingChanges).toBe(2);
  });

  test('what is gone ends where it was seen last', async () => {
    podIs({});
    await clock.advance(60_000);
    await spool.acknowledge((await spool.next(2_000))?.sequence ?? 0);
    const until = spool.observedUntilSeconds - start;
    await crash();
    pods.store.remove('tenant/pod-1');
    await clock.advance(3_600_000);
    await run();
    await clock.advance(20_000);
    expect(shown(await recorded())).toEqual([
      `a-gpu-0 -99 to ${until} Unobserved`,
      `a-gpu-1 -99 to ${until} Unobserved`,
    ]);
    expect(until).toBeGreaterThan(40);
  });

  test('what belongs to a lease that was ended meanwhile ends there, though its pods go on', async () => {
    podIs({});
    await clock.advance(60_000);
    await spool.acknowledge((await spool.next(2_000))?.sequence ?? 0);
    const until = spool.observedUntilSeconds - start;
    await crash();
    placements.store.remove(`io-member-fra-1/${leaseId}`);
    await clock.advance(3_600_000);
    await run();
    await clock.advance(20_000);
    expect(shown(await recorded())).toEqual([
      `a-gpu-0 -99 to ${until} Released`,
      `a-gpu-1 -99 to ${until} Released`,
    ]);
  });
});

describe('a lease that is given back', () => {
  test('is settled when all its use is on disk', async () => {
    podIs({});
    await clock.advance(10_000);
    expect(meter.settled(leaseId)).toBe(false);
    placementIs({ deletionTimestamp: rfc3339(now()) });
    podIs({ deletedSeconds: now() });
    const deleted = now() - start;
    pods.store.remove('tenant/pod-1');
    expect(meter.settled(leaseId)).toBe(false);
    await clock.advance(4_000);
    expect(meter.settled(leaseId)).toBe(true);
    expect(shown(await recorded()).at(-1)).toBe(`a-gpu-1 -99 to ${deleted} Released`);
  });

  test('ends when its head was deleted, though the head is gone before its workers', async () => {
    podIs({});
    await clock.advance(10_000);
    placementIs({ deletionTimestamp: rfc3339(now()) });
    podIs({ uid: 'head', role: 'head', node: 'cpu', group: 'headgroup', deletedSeconds: now() });
    const deleted = now() - start;
    pods.store.remove('tenant/head');
    podIs({ deletedSeconds: now() });
    pods.store.remove('tenant/pod-1');
    await clock.advance(4_000);
    expect(meter.settled(leaseId)).toBe(true);
    expect(shown(await recorded()).at(-1)).toBe(`a-gpu-1 -99 to ${deleted} Released`);
  });

  test('is settled at once when it was never used', () => {
    expect(meter.settled('lease-ffffffffffffffff')).toBe(true);
  });

  test('ends when it was given back, though its pods linger', async () => {
    podIs({});
    await clock.advance(10_000);
    placementIs({ deletionTimestamp: rfc3339(now()) });
    const released = now() - start;
    await clock.advance(15_000);
    podIs({ deletedSeconds: now() });
    pods.store.remove('tenant/pod-1');
    await clock.advance(4_000);
    expect(meter.settled(leaseId)).toBe(true);
    expect(shown(await recorded()).at(-1)).toBe(`a-gpu-1 -99 to ${released} Released`);
  });

  test('ends where the sight did when nothing tells of its end', async () => {
    podIs({});
    await clock.advance(10_000);
    placements.store.remove(`io-member-fra-1/${leaseId}`);
    expect(meter.settled(leaseId)).toBe(false);
    await clock.advance(10_000);
    expect(meter.settled(leaseId)).toBe(false);
    await clock.advance(2_000);
    expect(meter.settled(leaseId)).toBe(true);
    const proven = sights.pods.provenSeconds - start;
    expect(shown(await recorded()).at(-1)).toBe(`a-gpu-1 -99 to ${proven} Released`);
  });

  test('is billed until then, though it was seen too late', async () => {
    placementIs({ deletionTimestamp: rfc3339(now()) });
    const released = now() - start;
    podIs({});
    await clock.advance(10_000);
    expect(shown(await recorded()).at(-1)).toBe(`a-gpu-1 -99 to ${released} Released`);
  });

  test('begins nothing new', async () => {
    placementIs({ deletionTimestamp: rfc3339(now()) });
    podIs({ readySeconds: now() + 1 });
    await clock.advance(10_000);
    expect(await recorded()).toEqual([]);
  });
});

describe('while the disk is full', () => {
  test('nothing begins, what ends waits, and nothing is lost when there is room', async () => {
    podIs({});
    await clock.advance(10_000);
    await spool.acknowledge((await spool.next(2_000))?.sequence ?? 0);
    files.full = true;
    podIs({ ready: false, readySeconds: now() });
    const ended = now() - start;
    await clock.advance(10_000);
    expect(counted).toContain('full true');
    expect(meter.state).toBe('SpoolFull');
    podIs({ uid: 'pod-2', readySeconds: now() });
    const began = now() - start + 1;
    await clock.advance(60_000);
    expect(counted.at(-1)).toBe('open 0');
    expect(meter.settled(leaseId)).toBe(false);
    files.full = false;
    await clock.advance(20_000);
    expect(counted).toContain('full false');
    expect(meter.state).toBe('Recording');
    expect(shown(await recorded())).toEqual([
      `a-gpu-0 -99 to ${ended} NotReady`,
      `a-gpu-1 -99 to ${ended} NotReady`,
      `a-gpu-2 ${began} open`,
      `a-gpu-3 ${began} open`,
    ]);
  });
});
