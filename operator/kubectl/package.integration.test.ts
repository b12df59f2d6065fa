import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import packageJson from '../../package.json' with { type: 'json' };
import { binaryPath } from '../../hack/federation/cache.ts';
import { buildKubectlPackage } from '../../hack/kubectl-package.ts';
import { testCluster } from '../testing/api-server/test-cluster.ts';
import { type Renter, renterOf } from '../testing/kubectl/renter.ts';

/** The npm package as a person gets it: packed, installed from its tarball, found by kubectl. */
const run = promisify(execFile);
let folder: string;
let renter: Renter;
let env: NodeJS.ProcessEnv;
let tarball: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubectl-io-package-'));
  renter = await renterOf(testCluster());
  const directory = await buildKubectlPackage(join(folder, 'package'));
  const npm = { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } };
  await run('npm', ['pack', directory, '--silent'], npm);
  tarball = join(folder, `kubectl-io-${packageJson.version}.tgz`);
  const prefix = join(folder, 'installed');
  const flags = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'];
  await run('npm', ['install', '--global', '--prefix', prefix, ...flags, tarball], npm);
  const PATH = `${join(prefix, 'bin')}${delimiter}${process.env['PATH']}`;
  env = { ...process.env, PATH, KUBECONFIG: renter.kubeconfig, NODE_OPTIONS: '' };
}, 180_000);

afterAll(async () => {
  await renter?.close();
  await rm(folder, { recursive: true, force: true });
});

const kubectl = (...args: string[]) => run(binaryPath('kubectl'), args, { env });

test('runs without anything else that npm brings', async () => {
  expect((await kubectl('io', '--version')).stdout).toBe(`${packageJson.version}\n`);
  expect((await kubectl('io', 'list', '-o', 'json')).stdout).toContain('"items": []');
});

test('is known to kubectl, and completed by it', async () => {
  expect((await kubectl('plugin', 'list')).stdout).toContain('bin/kubectl-io\n');
  expect((await kubectl('__complete', 'io', 'port')).stdout).toMatch(/^port-forward\t.*\n:4/);
});

test.each(['bash', 'zsh', 'fish'])('prints completion of %s', async (shell) => {
  const { stdout } = await kubectl('io', 'completion', shell);
  expect(stdout).toContain('kubectl-io __complete');
});

test('bash understands its script, and gets candidates by it', async () => {
  const script = [
    'source <(kubectl-io completion bash)',
    'COMP_WORDS=(kubectl-io jobs s); COMP_CWORD=2; _kubectl_io',
    'echo "${COMPREPLY[@]}"',
  ].join('\n');
  const { stdout } = await run('bash', ['-euc', script], { env });
  expect(stdout).toBe('submit stop\n');
});

test('ends at the end of a pipe, and says what it does not understand', async () => {
  const { stdout } = await run('bash', ['-c', 'kubectl-io --help | head -1'], { env });
  expect(stdout).toBe('Usage: kubectl io [options] [command]\n');
  await expect(kubectl('io', 'nonsense')).rejects.toMatchObject({ code: 2 });
});

test('is small, and holds nothing but the program, its licences and what it is for', async () => {
  expect((await stat(tarball)).size).toBeLessThan(1024 * 1024);
  const files = await readdir(join(folder, 'package'), { recursive: true });
  expect(files.sort()).toEqual([
    ...['LICENSE', 'README.md', 'bin', 'bin/kubectl-io.mjs', 'bin/kubectl-io.mjs.LEGAL.txt'],
    ...['bin/kubectl_complete-io.mjs', 'package.json'],
  ]);
});
