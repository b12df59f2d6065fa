import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { binaryPath } from '../federation/cache.ts';
import { builtConsole } from '../federation/console.ts';
import type { Progress } from '../federation/progress.ts';
import { ensure } from './cached.ts';
import { writeImage, writeLayer } from './oci.ts';
import { baseLayer } from './recipes.ts';

/** Images of what the charts install, made into a folder of a run: they change with every source. */

export const OPERATOR_IMAGE = { repository: 'io-operator.local/io-operator', tag: 'here' };
export const KUBERAY_IMAGE = 'io-operator.local/kuberay-operator:here';
const ENTRY = '/opt/io-operator/io-operator.mjs';
/** Where `io-operator api` looks for it: beside the program. */
const CONSOLE = '/opt/io-operator/console';
const NODE = '/usr/local/bin/node';
/** As the charts' pods run. */
const USER = '65532:65532';

/** The operator: the base, the Node that runs this, one bundle, and the console that it serves. */
export async function operatorImage(
  folder: string,
  bundle: string,
  progress: Progress,
): Promise<string> {
  return image(folder, 'io-operator', {
    base: await ensure(baseLayer, progress),
    files: [
      [process.execPath, NODE],
      [bundle, ENTRY],
      [await builtConsole(), CONSOLE],
    ],
    name: `${OPERATOR_IMAGE.repository}:${OPERATOR_IMAGE.tag}`,
    config: { User: USER, Entrypoint: [NODE, ENTRY], Env: ['PATH=/usr/local/bin:/usr/bin:/bin'] },
  });
}

/** KubeRay's operator, of which the binary is all: it is linked statically. */
export async function kubeRayImage(folder: string): Promise<string> {
  return image(folder, 'kuberay-operator', {
    files: [[binaryPath('kuberay-operator'), '/manager']],
    name: KUBERAY_IMAGE,
    config: { User: USER, Entrypoint: ['/manager'] },
  });
}

type Parts = Readonly<{
  base?: string;
  /** Files or folders of this machine, and their paths in the image. */
  files: readonly (readonly [string, string])[];
  name: string;
  config: Parameters<typeof writeImage>[2]['config'];
}>;

async function image(folder: string, title: string, parts: Parts): Promise<string> {
  const scratch = join(folder, title);
  const root = join(scratch, 'files');
  for (const [from, to] of parts.files) {
    mkdirSync(join(root, dirname(to)), { recursive: true });
    cpSync(from, join(root, to), { recursive: true });
  }
  const layer = join(scratch, 'files.layer');
  await writeLayer(layer, root);
  const layers = parts.base === undefined ? [layer] : [parts.base, layer];
  const path = join(folder, `${title}.tar`);
  await writeImage(path, scratch, { name: parts.name, layers, config: parts.config });
  return path;
}
