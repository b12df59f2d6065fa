import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

const POLL_MS = 100;
let counter = 0;

/**
 * Runs `work` while this process alone holds the lock file `path`; others wait. A lock whose
 * holder died is taken over, so a crash blocks nobody. Locks are not re-entrant.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait?: (holder: ProcessIdentity) => void,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  for (;;) {
    const holder = tryAcquire(path);
    if (holder === 'acquired') break;
    if (holder !== undefined && !told) {
      told = true;
      onWait?.(holder);
    }
    await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** 'acquired', or who holds it; undefined: nobody any more, try again. */
function tryAcquire(path: string): 'acquired' | ProcessIdentity | undefined {
  // A hard link appears with its content at once: no other process ever reads half a lock.
  const mine = `${path}.${process.pid}.${(counter += 1)}`;
  writeFileSync(mine, JSON.stringify(ownIdentity()));
  try {
    linkSync(mine, path);
    return 'acquired';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(mine, { force: true });
  }
  const holder = readHolder(path);
  if (holder === undefined || isAlive(holder)) return holder;
  takeAway(path, holder);
  return undefined;
}

/** Removes the lock of a dead holder, but never one that somebody took in the meantime. */
function takeAway(path: string, dead: ProcessIdentity): void {
  const aside = `${path}.${process.pid}.${(counter += 1)}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another waiter was faster
  }
  const moved = readHolder(aside);
  try {
    if (moved !== undefined && (moved.pid !== dead.pid || moved.start !== dead.start)) {
      linkSync(aside, path);
    }
  } finally {
    rmSync(aside, { force: true });
  }
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
