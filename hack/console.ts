import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'vite';

const output = 'dist/console';
const keyFile = `${output}/.key`;

/** All that the built console depends on. */
const inputs = [
  'api/console/{index.html,vite.config.ts,tsconfig.json}',
  'api/console/src/**/*.{ts,tsx,css,svg}',
  'operator/domain/**/*.ts',
  'package-lock.json',
];

/**
 * Builds the console into dist/console, unless what lies there was built from the same files.
 * @returns the folder
 */
export async function buildConsole(): Promise<string> {
  const key = await keyOf();
  const built = await readFile(keyFile, 'utf8').catch(() => '');
  if (built === key) return output;
  // Else a test runner would get a build for developers.
  process.env['NODE_ENV'] = 'production';
  await build({ configFile: 'api/console/vite.config.ts', logLevel: 'warn' });
  await writeFile(keyFile, key);
  return output;
}

async function keyOf(): Promise<string> {
  const hash = createHash('sha256');
  const files = globSync(inputs)
    .filter((file) => !file.endsWith('.test.ts'))
    .toSorted();
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(await readFile(file))
      .update('\0');
  return hash.digest('hex');
}

if (import.meta.main) console.log(await buildConsole());
