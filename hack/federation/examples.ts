import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkoutDirectory } from './paths.ts';

const folder = join(checkoutDirectory, 'docs/examples');

/** The names of all examples, without `.yaml`. */
export function exampleNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .toSorted();
}

/** The file of an example by its name; throws when there is none. */
export function examplePath(name: string): string {
  const path = join(folder, `${name}.yaml`);
  if (existsSync(path)) return path;
  throw new Error(`no example ${name}, only ${exampleNames().join(', ')}`);
}
