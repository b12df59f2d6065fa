import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from '../federation/lock.ts';
import { cacheRoot } from '../federation/paths.ts';
import type { Progress } from '../federation/progress.ts';

const KEY_LENGTH = 16;

/** Something that is made once and kept: a file or a folder of the cache. */
export type Recipe = {
  readonly folder: 'roots' | 'images' | 'browsers';
  readonly name: string;
  /** Everything that what is made depends on; a change makes it anew. */
  readonly inputs: readonly string[];
  readonly typicalSeconds: number;
  /** Makes it at this path, which is not there yet; `scratch` is an empty folder that goes afterwards. */
  readonly make: (path: string, scratch: string, progress: Progress) => Promise<void>;
};

/** The path of what the recipe makes, made or not. */
export function pathOf({ folder, name, inputs }: Recipe): string {
  const hash = createHash('sha256');
  for (const part of inputs) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return join(cacheRoot(), folder, `${name}-${hash.digest('hex').slice(0, KEY_LENGTH)}`);
}

/** Makes what the cache lacks and returns its path; processes that need the same make it once. */
export async function ensure(recipe: Recipe, progress: Progress): Promise<string> {
  const path = pathOf(recipe);
  if (existsSync(path)) return path;
  const id = `make ${recipe.name}`;
  progress.plan([{ id, typicalSeconds: recipe.typicalSeconds }]);
  await progress.during(id, () =>
    withLock(
      `${path}.lock`,
      () => make(recipe, path, progress),
      (holder) => progress.note(`process ${holder.pid} makes ${recipe.name}, waiting for it`),
    ),
  );
  return path;
}

/** It appears whole or not at all. */
async function make({ make: build }: Recipe, path: string, progress: Progress): Promise<void> {
  if (existsSync(path)) return; // the one we waited for has made it
  const [part, scratch] = [`${path}.part`, `${path}.scratch`];
  const clear = (): void => {
    for (const each of [part, scratch]) rmSync(each, { recursive: true, force: true });
  };
  clear();
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(scratch, { mode: 0o700 });
  try {
    await build(part, scratch, progress);
    renameSync(part, path);
  } finally {
    clear();
  }
}
