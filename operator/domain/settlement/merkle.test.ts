import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { merkleVectors as vectors } from '../../testing/merkle-vectors.ts';
import { fromHex, toHex } from './hex.ts';
import {
  depthOf,
  hashBytes,
  leafHashes,
  MerkleTree,
  rootOfProof,
  type Sha256,
  subtreeLeaves,
  subtreeLevels,
} from './merkle.ts';

const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer');

const domain = {
  programId: fromHex(vectors.programId),
  distributor: fromHex(vectors.distributor),
  mint: fromHex(vectors.mint),
};

/** Leaves of any content: sha256 of their number. */
function leavesOf(count: number): Uint8Array {
  const leaves = new Uint8Array(count * hashBytes);
  for (let at = 0; at < count; at += 1)
    leaves.set(sha256(Uint8Array.of(at, at >> 8)), at * hashBytes);
  return leaves;
}

const leafAt = (leaves: Uint8Array, at: number): Uint8Array =>
  leaves.subarray(at * hashBytes, (at + 1) * hashBytes);

test.each(vectors.trees.map((tree) => [tree.leaves.length, tree] as const))(
  'the vectors of a tree of %i leaves',
  (_, { leaves, depth, root, proofs }) => {
    const wallets = Uint8Array.from(leaves.flatMap(({ wallet }) => [...fromHex(wallet)]));
    const totals = BigUint64Array.from(leaves, ({ total }) => BigInt(total));
    const hashes = leafHashes(domain, { wallets, totals }, sha256);
    const tree = new MerkleTree(hashes, sha256);
    expect(leaves.map((_leaf, at) => toHex(leafAt(hashes, at)))).toEqual(
      leaves.map((leaf) => leaf.hash),
    );
    expect([tree.depth, toHex(tree.root)]).toEqual([depth, root]);
    expect(leaves.map((_leaf, at) => toHex(tree.proof(at)))).toEqual(
      proofs.map((proof) => proof.join('')),
    );
  },
);

test.each([
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 2],
  [5, 3],
  [524_288, 19],
  [524_289, 20],
  [600_000, 20],
  [2 ** 32, 32],
])('%i leaves are a tree of %i levels', (leaves, depth) => {
  expect(depthOf(leaves)).toBe(depth);
});

test('no leaves are no tree', () => {
  expect(() => depthOf(0)).toThrow('0 leaves are no tree');
  expect(() => new MerkleTree(leavesOf(3), sha256).proof(3)).toThrow('3 is none of 3 leaves');
});

describe('any tree', () => {
  const anyCount = fc.integer({ min: 1, max: 70 });

  test('each leaf is proved at its place, and at no other', () => {
    fc.assert(
      fc.property(anyCount, fc.nat(69), fc.nat(69), (count, one, other) => {
        const leaves = leavesOf(count);
        const tree = new MerkleTree(leaves, sha256);
        const [at, elsewhere] = [one % count, other % count];
        const proof = tree.proof(at);
        expect(rootOfProof(leafAt(leaves, at), at, proof, sha256)).toEqual(tree.root);
        fc.pre(at !== elsewhere);
        expect(rootOfProof(leafAt(leaves, elsewhere), at, proof, sha256)).not.toEqual(tree.root);
        expect(rootOfProof(leafAt(leaves, at), elsewhere, proof, sha256)).not.toEqual(tree.root);
      }),
    );
  });

  test('all proofs at once are each of them', () => {
    fc.assert(
      fc.property(anyCount, (count) => {
        const tree = new MerkleTree(leavesOf(count), sha256);
        const each = Array.from({ length: count }, (_, at) => toHex(tree.proof(at)));
        expect(toHex(tree.proofs())).toBe(each.join(''));
      }),
      { numRuns: 30 },
    );
  });

  test.each([1, 1_023, 1_024, 1_025, 2_048, 2_049, 3_500])(
    'of %i leaves is the same by its subtrees',
    (count) => {
      const leaves = leavesOf(count);
      const whole = new MerkleTree(leaves, sha256);
      const starts = Array.from(
        { length: Math.ceil(count / subtreeLeaves) },
        (_, at) => at * subtreeLeaves,
      );
      const trees = starts.map((first) => {
        const part = leaves.slice(first * hashBytes, (first + subtreeLeaves) * hashBytes);
        return new MerkleTree(part, sha256, Math.min(whole.depth, subtreeLevels));
      });
      const roots = Uint8Array.from(trees.flatMap(({ root }) => [...root]));
      const upper = new MerkleTree(roots, sha256, Math.max(0, whole.depth - subtreeLevels));
      expect(upper.root).toEqual(whole.root);
      for (const index of [0, count >> 1, count - 1]) {
        const number = Math.floor(index / subtreeLeaves);
        const lower = trees[number]?.proof(index % subtreeLeaves) ?? new Uint8Array();
        const proof = [...lower, ...upper.proof(number)];
        expect(Uint8Array.from(proof)).toEqual(whole.proof(index));
      }
    },
  );
});

test('a node is no leaf: what lies above two leaves cannot be claimed as one', () => {
  const leaves = leavesOf(4);
  const tree = new MerkleTree(leaves, sha256);
  const node = tree.level(1).slice(0, hashBytes);
  // The shorter proof leads to the root, which is why the program asks for one hash for each level.
  expect(rootOfProof(node, 0, tree.proof(0).slice(hashBytes), sha256)).toEqual(tree.root);
  expect(rootOfProof(node, 0, tree.proof(0), sha256)).not.toEqual(tree.root);
  // And the 65 bytes of a pair are never those of a leaf, which begins with another byte.
  const pair = Uint8Array.of(1, ...leaves.slice(0, 2 * hashBytes));
  expect(sha256(pair)).toEqual(Buffer.from(node));
  expect(sha256(Uint8Array.of(0, ...pair.slice(1)))).not.toEqual(Buffer.from(node));
});

test.each([
  ['program', { ...domain, programId: fromHex('01'.repeat(32)) }],
  ['distributor', { ...domain, distributor: fromHex('01'.repeat(32)) }],
  ['mint', { ...domain, mint: fromHex('01'.repeat(32)) }],
])('a leaf of another %s is another one', (_, other) => {
  const totals = { wallets: new Uint8Array(hashBytes), totals: BigUint64Array.of(1n) };
  expect(leafHashes(other, totals, sha256)).not.toEqual(leafHashes(domain, totals, sha256));
});
