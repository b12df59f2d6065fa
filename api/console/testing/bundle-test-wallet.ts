import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestWalletOptions } from './wallet.ts';

/**
 * A script that puts a test wallet into every page it is injected into (`addInitScript`). The page then
 * has `ioTestWallet`: `{ address, answer, asked }`; setting `answer` to `reject` or `hang` changes what the
 * wallet does from then on.
 */
export async function testWalletScript({ seed, ...rest }: TestWalletOptions): Promise<string> {
  const options = JSON.stringify({ ...rest, seed: [...seed] });
  const bundled = await build({
    entryPoints: [fileURLToPath(new URL('test-wallet.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2023',
    minify: true,
    logLevel: 'silent',
  });
  const [script] = bundled.outputFiles;
  return `globalThis.ioTestWalletOptions = ${options};\n${script?.text ?? ''}`;
}
