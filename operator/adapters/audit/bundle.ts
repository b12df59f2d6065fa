import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

/** Version of the files and of the manifest; docs/recompute/README.md describes them. */
const formatVersion = 1;

/** What a bundle is of. */
export type BundleFacts = Readonly<{ version: string; from: number; to: number }>;

/** Takes a file of a bundle. */
export type BundleSink = (name: string) => Writable;

/** What an export says of what it wrote. */
export type Exported = Readonly<{
  genesisSeconds: number;
  files: readonly Readonly<{ name: string; rows: number }>[];
}>;

/**
 * Writes a bundle to a folder: files that `fill` writes, and a manifest with the sha256 and the number
 * of rows of each. Returns how many files there are.
 */
export async function writeBundle(
  directory: string,
  { version, from, to }: BundleFacts,
  fill: (sink: BundleSink) => Promise<Exported>,
): Promise<number> {
  mkdirSync(directory, { recursive: true });
  const { genesisSeconds, files } = await fill((name) => createWriteStream(join(directory, name)));
  const hashed = [];
  for (const { name, rows } of files) {
    hashed.push({ name, rows, sha256: await sha256Of(join(directory, name)) });
  }
  const manifest = { format: formatVersion, version, genesisSeconds, from, to, files: hashed };
  writeFileSync(join(directory, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return hashed.length + 1;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
