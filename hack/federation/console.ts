import { randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../images/command.ts';
import { withLock } from './lock.ts';
import { checkoutDirectory, runRoot } from './paths.ts';
import { writePrivate } from './pki.ts';

const SESSION_KEY_BYTES = 32;
const BUILT_WITHIN_MS = 300_000;

export type ConsoleSite = Readonly<{
  /** host:port by which people reach it. */
  publicDomain: string;
  /** The path that all of it is below, behind a proxy. */
  pathPrefix: string | undefined;
}>;

/**
 * Builds the console and puts it beside the program of `directory`, where the api finds it. Returns
 * flags of the api: what people see of the site, and what keeps them signed in over a restart.
 */
export async function installConsole(
  directory: string,
  { publicDomain, pathPrefix = '' }: ConsoleSite,
): Promise<readonly string[]> {
  cpSync(await builtConsole(), join(directory, 'console'), { recursive: true });
  const keyFile = join(directory, 'session-key');
  writePrivate(keyFile, randomBytes(SESSION_KEY_BYTES).toString('base64'));
  return [
    ...['--site-name=io demo', '--chain-id=localnet', '--invitations=true'],
    ...[`--session-key-file=${keyFile}`, `--path-prefix=${pathPrefix}`],
    `--gateway-url=https://${publicDomain}`,
  ];
}

/**
 * The folder of the console, built if it has to be. In a process of its own: what builds it cannot be
 * loaded where Jest does the loading.
 */
export async function builtConsole(): Promise<string> {
  await withLock(`${runRoot()}-console.lock`, () =>
    command(process.execPath, [join(checkoutDirectory, 'hack/console.ts')], {
      ...{ cwd: checkoutDirectory, withinMs: BUILT_WITHIN_MS },
      env: { ...process.env, NODE_OPTIONS: '' },
    }),
  );
  return join(checkoutDirectory, 'dist/console');
}
