import { chmod } from 'node:fs/promises';
import { build } from 'esbuild';
import { buildConsole } from './console.ts';
import { buildKubectlPackage } from './kubectl-package.ts';
import { programOptions } from './program-options.ts';

/**
 * Bundles the operator into one file. Not for speed: loading @kubernetes/client-node whole costs
 * 85 MiB of resident memory, its tree-shaken part a third of that, and an agent has 120 MiB to live in.
 */
export async function buildOperator(outfile = 'dist/io-operator.mjs'): Promise<string> {
  await build({
    entryPoints: ['operator/main.ts'],
    outfile,
    ...programOptions,
    // Optional parts of pg that nothing here uses.
    external: ['pg-native', 'cloudflare:sockets'],
    sourcemap: 'linked',
  });
  await chmod(outfile, 0o755);
  return outfile;
}

if (import.meta.main) {
  console.log(await buildOperator());
  console.log(await buildKubectlPackage());
  console.log(await buildConsole());
}
