import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * What names one process for all time: process ids are used again, the pair of id and start is
 * not. `start` is the line that the system gives for the process: on Linux the boot id and the
 * start tick of /proc, elsewhere the start date of `ps`.
 */
export type ProcessIdentity = { readonly pid: number; readonly start: string };

const hasProc = existsSync('/proc/self/stat');

/**
 * The identity of the living process `pid`; undefined when there is none. A zombie is none, once
 * all of its threads ended.
 */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const start = hasProc ? startFromProc(pid) : startFromPs(pid);
  return start === undefined ? undefined : { pid, start };
}

/** The identity of the process that calls. */
export function ownIdentity(): ProcessIdentity {
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new Error('this system tells no start time of a process');
  return identity;
}

/** Whether exactly this process, and not a later one with the same id, still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.start === identity.start;
}

/**
 * Reads start and state out of a /proc/<pid>/stat line. The command name is in parentheses and may
 * itself hold spaces and parentheses, so counting starts behind the last one.
 */
export function parseProcStat(line: string): { state: string; startTick: string } | undefined {
  const fields = line
    .slice(line.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const [state, startTick] = [fields[0], fields[19]];
  return state === undefined || startTick === undefined ? undefined : { state, startTick };
}

function startFromProc(pid: number): string | undefined {
  const line = readOrUndefined(`/proc/${pid}/stat`);
  const stat = line === undefined ? undefined : parseProcStat(line);
  if (stat === undefined || (isZombie(stat.state) && !hasOtherThreads(pid))) return undefined;
  return `${bootId()} ${stat.startTick}`;
}

function isZombie(state: string): boolean {
  return state === 'Z' || state === 'X';
}

/**
 * A killed process is a zombie as soon as its first thread is gone; until the last one is, it holds
 * its ports.
 */
function hasOtherThreads(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

function bootId(): string {
  return (readOrUndefined('/proc/sys/kernel/random/boot_id') ?? 'unknown').trim();
}

function startFromPs(pid: number): string | undefined {
  try {
    const out = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [state = '', ...start] = out.split(/\s+/);
    return start.length === 0 || state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined; // ps exits with 1 when there is no such process
  }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
