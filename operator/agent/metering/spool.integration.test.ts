import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { MeteringBatch } from '../../domain/metering/intervals.ts';
import type { IntervalChange } from '../../domain/metering/types.ts';
import { hastyClock } from '../../testing/hasty-clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { SkippingClock } from '../../testing/manual-clock.ts';
import { Spool, SpoolFullError, type SpoolOptions } from './spool.ts';
import { spoolDirectory, type SpoolFiles } from './spool-files.ts';
import { lockSpool, SpoolLockedError } from './spool-lock.ts';

let directory: string;
let logged: string[];
const opened: Spool[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-'));
  logged = [];
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((spool) => spool.close()));
  await rm(directory, { recursive: true });
});

const line = (fields: object, message: string): void =>
  void logged.push(`${message} ${JSON.stringify(fields)}`);
const logger: Logger = { debug: line, info: line, warn: line, error: line };

async function open(options: Partial<SpoolOptions> = {}): Promise<Spool> {
  const files = options.files ?? (await spoolDirectory(directory));
  const randomId = () => 'spool-0123456789abcdef';
  const spool = await Spool.open({ files, randomId, logger, segmentBytes: 16_384, ...options });
  opened.push(spool);
  return spool;
}

const change = (number: number): IntervalChange => ({
  kind: 'Closed',
  leaseId: 'lease-0123456789abcdef',
  podUid: '0a0b0c0d-0000-4000-8000-000000000001',
  device: 'gpu-0',
  startSeconds: number,
  endSeconds: number + 1,
  reason: 'NotReady',
});
function batch(from: number, count = 1, more: Partial<MeteringBatch> = {}): MeteringBatch {
  const changes = Array.from({ length: count }, (_, index) => change(from + index));
  return { changes, pods: [], gone: [], ends: {}, ...more };
}
const numbersOf = (changes: readonly IntervalChange[]) =>
  changes.map(({ startSeconds }) => startSeconds);
const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** Everything that is waiting, sent and acknowledged in reports of at most `limit`. */
async function drain(spool: Spool, limit = 2_000): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const report = await spool.next(limit);
    if (report === undefined) return numbers;
    numbers.push(...numbersOf(report.changes));
    await spool.acknowledge(report.sequence);
  }
}
const segments = async () =>
  (await readdir(directory)).filter((name) => name.startsWith('segment-')).toSorted();

describe('reports', () => {
  test('are sent in order, each with the next sequence, unchanged until acknowledged', async () => {
    const spool = await open();
    await spool.record(batch(0, 5));
    await spool.observed(100);
    const first = await spool.next(3);
    expect(first).toMatchObject({ spoolId: 'spool-0123456789abcdef', sequence: 1 });
    await spool.record(batch(5, 1));
    await spool.observed(200);
    expect(await spool.next(2_000)).toEqual(first);
    await spool.acknowledge(1);
    const second = await spool.next(2_000);
    expect(second).toMatchObject({ sequence: 2, observedUntilSeconds: 200 });
    expect(numbersOf(second?.changes ?? [])).toEqual([3, 4, 5]);
    await spool.acknowledge(7);
    expect(await spool.next(2_000)).toEqual(second);
    await spool.acknowledge(2);
    expect(await spool.next(2_000)).toBeUndefined();
  });

  test('tell no time before the changes in it', async () => {
    const spool = await open();
    await spool.record(batch(0, 4));
    await spool.observed(100);
    const times = [];
    for (let count = 0; count < 2; count += 1) {
      const report = await spool.next(2);
      times.push(report?.observedUntilSeconds);
      await spool.acknowledge(report?.sequence ?? 0);
    }
    expect(times).toEqual([0, 100]);
  });

  test('without changes are made when time was observed, and only then', async () => {
    const spool = await open();
    await spool.observed(100);
    expect(await spool.next(10)).toMatchObject({ changes: [], observedUntilSeconds: 100 });
    await spool.acknowledge(1);
    expect(await spool.next(10)).toBeUndefined();
    await spool.observed(90);
    expect(await spool.next(10)).toBeUndefined();
  });

  test('that are refused are sent in parts, and what is refused for good is kept aside', async () => {
    const spool = await open();
    await spool.record(batch(0, 4));
    await spool.next(2_000);
    await spool.shorten(1);
    expect(numbersOf((await spool.next(2_000))?.changes ?? [])).toEqual([0]);
    await spool.setAside({ reason: 'ValidationFailed' });
    const rest = await spool.next(2_000);
    expect([rest?.sequence, numbersOf(rest?.changes ?? [])]).toEqual([1, [1, 2, 3]]);
    const aside = (await readFile(join(directory, 'rejected.jsonl'), 'utf8')).trim();
    expect(JSON.parse(aside)).toEqual({ reason: 'ValidationFailed', changes: [change(0)] });
  });

  test('that are kept aside have a limit; beyond it the oldest go, and that is told', async () => {
    await writeFile(join(directory, 'rejected.jsonl'), Buffer.alloc(4 * 1024 * 1024));
    const spool = await open();
    await spool.record(batch(0, 1));
    await spool.next(1);
    await spool.setAside({});
    expect(await readdir(directory)).toContain('rejected.old.jsonl');
    expect((await stat(join(directory, 'rejected.jsonl'))).size).toBeLessThan(1_000);
    expect(logged.join()).toContain('the oldest are given up');
  });
});

describe('what is on disk', () => {
  test('is all there after the process was ended, a report under way unchanged', async () => {
    const spool = await open();
    const pod = { podUid: 'pod-1', leaseId: 'lease-1', devices: ['gpu-0'] };
    await spool.record(batch(0, 3, { pods: [pod], ends: { 'gpu-1': 90 } }));
    await spool.observed(100);
    const report = await spool.next(2);
    await spool.record(batch(3, 2));
    const again = await open();
    expect(again.metering).toEqual({ pods: [pod], ends: { 'gpu-1': 90 } });
    expect([again.observedUntilSeconds, again.waitingChanges]).toEqual([100, 5]);
    expect(await again.next(2_000)).toEqual(report);
    expect(await drain(again)).toEqual(range(0, 5));
  });

  test('is in segments, which go when the hub has what is in them', async () => {
    const spool = await open();
    for (const number of range(0, 400)) await spool.record(batch(number));
    expect((await segments()).length).toBeGreaterThan(4);
    const again = await open();
    expect(await drain(again, 37)).toEqual(range(0, 400));
    expect(await segments()).toHaveLength(1);
    expect((await stat(join(directory, (await segments())[0] ?? ''))).mode & 0o777).toBe(0o600);
  });

  test('counts only as far as it is whole', async () => {
    const spool = await open();
    for (const number of range(0, 10)) await spool.record(batch(number));
    const [name = ''] = await segments();
    const path = join(directory, name);
    const bytes = await readFile(path);
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    // Every way in which the last record can be torn.
    for (const torn of [1, 2, 40, 100, 200]) {
      await writeFile(path, bytes);
      await truncate(path, end - torn);
      await truncate(path, bytes.length);
      const again = await open();
      expect(again.waitingChanges).toBe(9);
      await again.record(batch(100));
      expect(await drain(again)).toEqual([...range(0, 9), 100]);
    }
  });

  test('and a half-made segment counts for nothing', async () => {
    const spool = await open();
    await spool.record(batch(0));
    await writeFile(join(directory, 'segment-00000002.log'), Buffer.alloc(5_000));
    const again = await open();
    expect(await drain(again)).toEqual([0]);
    expect(await segments()).toEqual(['segment-00000001.log']);
  });

  test('that is broken is told, kept, and what is whole goes on', async () => {
    const spool = await open();
    for (const number of range(0, 200)) await spool.record(batch(number));
    const [first = ''] = await segments();
    const path = join(directory, first);
    const bytes = await readFile(path);
    bytes.fill(7, 3_000, 3_100);
    await writeFile(path, bytes);
    const again = await open();
    expect(logged.join()).toContain('a segment is damaged');
    const left = await drain(again);
    expect(left.slice(0, 3)).toEqual([0, 1, 2]);
    expect(left.at(-1)).toBe(199);
    expect(await readdir(directory)).toContain(`damaged-${first}`);
  });

  test('a change that is larger than a segment is recorded too', async () => {
    const spool = await open();
    await spool.record(batch(0, 500));
    expect(await drain(await open())).toEqual(range(0, 500));
  });
});

describe('no room', () => {
  /** A disk with `bytes` of room for new files. */
  async function smallDisk(bytes: number): Promise<SpoolFiles & { grow: (by: number) => void }> {
    const files = await spoolDirectory(directory);
    let room = bytes;
    const sizes = new Map<string, number>();
    return {
      ...files,
      grow: (by) => void (room += by),
      async allocate(name, size) {
        if (size > room) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        room -= size;
        sizes.set(name, size);
        await files.allocate(name, size);
      },
      async remove(name) {
        await files.remove(name);
        room += sizes.get(name) ?? 0;
      },
    };
  }

  async function fill(spool: Spool): Promise<number> {
    for (let number = 0; ; number += 1) {
      try {
        await spool.record(batch(number));
      } catch (error) {
        if (error instanceof SpoolFullError) return number;
        throw error;
      }
    }
  }

  test('on the disk: nothing is lost, what is there is sent, and it goes on with room', async () => {
    const files = await smallDisk(80_000);
    const spool = await open({ files });
    const count = await fill(spool);
    expect(count).toBeGreaterThan(100);
    await expect(spool.record(batch(count))).rejects.toThrow(SpoolFullError);
    await expect(spool.makeRoom()).rejects.toThrow(/disk of the spool is full/);
    const again = await open({ files });
    expect(await drain(again, 50)).toEqual(range(0, count));
    await again.makeRoom();
    await again.record(batch(count));
    expect(await drain(again)).toEqual([count]);
  });

  test('on a disk that others fill: it goes on as soon as they leave', async () => {
    const files = await smallDisk(20_000);
    const spool = await open({ files });
    const count = await fill(spool);
    files.grow(20_000);
    await spool.makeRoom();
    await spool.record(batch(count));
    expect(await drain(await open())).toEqual(range(0, count + 1));
  });

  test('in its limit: that is told with what to look at', async () => {
    const spool = await open({ maxBytes: 70_000 });
    await fill(spool);
    await expect(spool.record(batch(0))).rejects.toThrow(/is the api reachable/);
    expect(spool.bytes).toBeLessThanOrEqual(70_000);
    await drain(spool);
    await spool.record(batch(0));
  });

  test('a write that fails leaves no trace', async () => {
    const files = await spoolDirectory(directory);
    let broken = false;
    const write: SpoolFiles['write'] = async (name, position, bytes, durable) => {
      await files.write(name, position, broken ? bytes.subarray(0, 20) : bytes, durable);
      if (broken) throw Object.assign(new Error('input/output error'), { code: 'EIO' });
    };
    const spool = await open({ files: { ...files, write } });
    await spool.record(batch(0));
    broken = true;
    await expect(spool.record(batch(1))).rejects.toThrow('input/output error');
    broken = false;
    await spool.record(batch(2));
    expect(await drain(await open())).toEqual([0, 2]);
  });
});

/** Records batches for as long as it lives, and says which are on disk. */
const writer = `
  const [directory, from] = process.argv.slice(1);
  const { Spool } = await import('./operator/agent/metering/spool.ts');
  const { spoolDirectory } = await import('./operator/agent/metering/spool-files.ts');
  const { silentLogger } = await import('./operator/runtime/logger.ts');
  const files = await spoolDirectory(directory);
  const randomId = () => 'spool-0123456789abcdef';
  const spool = await Spool.open({ files, randomId, logger: silentLogger, segmentBytes: 8192 });
  for (let number = Number(from); ; number += 1) {
    const change = { kind: 'Opened', leaseId: 'l', podUid: 'p', device: 'd', startSeconds: number };
    await spool.record({ changes: [change], pods: [], gone: [], ends: {} });
    await spool.observed(number);
    process.stdout.write(number + '\\n');
    if (number % 3 === 0) {
      const { sequence, changes } = await spool.next(2);
      // As with a hub, which has stored a report before it is acknowledged.
      for (const each of changes) process.stdout.write('sent ' + each.startSeconds + '\\n');
      await spool.acknowledge(sequence);
    }
  }
`;

async function killAfter(lines: number, from: number): Promise<{ last: number; sent: number[] }> {
  const args = ['--input-type=module', '-e', writer, directory, String(from)];
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  let last = from - 1;
  const sent: number[] = [];
  let seen = 0;
  for await (const text of createInterface({ input: child.stdout })) {
    if (text.startsWith('sent ')) sent.push(Number(text.slice(5)));
    else last = Number(text);
    seen += 1;
    if (seen === lines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { last, sent };
}

test('a process that is killed at any moment loses nothing that it had recorded', async () => {
  const sent = new Set<number>();
  let next = 0;
  for (const lines of [1, 40, 7, 150, 23, 80]) {
    const round = await killAfter(lines, next);
    for (const number of round.sent) sent.add(number);
    const spool = await open();
    expect(spool.observedUntilSeconds).toBeGreaterThanOrEqual(round.last);
    const waiting = new Set<number>();
    const copy = await spool.next(10_000);
    for (const number of numbersOf(copy?.changes ?? [])) waiting.add(number);
    // A report that was cut before the end goes first; the rest is behind it.
    if (copy !== undefined) await spool.acknowledge(copy.sequence);
    for (const number of await drain(spool)) waiting.add(number);
    for (const number of waiting) sent.add(number);
    const all = [...sent].toSorted((a, b) => a - b);
    // One more may be on disk than was told.
    expect(all.length - (round.last + 1)).toBeLessThanOrEqual(1);
    expect(all).toEqual(range(0, all.length));
    next = all.length;
    await spool.close();
  }
});

describe('the lock', () => {
  const path = () => join(directory, 'lock');

  test('keeps a second agent out until the first lets go', async () => {
    const clock = new SkippingClock();
    const lock = await lockSpool(directory, clock);
    await expect(lockSpool(directory, clock)).rejects.toThrow(SpoolLockedError);
    await expect(lockSpool(directory, clock)).rejects.toThrow(/directory of its own/);
    await lock.release();
    await (await lockSpool(directory, clock)).release();
    expect(await readdir(directory)).toEqual([]);
  });

  test('goes over at once from a process that is gone', async () => {
    const lock = await lockSpool(directory, new SkippingClock());
    const holder = JSON.parse(await readFile(path(), 'utf8')) as Record<string, unknown>;
    await writeFile(path(), JSON.stringify({ ...holder, startTicks: '1' }));
    const other = await lockSpool(directory, new SkippingClock());
    await lock.release();
    expect(await readdir(directory)).toEqual(['lock']);
    await other.release();
  });

  test('goes over from a machine that cannot be seen when it has been silent', async () => {
    const clock = new SkippingClock();
    await lockSpool(directory, clock);
    const holder = JSON.parse(await readFile(path(), 'utf8')) as Record<string, unknown>;
    await writeFile(path(), JSON.stringify({ ...holder, boot: 'another' }));
    await expect(lockSpool(directory, clock)).rejects.toThrow(SpoolLockedError);
    clock.skip(21_000);
    await lockSpool(directory, clock);
  });

  test('that is lost ends its holder', async () => {
    const lock = await lockSpool(directory, hastyClock);
    await writeFile(path(), JSON.stringify({ id: 'another' }));
    await expect(lock.keep(new AbortController().signal)).rejects.toThrow(/taken by another agent/);
  });
});
