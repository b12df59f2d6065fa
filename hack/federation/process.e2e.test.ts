import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../operator/testing/eventually.ts';
import { withLock } from './lock.ts';
import { checkoutDirectory } from './paths.ts';
import { releasePorts, reservePorts } from './ports.ts';
import {
  findRecords,
  isRunning,
  killProcess,
  readRecord,
  startProcess,
  stopProcess,
} from './process.ts';
import { isAlive } from './process-identity.ts';

const run = promisify(execFile);
const chosenCache = process.env['IO_OPERATOR_CACHE'];
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'io-operator-'));
  process.env['IO_OPERATOR_CACHE'] = join(directory, 'cache');
});

afterEach(async () => {
  await Promise.all(findRecords(directory).map((record) => stopProcess(record)));
  rmSync(directory, { recursive: true });
  if (chosenCache === undefined) delete process.env['IO_OPERATOR_CACHE'];
  else process.env['IO_OPERATOR_CACHE'] = chosenCache;
});

const shell = (name: string, script: string) => ({
  command: '/bin/sh',
  args: ['-c', script],
  recordPath: join(directory, `${name}.process`),
  logPath: join(directory, `${name}.log`),
});

describe('a background process', () => {
  test('is recorded as the command itself, logs, and ends in order', async () => {
    const spec = shell('a', 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done');
    const identity = await startProcess(spec);
    expect(isAlive(identity)).toBe(true);
    expect(readRecord(spec.recordPath)).toEqual(identity);
    await eventually(() => expect(readFileSync(spec.logPath, 'utf8')).toBe('up\n'));
    await stopProcess(spec.recordPath);
    expect(isAlive(identity)).toBe(false);
    expect(existsSync(spec.recordPath)).toBe(false);
    expect(readFileSync(spec.logPath, 'utf8')).toBe('up\nbye\n');
  });

  test('that ignores SIGTERM is killed after its grace', async () => {
    const spec = shell('b', 'trap "" TERM; echo up; while :; do sleep 0.05; done');
    const identity = await startProcess(spec);
    await eventually(() => expect(readFileSync(spec.logPath, 'utf8')).toBe('up\n'));
    await stopProcess(spec.recordPath, 200);
    expect(isAlive(identity)).toBe(false);
  });

  test('that was killed keeps its record, and stopping it again is no error', async () => {
    const spec = shell('c', 'while :; do sleep 0.05; done');
    await startProcess(spec);
    await killProcess(spec.recordPath);
    expect(isRunning(spec.recordPath)).toBe(false);
    expect(findRecords(directory)).toEqual([spec.recordPath]);
    await stopProcess(spec.recordPath);
    expect(findRecords(directory)).toEqual([]);
  });

  test('that was killed has given its port back, with all of its threads', async () => {
    const [port = 0] = await reservePorts(1, directory);
    const script = `const { Worker } = require('node:worker_threads');
      for (let i = 0; i < 8; i += 1) new Worker('Buffer.alloc(6e7, 1); setInterval(() => 0, 1e3)', { eval: true });
      require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'));`;
    for (let round = 0; round < 5; round += 1) {
      const spec = { ...shell(`f${round}`, ''), command: process.execPath, args: ['-e', script] };
      await startProcess(spec);
      await eventually(() => expect(readFileSync(spec.logPath, 'utf8')).toBe('up\n'));
      await killProcess(spec.recordPath);
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, '127.0.0.1', resolve);
      });
      await new Promise((resolve) => server.close(resolve));
    }
  }, 30_000);

  test('outlives the process that started it, which left a record even when killed', async () => {
    const recordPath = join(directory, 'd.process');
    const source = `
      import { startProcess } from ${JSON.stringify(join(import.meta.dirname, 'process.ts'))};
      startProcess({ command: '/bin/sleep', args: ['600'], recordPath: ${JSON.stringify(recordPath)},
        logPath: ${JSON.stringify(join(directory, 'd.log'))} });
      setInterval(() => undefined, 1000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: 'ignore',
    });
    await eventually(() => expect(isRunning(recordPath)).toBe(true));
    starter.kill('SIGKILL');
    await eventually(() => expect(starter.signalCode).toBe('SIGKILL'));
    expect(isRunning(recordPath)).toBe(true);
    await stopProcess(recordPath);
    expect(isRunning(recordPath)).toBe(false);
  });

  test('that does not exist ends at once and says so in its log', async () => {
    const spec = { ...shell('e', ''), command: join(directory, 'missing'), args: [] };
    await startProcess(spec).catch((error: Error) => error);
    await eventually(() => expect(readFileSync(spec.logPath, 'utf8')).toMatch(/not found/));
    await eventually(() => expect(isRunning(spec.recordPath)).toBe(false));
  });
});

describe('a lock', () => {
  test('lets one in at a time', async () => {
    const path = join(directory, 'x.lock');
    let [inside, most, total] = [0, 0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      await run('true');
      total += 1;
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(path, work)));
    expect({ most, total }).toEqual({ most: 1, total: 5 });
    expect(readdirSync(directory)).toEqual([]);
  });

  test('of a process that died is taken over, by one of those who wait', async () => {
    const path = join(directory, 'x.lock');
    writeFileSync(path, JSON.stringify({ pid: process.pid, start: 'an earlier boot' }));
    let inside = 0;
    const work = async (): Promise<void> => {
      expect((inside += 1)).toBe(1);
      await run('true');
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(path, work)));
    expect(readdirSync(directory)).toEqual([]);
  });

  test('that is held says by whom, and work that fails gives it back', async () => {
    const path = join(directory, 'x.lock');
    const holders: number[] = [];
    const failing = withLock(path, () => Promise.reject(new Error('no')));
    const second = withLock(
      path,
      async () => 'mine',
      ({ pid }) => holders.push(pid),
    );
    await expect(failing).rejects.toThrow('no');
    await expect(second).resolves.toBe('mine');
    expect(holders).toEqual([process.pid]);
  });
});

describe('reserved ports', () => {
  test('are free, below the ephemeral range, and never given twice', async () => {
    const [first, second] = await Promise.all([
      reservePorts(20, directory),
      reservePorts(20, directory),
    ]);
    const ports = [...first, ...second];
    expect(new Set(ports).size).toBe(40);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000);
    expect(Math.max(...ports)).toBeLessThan(32_768);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(ports[0], '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
  });

  test('go back when their directory is released, and not those of a longer name', async () => {
    await reservePorts(2, join(directory, 'a'));
    await reservePorts(3, join(directory, 'a/b'));
    await reservePorts(1, join(directory, 'ab'));
    releasePorts(join(directory, 'a'));
    expect(readdirSync(join(directory, 'cache/ports'))).toHaveLength(1);
  });
});

describe('building without what it needs', () => {
  const up = async (bin: string) =>
    run(process.execPath, [join(checkoutDirectory, 'hack/up.ts')], {
      env: { PATH: bin, HOME: directory, IO_OPERATOR_CACHE: join(directory, 'cache') },
    }).then(
      () => ({ code: 0, stderr: '' }),
      (error: { code: number; stderr: string }) => error,
    );

  test('a machine without Go is told so in one sentence', async () => {
    const { code, stderr } = await up(directory);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^io-operator: Go 1\.26 or newer is needed once, to build etcd, [^\n]*\n$/,
    );
    expect(stderr).toContain('and there is no go in PATH: install it and run this again.');
  });

  test('a Go that is too old is named', async () => {
    const go = join(directory, 'go');
    writeFileSync(go, '#!/bin/sh\necho go version go1.21.3 linux/amd64\n');
    chmodSync(go, 0o755);
    const { code, stderr } = await up(directory);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^io-operator: Go 1\.26 or newer .*, and the go in PATH is 1\.21\.\n$/);
  });
});
