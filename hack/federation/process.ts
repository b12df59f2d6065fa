import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  fstatSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isAlive, parseProcStat, type ProcessIdentity } from './process-identity.ts';

const POLL_MS = 20;
const RECORD_WITHIN_MS = 10_000;
const GONE_WITHIN_MS = 10_000;
const RECORD_SUFFIX = '.process';
const LOG_TAIL_BYTES = 4_096;
/** The folder in which a real node keeps its files. */
export const BOX = 'box';

/** A command that runs in the background, its record and its log. */
export type ProcessSpec = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The record file; ends in `.process`. It holds process id and start time. */
  readonly recordPath: string;
  readonly logPath: string;
};

/*
 * The child writes its own record before it becomes the command: `exec` keeps process id and start
 * time. So there is no moment in which the command runs and nothing on disk says so, even when
 * this process is killed right after the fork.
 */
const RECORD_THEN_EXEC = `set -eu
record=$1; shift
if [ -r /proc/$$/stat ]; then start=$(cat /proc/sys/kernel/random/boot_id; cat /proc/$$/stat)
else start=$(LC_ALL=C ps -o lstart= -p $$); fi
printf '%s\\n%s\\n' "$$" "$start" > "$record.part"
mv "$record.part" "$record"
exec "$@"`;

/**
 * Starts the command detached, so that it survives this process and the terminal, and returns when
 * its record is written. It does not wait for readiness.
 */
export async function startProcess(spec: ProcessSpec): Promise<ProcessIdentity> {
  for (const path of [spec.recordPath, spec.logPath]) {
    mkdirSync(dirname(path), { recursive: true });
  }
  rmSync(spec.recordPath, { force: true });
  const log = openSync(spec.logPath, 'a');
  let failure: Error | undefined;
  const child = spawn(
    '/bin/sh',
    ['-c', RECORD_THEN_EXEC, 'start', spec.recordPath, spec.command, ...spec.args],
    { detached: true, stdio: ['ignore', log, log], env: { ...process.env, ...spec.env } },
  );
  child.once('error', (error) => (failure = error));
  child.unref();
  closeSync(log);
  const deadline = performance.now() + RECORD_WITHIN_MS;
  for (;;) {
    const identity = readRecord(spec.recordPath);
    if (identity !== undefined) return identity;
    if (failure !== undefined || child.exitCode !== null || performance.now() > deadline) {
      throw new Error(
        `${spec.command} could not be started: ${failure?.message ?? logTail(spec.logPath)}`,
      );
    }
    await delay(POLL_MS);
  }
}

/** What a record file says; undefined when there is none. */
export function readRecord(recordPath: string): ProcessIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(recordPath, 'utf8');
  } catch {
    return undefined;
  }
  return parseRecord(text);
}

/** Reads a record: the process id, then either boot id and /proc stat line, or the date of ps. */
export function parseRecord(text: string): ProcessIdentity | undefined {
  const [pid = '', first = '', stat] = text.split('\n');
  if (!/^[0-9]+$/.test(pid) || first === '') return undefined;
  if (stat === undefined || stat === '') {
    return { pid: Number(pid), start: first.trim().split(/\s+/).join(' ') };
  }
  const parsed = parseProcStat(stat);
  return parsed === undefined
    ? undefined
    : { pid: Number(pid), start: `${first} ${parsed.startTick}` };
}

/** Whether the recorded process still runs. */
export function isRunning(recordPath: string): boolean {
  const identity = readRecord(recordPath);
  return identity !== undefined && isAlive(identity);
}

/**
 * Stops the recorded process: SIGTERM, SIGKILL after `graceMs`, returns when it is gone and removes
 * the record. A process that took over the process id is never touched.
 */
export async function stopProcess(recordPath: string, graceMs = 5_000): Promise<void> {
  const identity = readRecord(recordPath);
  if (identity !== undefined && !(await signalAndWait(identity, 'SIGTERM', graceMs))) {
    if (!(await signalAndWait(identity, 'SIGKILL', GONE_WITHIN_MS))) {
      throw new Error(`process ${identity.pid} of ${recordPath} did not end after SIGKILL`);
    }
  }
  rmSync(recordPath, { force: true });
}

/** Kills the recorded process at once, as a crash would, and returns when it is gone. */
export async function killProcess(recordPath: string): Promise<void> {
  const identity = readRecord(recordPath);
  if (identity === undefined) return;
  if (!(await signalAndWait(identity, 'SIGKILL', GONE_WITHIN_MS))) {
    throw new Error(`process ${identity.pid} of ${recordPath} did not end after SIGKILL`);
  }
}

async function signalAndWait(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  withinMs: number,
): Promise<boolean> {
  if (!isAlive(identity)) return true;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  const deadline = performance.now() + withinMs;
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/**
 * All record files in a directory and below it, but for what the folder of a real node holds: the files
 * of whole systems, where names mean nothing.
 */
export function findRecords(directory: string, suffix = RECORD_SUFFIX): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === BOX ? [] : findRecords(path, suffix);
    return entry.isFile() && entry.name.endsWith(suffix) ? [path] : [];
  });
}

/** The last lines of a log, for an error message. */
export function logTail(logPath: string, lines = 12): string {
  if (!existsSync(logPath)) return '(no log)';
  const file = openSync(logPath, 'r');
  try {
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.toString('utf8').trimEnd();
    return text === '' ? '(the log is empty)' : text.split('\n').slice(-lines).join('\n');
  } finally {
    closeSync(file);
  }
}

/** The identity of the recorded process when it runs; for tests and for `up`'s listing. */
export function runningIdentity(recordPath: string): ProcessIdentity | undefined {
  const identity = readRecord(recordPath);
  return identity !== undefined && isAlive(identity) ? identityOf(identity.pid) : undefined;
}
