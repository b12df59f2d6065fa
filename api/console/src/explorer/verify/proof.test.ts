import { describe, expect, test } from '@jest/globals';
import { base58Encode } from '../../../../../operator/settlement/base58.ts';
import { merkleVectors as vectors } from '../../../../../operator/testing/merkle-vectors.ts';
import { addressOf } from './base58.ts';
import { checkProof, type ProofAnswer } from './proof.ts';
import { sha256 } from './sha256.ts';

const address = (hex: string): string => base58Encode(Buffer.from(hex, 'hex'));

/** What the API tells of a leaf of the vectors. */
function answerOf(tree: (typeof vectors)['trees'][number], index: number): ProofAnswer {
  const leaf = tree.leaves[index] ?? { wallet: '', total: '0' };
  return {
    wallet: address(leaf.wallet),
    epoch: 7,
    index,
    total: leaf.total,
    proof: tree.proofs[index] ?? [],
    root: {
      epoch: 7,
      root: tree.root,
      total: '0',
      leafCount: tree.leaves.length,
      depth: tree.depth,
      programId: address(vectors.programId),
      distributor: address(vectors.distributor),
      mint: address(vectors.mint),
    },
  };
}

const all = vectors.trees.flatMap((tree) =>
  tree.leaves.map((leaf, index) => ({ name: `${tree.leaves.length}/${index}`, tree, leaf, index })),
);

test.each(all)('leaf $name of the vectors leads to its root', ({ tree, leaf, index }) => {
  expect(checkProof(answerOf(tree, index), sha256)).toMatchObject({
    kind: 'Computed',
    isRight: true,
    leaf: leaf.hash,
    root: tree.root,
  });
});

describe('what is not as it was', () => {
  const [tree] = vectors.trees.filter(({ leaves }) => leaves.length === 5);
  if (tree === undefined) throw new Error('the vectors have no tree of five leaves');
  const answer = answerOf(tree, 2);
  const other = '0'.repeat(64);

  test.each<[string, Partial<ProofAnswer>]>([
    ['another total', { total: String(BigInt(answer.total) + 1n) }],
    ['another place', { index: 3 }],
    ['another wallet', { wallet: answerOf(tree, 0).wallet }],
    ['another hash', { proof: [other, ...answer.proof.slice(1)] }],
    ['another distributor', { root: { ...answer.root, distributor: answer.root.mint } }],
    ['another root', { root: { ...answer.root, root: other } }],
  ])('%s leads elsewhere', (_, change) => {
    expect(checkProof({ ...answer, ...change }, sha256)).toMatchObject({
      kind: 'Computed',
      isRight: false,
    });
  });

  test.each<[string, Partial<ProofAnswer>, string]>([
    ['a root of another epoch', { epoch: 8 }, 'the root is of epoch 7, the proof of 8'],
    ['a total below zero', { total: '-1' }, 'no whole number'],
    ['a total of nine bytes', { total: String(2n ** 64n) }, 'no whole number'],
    ['a place outside', { index: 5 }, 'place 5 is none of 5 wallets'],
    ['a broken place', { index: 1.5 }, 'place 1.5 is none'],
    ['a short proof', { proof: answer.proof.slice(1) }, 'has 3 levels, the proof 2'],
    ['a hash of letters', { proof: ['z'.repeat(64), other, other] }, 'a hash is not 32 bytes'],
    ['a wallet that is a script', { wallet: '<script>' }, 'an address is not 32 bytes'],
    ['no wallets', { root: { ...answer.root, leafCount: 0 } }, 'no number of wallets'],
  ])('%s cannot be a proof', (_, change, fault) => {
    const check = checkProof({ ...answer, ...change }, sha256);
    expect(check).toMatchObject({ kind: 'Unreadable' });
    expect(check.kind === 'Unreadable' && check.fault).toContain(fault);
  });

  test('says on which side each neighbour is', () => {
    const check = checkProof(answer, sha256);
    const sides = check.kind === 'Computed' ? check.steps.map(({ side }) => side) : [];
    expect(sides).toEqual(['right', 'left', 'right']);
  });
});

test.each([
  ['zeros', '00'.repeat(32)],
  ['a zero before others', `00${'ff'.repeat(31)}`],
  ['ones', 'ff'.repeat(32)],
])('an address of %s is read', (_, hex) => {
  expect(Buffer.from(addressOf(address(hex)) ?? []).toString('hex')).toBe(hex);
});

test.each(['', 'abc', '0'.repeat(32), 'z'.repeat(44), '1'.repeat(33), `${'1'.repeat(32)}\n`])(
  '%j is no address',
  (text) => {
    expect(addressOf(text)).toBeUndefined();
  },
);
