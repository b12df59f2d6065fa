import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeCluster } from './control-plane.ts';
import { runRoot } from './paths.ts';
import { writePrivate } from './pki.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

const OWNER_FILE = 'owner.json';
let counter = 0;

/**
 * A new run directory that belongs to this process, for tests and benches: when the process is
 * gone, however it ended, the next one that asks for a directory removes what it left.
 */
export async function ownedRunDirectory(purpose: string): Promise<string> {
  await sweepOrphans();
  counter += 1;
  const directory = join(runRoot(), `${purpose}-${process.pid}-${counter}`);
  await removeCluster(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Never half a file: another process that sweeps would take the directory for an orphan's.
  writePrivate(join(directory, OWNER_FILE), JSON.stringify(ownIdentity()));
  return directory;
}

/** The living process that a run directory belongs to; undefined when it may be removed. */
export function ownerOf(directory: string): ProcessIdentity | undefined {
  try {
    const owner = JSON.parse(readFileSync(join(directory, OWNER_FILE), 'utf8')) as ProcessIdentity;
    return isAlive(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** Whether nothing was started from a run directory yet: it is missing, or has just been claimed. */
export function isFresh(directory: string): boolean {
  return !existsSync(directory) || readdirSync(directory).every((name) => name === OWNER_FILE);
}

/** All run directories of a checkout. */
export function runDirectories(root: string = runRoot()): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, entry.name));
}

/** Removes the run directories whose owner died. Federations left running have no owner file. */
async function sweepOrphans(): Promise<void> {
  for (const directory of runDirectories()) {
    const hasOwner = existsSync(join(directory, OWNER_FILE));
    if (hasOwner && ownerOf(directory) === undefined) await removeCluster(directory);
  }
}
