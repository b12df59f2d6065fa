import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What Vite tells of a file that it made. */
type Chunk = Readonly<{
  file: string;
  isEntry?: boolean;
  imports?: readonly string[];
  css?: readonly string[];
}>;

/**
 * Bytes that a browser fetches for the first view of a page of the built console, compressed: the
 * entry, what it imports, and the page itself. `page` is its source, below api/console.
 */
export async function firstViewBytes(folder: string, page: string): Promise<number> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Record<
    string,
    Chunk
  >;
  const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry === true);
  if (entry === undefined || manifest[page] === undefined) {
    throw new Error(`${folder}/manifest.json knows no entry, or no ${page}`);
  }
  const files = new Set<string>(['index.html']);
  const seen = new Set<string>();
  const add = (key: string): void => {
    const chunk = manifest[key];
    if (chunk === undefined || seen.has(key)) return;
    seen.add(key);
    files.add(chunk.file);
    for (const file of chunk.css ?? []) files.add(file);
    for (const imported of chunk.imports ?? []) add(imported);
  };
  add(entry);
  add(page);
  const sizes = await Promise.all(
    [...files].map(async (file) => gzipSync(await readFile(join(folder, file))).length),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
