import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };
import { programOptions } from './program-options.ts';

/**
 * Writes the npm package `kubectl-io`: one bundle without dependencies, so that installing it is
 * copying it. `npm install -g` puts `kubectl-io` and `kubectl_complete-io` into the PATH, where
 * kubectl looks for both.
 */
export async function buildKubectlPackage(directory = 'dist/kubectl-io'): Promise<string> {
  await rm(directory, { recursive: true, force: true });
  const bin = join(directory, 'bin');
  await mkdir(bin, { recursive: true });
  const program = join(bin, 'kubectl-io.mjs');
  await build({
    entryPoints: ['operator/kubectl/bin.ts'],
    outfile: program,
    ...programOptions,
    // Optional parts of ws that it does without.
    external: ['bufferutil', 'utf-8-validate'],
  });
  const completion = join(bin, 'kubectl_complete-io.mjs');
  const lines = [
    '#!/usr/bin/env node',
    "process.argv.splice(2, 0, '__complete');",
    "await import('./kubectl-io.mjs');",
    '',
  ];
  await writeFile(completion, lines.join('\n'));
  await Promise.all([program, completion].map((file) => chmod(file, 0o755)));
  await copyFile('docs/kubectl-io.md', join(directory, 'README.md'));
  await copyFile('LICENSE', join(directory, 'LICENSE'));
  const { version, license, engines } = packageJson;
  const manifest = {
    ...{ name: 'kubectl-io', version, license, type: 'module', engines },
    description:
      'kubectl plugin for Ray clusters on rented GPUs: price, status, jobs, port-forward.',
    keywords: ['kubectl', 'kubectl-plugins', 'ray', 'gpu'],
    bin: {
      'kubectl-io': 'bin/kubectl-io.mjs',
      'kubectl_complete-io': 'bin/kubectl_complete-io.mjs',
    },
    files: ['bin', 'LICENSE', 'README.md'],
  };
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return directory;
}
