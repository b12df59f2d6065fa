import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../statistics.ts';

const KIB_PER_MIB = 1024;
const SAMPLE_EVERY_MS = 1_000;
const SAMPLES = 30;

/** Resident memory over a while, in MiB. */
export type ResidentMemory = {
  readonly medianMib: number;
  /** The most there ever was in this process; undefined where the system does not say. */
  readonly peakMib: number | undefined;
};

/** Looks at a process for half a minute. */
export async function residentMemory(pid: number): Promise<ResidentMemory> {
  const values: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    values.push(rssMib(pid));
    await delay(SAMPLE_EVERY_MS);
  }
  return { medianMib: quantile(values, 0.5), peakMib: fieldMib(pid, 'VmHWM') };
}

/** The resident memory of this version of Node doing nothing, after a garbage collection. */
export async function bareNodeMemory(): Promise<ResidentMemory> {
  const script = 'gc(); process.stdout.write("idle"); setInterval(() => undefined, 60_000);';
  const child = spawn(process.execPath, ['--expose-gc', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  try {
    await once(child.stdout, 'data');
    return await residentMemory(child.pid as number);
  } finally {
    child.kill('SIGKILL');
  }
}

function rssMib(pid: number): number {
  const resident = fieldMib(pid, 'VmRSS');
  if (resident !== undefined) return resident;
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) / KIB_PER_MIB;
}

/** A field of /proc/<pid>/status; undefined on systems without /proc. */
function fieldMib(pid: number, field: 'VmRSS' | 'VmHWM'): number | undefined {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} is gone, ${file} has no ${field}`);
  return Number(kib) / KIB_PER_MIB;
}
