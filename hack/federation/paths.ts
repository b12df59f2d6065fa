import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The root of this checkout. */
export const checkoutDirectory = resolve(import.meta.dirname, '../..');

/**
 * Where everything lives that outlives a checkout: binaries, reserved ports, run directories.
 * `IO_OPERATOR_CACHE` moves it; otherwise it follows the XDG base directories.
 */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['IO_OPERATOR_CACHE'];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  const xdg = environment['XDG_CACHE_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'io-operator');
}

/**
 * The folder of all run directories of one checkout. It is named by a hash of the checkout's real
 * path, so two checkouts side by side never see each other's clusters.
 */
export function runRoot(checkout: string = checkoutDirectory): string {
  const hash = createHash('sha256').update(realpathSync(checkout)).digest('hex').slice(0, 12);
  return join(cacheRoot(), 'run', hash);
}

/** The run directory of the federation `name` of this checkout. */
export function runDirectoryOf(name: string, checkout: string = checkoutDirectory): string {
  return join(runRoot(checkout), name);
}
