import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { cacheRoot } from './paths.ts';

const LOWEST_PORT = 20_000;
const ATTEMPTS = 500;
const DEFAULT_EPHEMERAL_START = 32_768;

/**
 * Reserves `count` free loopback ports for the run directory `owner`, which must exist.
 *
 * Ports stay reserved until the run directory is gone, so a component that is down for a minute
 * finds its port again and no other checkout takes it. They lie below the system's ephemeral
 * range: from that range an outgoing connection could grab the port of a stopped API server, or
 * even connect to itself.
 */
export async function reservePorts(count: number, owner: string): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; ports.length < count; attempt += 1) {
    if (attempt >= ATTEMPTS) throw new Error(`no ${count} free ports between 20000 and 32767`);
    const port = randomInt(LOWEST_PORT, ephemeralStart());
    if (await reserveFree(port, owner)) ports.push(port);
  }
  return ports;
}

/** Reserves two ports in a row, as `reservePorts` does, and returns the lower one. */
export async function reservePortPair(owner: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const [lower = 0] = await reservePorts(1, owner);
    if (await reserveFree(lower + 1, owner)) return lower;
    rmSync(fileOf(lower), { force: true });
  }
  throw new Error('no two free ports in a row between 20000 and 32767');
}

async function reserveFree(port: number, owner: string): Promise<boolean> {
  if (!reserveNumber('ports', port, owner)) return false;
  if (await isFree(port)) return true;
  rmSync(fileOf(port), { force: true });
  return false;
}

/** What machines have a number of, and only one run directory at a time may use. */
type Numbered = 'ports' | 'networks';

const folderOf = (kind: Numbered): string => join(cacheRoot(), kind);
const fileOf = (port: number): string => join(folderOf('ports'), String(port));

/** Whether the run directory `owner`, which must exist, has the number now. */
export function reserveNumber(kind: Numbered, number: number, owner: string): boolean {
  mkdirSync(folderOf(kind), { recursive: true });
  return reserve(join(folderOf(kind), String(number)), owner);
}

/** Gives back all ports and networks that the run directory `owner`, or one in it, had reserved. */
export function releasePorts(owner: string): void {
  for (const folder of [folderOf('ports'), folderOf('networks')]) {
    for (const number of existsSync(folder) ? readdirSync(folder) : []) {
      const holder = holderOf(join(folder, number));
      if (holder === owner || holder?.startsWith(`${owner}/`) === true) {
        rmSync(join(folder, number), { force: true });
      }
    }
  }
}

function reserve(file: string, owner: string): boolean {
  const holder = holderOf(file);
  if (holder !== undefined && !existsSync(holder)) rmSync(file, { force: true });
  try {
    writeFileSync(file, owner, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function holderOf(file: string): string | undefined {
  try {
    const holder = readFileSync(file, 'utf8');
    return holder === '' ? undefined : holder;
  } catch {
    return undefined;
  }
}

function ephemeralStart(): number {
  try {
    const [low] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t');
    const start = Number(low);
    return start > LOWEST_PORT + 1000 ? start : DEFAULT_EPHEMERAL_START;
  } catch {
    return DEFAULT_EPHEMERAL_START;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
