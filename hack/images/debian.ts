import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import type { Recipe } from './cached.ts';

/** The release, whatever the machine's own is: Python and runc are of known versions then. */
const SUITE = 'bookworm';
const WITHIN_MS = 900_000;
/** Raise it when the way of making it changes. */
const REVISION = '1';

/** A root filesystem with the least of Debian and these packages. */
export function debianRoot(name: string, packages: readonly string[]): Recipe {
  return {
    ...{ folder: 'roots', name, typicalSeconds: 75 },
    inputs: [REVISION, SUITE, process.arch, ...packages],
    make: (path, scratch) => makeRoot(path, scratch, packages),
  };
}

/** Makes a root filesystem of Debian at `path`, with files of `scratch` meanwhile. */
export async function makeRoot(
  path: string,
  scratch: string,
  packages: readonly string[],
): Promise<void> {
  const { directory, mirror } = await debootstrap(scratch);
  await command(
    'unshare',
    // What debootstrap mounts and starts ends with it, however it ends.
    [
      ...['--mount', '--pid', '--fork', '--kill-child', '--propagation=private'],
      ...['/bin/sh', join(directory, 'usr/sbin/debootstrap'), '--variant=minbase'],
      ...[`--include=${packages.join(',')}`, SUITE, path, mirror],
    ],
    {
      env: {
        ...process.env,
        LC_ALL: 'C',
        PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
        DEBOOTSTRAP_DIR: join(directory, 'usr/share/debootstrap'),
      },
      withinMs: WITHIN_MS,
    },
  );
  for (const folder of ['var/cache/apt', 'var/lib/apt/lists', 'debootstrap']) {
    rmSync(join(path, folder), { recursive: true, force: true });
  }
}

/** The program, unpacked from its package and not installed, and where the machine gets packages. */
async function debootstrap(scratch: string): Promise<{ directory: string; mirror: string }> {
  const options = { cwd: scratch, withinMs: WITHIN_MS };
  const uri = await command('apt-get', ['--print-uris', 'download', 'debootstrap'], options);
  const mirror = /'(https?:\/\/[^']+?)\/pool\//.exec(uri)?.[1];
  if (mirror === undefined) throw new Error(`apt-get names no mirror of debootstrap: ${uri}`);
  await command('apt-get', ['download', 'debootstrap'], options);
  const [file = ''] = readdirSync(scratch).filter((name) => name.endsWith('.deb'));
  const directory = join(scratch, 'debootstrap');
  await command('dpkg-deb', ['-x', file, directory], options);
  if (!existsSync(join(directory, 'usr/sbin/debootstrap'))) {
    throw new Error(`${file} holds no debootstrap`);
  }
  return { directory, mirror };
}
