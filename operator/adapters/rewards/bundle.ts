import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { toHex } from '../../domain/settlement/hex.ts';
import type { BuiltRoot, RewardProof } from '../../domain/settlement/roots.ts';
import type { RewardProofs } from '../../ports/reward-roots.ts';
import { base58Decode } from '../../settlement/base58.ts';

/** Version of the files and of the manifest; docs/recompute/README.md describes them. */
const formatVersion = 1;
/** More wallets than these are spread over several files, at most 256: all are open at once. */
const walletsPerFile = 1_024;
const hexDigits = 16;
const maxDigits = 2;

/** What a manifest says. Amounts are texts. */
export type RewardManifest = Readonly<{
  format: number;
  root: Omit<BuiltRoot, 'total'> & Readonly<{ total: string }>;
  /** The proofs of a wallet are in `proofs/<so many hex digits of its public key>.json`. */
  prefixDigits: number;
  files: readonly Readonly<{ name: string; sha256: string }>[];
}>;

/**
 * Writes everything that is needed to check a root and to claim by it to a folder, for any web server:
 * `manifest.json`, all totals as `leaves.csv`, and the proofs, by how the public key of the wallet
 * begins. The folder appears when it is whole. Returns how many wallets are in it.
 */
export async function writeRewardBundle(
  directory: string,
  root: BuiltRoot,
  proofs: RewardProofs['proofs'],
): Promise<number> {
  const unfinished = `${directory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(join(unfinished, 'proofs'), { recursive: true });
  const prefixDigits = digitsFor(root.leafCount);
  const leaves = new HashedFile(unfinished, 'leaves.csv');
  const shards = new Map<string, HashedFile>();
  await leaves.write('index,wallet,total\n');
  let count = 0;
  for await (const some of proofs(root.epoch)) {
    await leaves.write(
      some.map(({ index, wallet, total }) => `${index},${wallet},${total}\n`).join(''),
    );
    for (const [prefix, own] of Map.groupBy(some, ({ wallet }) => prefixOf(wallet, prefixDigits))) {
      const shard = shards.get(prefix) ?? new HashedFile(unfinished, `proofs/${prefix}.json`);
      await shard.write(`${shards.has(prefix) ? ',\n' : '{\n'}${own.map(entryOf).join(',\n')}`);
      shards.set(prefix, shard);
    }
    count += some.length;
  }
  for (const shard of shards.values()) await shard.write('\n}\n');
  const files = await Promise.all([leaves, ...shards.values()].map((file) => file.end()));
  const told = { ...root, total: String(root.total) };
  const manifest: RewardManifest = { format: formatVersion, root: told, prefixDigits, files };
  await writeFile(join(unfinished, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await rm(directory, { recursive: true, force: true });
  await rename(unfinished, directory);
  return count;
}

/** How the file of a wallet's proof begins. */
export function prefixOf(wallet: string, digits: number): string {
  return digits === 0 ? 'all' : toHex(base58Decode(wallet)).slice(0, digits);
}

function digitsFor(wallets: number): number {
  let digits = 0;
  while (digits < maxDigits && wallets / hexDigits ** digits > walletsPerFile) digits += 1;
  return digits;
}

function entryOf({ wallet, index, total, proof }: RewardProof): string {
  return `"${wallet}":${JSON.stringify({ index, total: String(total), proof })}`;
}

/** A file whose hash is known at its end. */
class HashedFile {
  readonly #name: string;
  readonly #stream: WriteStream;
  readonly #hash = createHash('sha256');

  constructor(directory: string, name: string) {
    this.#name = name;
    this.#stream = createWriteStream(join(directory, name));
  }

  async write(text: string): Promise<void> {
    this.#hash.update(text);
    if (!this.#stream.write(text)) await once(this.#stream, 'drain');
  }

  async end(): Promise<Readonly<{ name: string; sha256: string }>> {
    this.#stream.end();
    await once(this.#stream, 'close');
    return { name: this.#name, sha256: this.#hash.digest('hex') };
  }
}
