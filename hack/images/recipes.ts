import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { binaryPath } from '../federation/cache.ts';
import { checkoutDirectory } from '../federation/paths.ts';
import { command } from './command.ts';
import { ensure, type Recipe } from './cached.ts';
import { debianRoot, makeRoot } from './debian.ts';
import { writeImage, writeLayer } from './oci.ts';

/** The images of a real node, made here: there is no registry that they could be pulled from. */

const REVISION = '3';
const PIP_WITHIN_MS = 900_000;
const PYTHON = '3.11';
export const RAY_VERSION = '2.52.1';
export const RAY_IMAGE = `io-operator.local/ray:${RAY_VERSION}`;
export const PAUSE_IMAGE = 'io-operator.local/pause:1';
/** As in the images of rayproject: restricted pods name this user. */
const [USER_ID, GROUP_ID] = [1000, 100];
const USER = `ray:x:${USER_ID}:${GROUP_ID}:Ray:/home/ray:/bin/bash`;
const requirements = join(checkoutDirectory, 'hack/images/ray-requirements.txt');
const MACHINES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** The system of a real node itself. */
export const nodeRoot: Recipe = debianRoot('node-root', [
  ...['containerd', 'runc', 'containernetworking-plugins', 'iptables', 'conntrack', 'iproute2'],
]);

/** What Ray and the operator are put on: Debian with Python, and what probes of KubeRay call. */
const basePackages = ['python3', 'wget', 'procps', 'ca-certificates'];
export const baseLayer: Recipe = {
  ...{ folder: 'images', name: 'base.layer', typicalSeconds: 80 },
  inputs: ['1', process.arch, USER, ...basePackages],
  make: async (path, scratch) => {
    const root = join(scratch, 'root');
    await makeRoot(root, scratch, basePackages);
    const passwd = join(root, 'etc/passwd');
    writeFileSync(passwd, `${readFileSync(passwd, 'utf8')}${USER}\n`);
    const without = ['dev/*', 'proc/*', 'sys/*', 'run/*', 'tmp/*', 'usr/share/doc/*'];
    await writeLayer(path, root, { without });
  },
};

/** Ray from PyPI, as hack/images/ray-requirements.txt pins it. */
export const rayImage: Recipe = {
  ...{ folder: 'images', name: 'ray.tar', typicalSeconds: 90 },
  inputs: [REVISION, RAY_IMAGE, ...baseLayer.inputs, readFileSync(requirements, 'utf8')],
  make: async (path, scratch, progress) => {
    const base = await ensure(baseLayer, progress);
    const [layer, root] = [join(scratch, 'ray.layer'), join(scratch, 'root')];
    mkdirSync(root);
    await command('tar', ['-C', root, '-xpf', base], { withinMs: PIP_WITHIN_MS });
    await installRay(root);
    await writeLayer(layer, root, { only: ['./usr/local', './home/ray'] });
    await writeImage(path, scratch, {
      name: RAY_IMAGE,
      layers: [base, layer],
      config: {
        User: `${USER_ID}:${GROUP_ID}`,
        WorkingDir: '/home/ray',
        Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/home/ray', 'LANG=C.UTF-8'],
      },
    });
  },
};

/** The image of every pod's first container: it sleeps, and so holds the pod's namespaces. */
export const pauseImage = (): Recipe => ({
  ...{ folder: 'images', name: 'pause.tar', typicalSeconds: 1 },
  inputs: [REVISION, PAUSE_IMAGE, binaryPath('box')],
  make: async (path, scratch) => {
    const [layer, files] = [join(scratch, 'pause.layer'), join(scratch, 'files')];
    mkdirSync(files);
    copyFileSync(binaryPath('box'), join(files, 'box'));
    await writeLayer(layer, files);
    const config = { Entrypoint: ['/box', 'pause'], User: '65535:65535' };
    await writeImage(path, scratch, { name: PAUSE_IMAGE, layers: [layer], config });
  },
});

async function installRay(root: string): Promise<void> {
  const packages = join(root, `usr/local/lib/python${PYTHON}/dist-packages`);
  const programs = join(root, 'usr/local/bin');
  const machine = MACHINES[process.arch] ?? process.arch;
  const platforms = ['manylinux2014', 'manylinux_2_17', 'manylinux_2_28'];
  await command(
    'python3',
    [
      ...[
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-deps',
        '--require-hashes',
        '--no-cache-dir',
        '--no-compile',
      ],
      ...['--only-binary=:all:', '--implementation=cp', `--python-version=${PYTHON}`],
      ...platforms.map((platform) => `--platform=${platform}_${machine}`),
      ...['--target', packages, '--requirement', requirements],
    ],
    { withinMs: PIP_WITHIN_MS },
  );
  mkdirSync(programs, { recursive: true });
  for (const name of readdirSync(join(packages, 'bin'))) {
    const script = join(packages, 'bin', name);
    const text = readFileSync(script);
    if (!text.subarray(0, 2).equals(Buffer.from('#!'))) continue;
    // pip names the Python that it ran with.
    const body = text.toString('utf8').replace(/^#!.*/, '#!/usr/bin/python3');
    writeFileSync(join(programs, name), body);
    chmodSync(join(programs, name), 0o755);
  }
  rmSync(join(packages, 'bin'), { recursive: true });
  // Pods could not keep what Python compiles: each of Ray's processes would do it again.
  await command(
    'chroot',
    [
      ...[root, '/usr/bin/python3', '-m', 'compileall', '-q'],
      ...['--invalidation-mode=unchecked-hash', `/usr/local/lib/python${PYTHON}/dist-packages`],
    ],
    // Templates and tests for other versions of Python do not compile.
    { withinMs: PIP_WITHIN_MS, mayFail: true },
  );
  if (!existsSync(join(packages, 'ray/__pycache__'))) throw new Error('Ray was not compiled');
  const home = join(root, 'home/ray');
  mkdirSync(home, { recursive: true });
  chownSync(home, USER_ID, GROUP_ID);
}
