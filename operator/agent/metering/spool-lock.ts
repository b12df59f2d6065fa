import { randomUUID } from 'node:crypto';
import { readFile, readlink, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '../../runtime/clock.ts';

/** Who holds a spool. A process id says something only on the same boot and among the same pids. */
type Holder = Readonly<{ id: string; pid: number; startTicks: string; pids: string; boot: string }>;

const lockName = 'lock';
const renewMs = 5_000;
/** A holder whose life cannot be seen from here counts as gone after this silence. */
const staleMs = 20_000;

/** Another agent has the spool. */
export class SpoolLockedError extends Error {
  override readonly name = 'SpoolLockedError';
}

/** The right to write a spool directory; two agents that share one would lose usage. */
export type SpoolLock = Readonly<{
  /** Until aborted. Throws SpoolLockedError when the lock was taken away. */
  keep: (signal: AbortSignal) => Promise<void>;
  release: () => Promise<void>;
}>;

/** Takes the lock, after a holder that is gone. Throws SpoolLockedError. */
export async function lockSpool(directory: string, clock: Clock): Promise<SpoolLock> {
  const path = join(directory, lockName);
  const own: Holder = { id: randomUUID(), ...(await processIdentity(process.pid)) };
  const text = JSON.stringify(own);
  if (!(await create(path, text))) {
    await moveAside(path, own, clock);
    if (!(await create(path, text))) throw new SpoolLockedError(`${path} was taken just now`);
  }
  const isOwn = async (): Promise<boolean> => (await holderOf(path))?.id === own.id;
  return {
    async keep(signal) {
      while (!signal.aborted) {
        await sleep(clock, renewMs, signal);
        if (!(await isOwn())) throw new SpoolLockedError(`${path} was taken by another agent`);
        const now = clock.now() / 1000;
        await utimes(path, now, now);
      }
    },
    async release() {
      if (await isOwn()) await unlink(path);
    },
  };
}

async function moveAside(path: string, own: Holder, clock: Clock): Promise<void> {
  const holder = await holderOf(path);
  const lives = holder !== undefined && (await isAlive(holder, own));
  const silentMs = clock.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0);
  if (lives ?? silentMs < staleMs) {
    const who = holder === undefined ? 'another agent' : `process ${holder.pid}`;
    throw new SpoolLockedError(
      `${path} is held by ${who}, seen ${Math.round(silentMs / 1000)} s ago; every agent needs a ` +
        'directory of its own',
    );
  }
  const aside = `${path}.${own.id}`;
  await rename(path, aside).catch(ignoreMissing);
  await unlink(aside).catch(ignoreMissing);
}

/** Undefined: it cannot be seen from here. */
async function isAlive(holder: Holder, own: Holder): Promise<boolean | undefined> {
  if (holder.boot !== own.boot || holder.pids !== own.pids) return undefined;
  const now = await processIdentity(holder.pid).catch(() => undefined);
  return now?.startTicks === holder.startTicks;
}

async function processIdentity(pid: number): Promise<Omit<Holder, 'id'>> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the process, in brackets, may hold anything; the start is the 20th field after it.
  const startTicks = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return {
    pid,
    startTicks,
    pids: await readlink('/proc/self/ns/pid'),
    boot: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
  };
}

async function holderOf(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(ignoreMissing);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Holder);
  } catch {
    // Its writer ended between making it and writing into it.
    return undefined;
  }
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
