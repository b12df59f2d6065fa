import { createHash } from 'node:crypto';
import type { PublishRootArgs } from '../generated/instructions.ts';
import { addressBytes } from './message.ts';
import type { World } from './world.ts';

/** A wallet's total. */
export type Entry = Readonly<{ wallet: string; total: bigint }>;

/** A tree of totals, written from the definition of the leaves and nodes and from nothing else. */
export type Tree = Readonly<{
  root: Uint8Array;
  depth: number;
  levels: readonly (readonly Uint8Array[])[];
}>;

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

function u64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** The hash that stands for an entry at its place. */
export function leafOf(world: World, { wallet, total }: Entry, index: number): Uint8Array {
  return sha256(
    Uint8Array.of(0),
    addressBytes(world.machine.programId),
    addressBytes(world.stake.addresses.distributor),
    addressBytes(world.mint('IO')),
    addressBytes(wallet),
    u64(total),
    u64(BigInt(index)),
  );
}

/** The tree of these leaves. */
export function treeOf(leaves: readonly Uint8Array[]): Tree {
  const levels = [leaves];
  for (let level = leaves; level.length > 1; ) {
    const next: Uint8Array[] = [];
    for (let left = 0; left < level.length; left += 2) {
      const node = level[left] as Uint8Array;
      next.push(sha256(Uint8Array.of(1), node, level[left + 1] ?? node));
    }
    levels.push((level = next));
  }
  return { root: levels.at(-1)?.[0] as Uint8Array, depth: levels.length - 1, levels };
}

/** The hashes beside the way from a leaf to the root. */
export function proofOf({ levels }: Tree, index: number): Uint8Array[] {
  return levels.slice(0, -1).map((level, height) => {
    const place = index >> height;
    return (level[place ^ 1] ?? level[place]) as Uint8Array;
  });
}

/** What publishes the tree of these entries. */
export function rootOf(
  world: World,
  epoch: number,
  entries: readonly Entry[],
): PublishRootArgs & { tree: Tree } {
  const tree = treeOf(entries.map((entry, index) => leafOf(world, entry, index)));
  const total = entries.reduce((sum, entry) => sum + entry.total, 0n);
  return { epoch, root: tree.root, total, leafCount: entries.length, depth: tree.depth, tree };
}
