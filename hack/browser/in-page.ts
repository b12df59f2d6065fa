import { join } from 'node:path';
import { build } from 'esbuild';
import { checkoutDirectory } from '../federation/paths.ts';

const built = new Map<string, Promise<string>>();

/** What tests ask of a page, as one script for it: afterwards `globalThis.__look` is there. */
export const lookScript = (): Promise<string> => bundle('hack/browser/in-page/index.ts', '__look');

/** A file of this checkout and what it imports, as one script that leaves its exports in a global. */
export function bundle(file: string, globalName: string): Promise<string> {
  const known = built.get(file);
  if (known !== undefined) return known;
  const script = bundled(file, globalName);
  built.set(file, script);
  return script;
}

async function bundled(file: string, globalName: string): Promise<string> {
  const { outputFiles } = await build({
    ...{ entryPoints: [join(checkoutDirectory, file)], bundle: true, write: false, minify: true },
    ...{ format: 'iife', globalName, target: 'es2023', platform: 'browser', logLevel: 'warning' },
    // Scripts of a test run inside a function of Playwright's: a `var` is no global there.
    footer: { js: `globalThis.${globalName} = ${globalName};` },
  });
  return outputFiles[0]?.text ?? '';
}
