import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { silentProgress } from '../federation/progress.ts';
import { ensureTools } from '../federation/toolchain.ts';
import { describeLines } from './describe-lines.ts';
import { hubHostBehindLine, Line } from './line.ts';

const run = promisify(execFile);
const SEED = 20_261_125;

/** Connects, sends a byte, waits for its echo and says how many milliseconds that took. */
const probe = `
const [host, port] = process.argv.slice(1);
const started = performance.now();
const socket = require('node:net').connect({ host, port: Number(port), timeout: 1500 });
const end = (text) => { console.log(text); process.exit(); };
socket.on('error', (error) => end(error.code)).on('timeout', () => end('timeout'));
socket.on('connect', () => socket.write('x'));
socket.on('data', () => end(performance.now() - started));
`;

let line: Line;
let server: Server;
let port: number;

describeLines('a line', () => {
  beforeAll(async () => {
    await ensureTools(['link'], silentProgress);
    server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  beforeEach(async () => {
    line = await Line.open(SEED);
    await line.openHubPort(port);
  });
  afterEach(() => line?.close());
  afterAll(() => {
    server.close();
  });

  test('a good line leads to the hub, and to nothing else', async () => {
    await expect(echo()).resolves.toBeLessThan(1_000);
    await expect(echo('127.0.0.1')).resolves.toBe('ECONNREFUSED');
    await expect(echo('192.0.2.1')).resolves.toBe('ENETUNREACH');
  });

  test('delay counts for each way: connecting and asking takes four of them', async () => {
    await line.set({ delayMs: 100 });
    const took = await echo();
    expect(took).toBeGreaterThanOrEqual(400);
  });

  test('what is cut is silent, one way as both, and is whole again when it is mended', async () => {
    for (const cut of ['both', 'up', 'down'] as const) {
      await line.set({ cut });
      await expect(echo()).resolves.toBe('timeout');
    }
    const { up, down } = await line.traffic();
    expect(up.lost).toBeGreaterThan(0);
    expect(down.lost).toBeGreaterThan(0);
    await line.set({});
    await expect(echo()).resolves.toBeLessThan(1_000);
  });

  test('loss, doubling and reordering happen to packets, and TCP gets over it', async () => {
    await line.set({ delayMs: 10, lossPercent: 20, duplicatePercent: 30, reorderPercent: 30 });
    for (let round = 0; round < 8; round += 1) await echo();
    const { up } = await line.traffic();
    expect(up).toMatchObject({
      lost: expect.any(Number),
      doubled: expect.any(Number),
      reordered: expect.any(Number),
    });
    expect(up.delivered).toBeGreaterThan(0);
  });

  test('ports lead past the line, in and out, also while it is cut', async () => {
    await line.set({ cut: 'both' });
    await line.openPortInside(port);
    await expect(echo('127.0.0.1')).resolves.toBeLessThan(1_000);
  });

  test('settings that cannot be are refused, and the line stays as it was', async () => {
    await expect(line.set({ lossPercent: 101 })).rejects.toThrow(/lossPercent must be 0 to 100/);
    await expect(echo()).resolves.toBeLessThan(1_000);
  });

  test('the namespace is gone with the line', async () => {
    const path = line.enter[1]?.replace('--net=', '') ?? '';
    expect(existsSync(path)).toBe(true);
    await line.close();
    expect(existsSync(path)).toBe(false);
  });
});

async function echo(host = hubHostBehindLine): Promise<number | string> {
  const [command, ...enter] = line.enter;
  const args = [...enter, process.execPath, '-e', probe, host, `${port}`];
  const { stdout } = await run(command, args, { env: { ...process.env, NODE_OPTIONS: '' } });
  const text = stdout.trim();
  return Number.isNaN(Number(text)) ? text : Number(text);
}
