import { fromHex, toHex } from '../../../../../operator/domain/settlement/hex.ts';
import {
  depthOf,
  leafHashes,
  rootOfProof,
  type Sha256,
} from '../../../../../operator/domain/settlement/merkle.ts';
import { addressOf } from './base58.ts';

/** A root of rewards, as `GET /v1/rewards/epochs/:epoch/root` tells it. */
export type RootAnswer = Readonly<{
  epoch: number;
  root: string;
  total: string;
  leafCount: number;
  depth: number;
  programId: string;
  distributor: string;
  mint: string;
}>;

/** A wallet's proof, as `GET /v1/rewards/proofs/:wallet` tells it. */
export type ProofAnswer = Readonly<{
  wallet: string;
  epoch: number;
  index: number;
  total: string;
  proof: readonly string[];
  root: RootAnswer;
}>;

/** One hash on the way from the leaf to the root. */
export type ProofStep = Readonly<{ level: number; side: 'left' | 'right'; sibling: string }>;

export type ProofCheck = Readonly<
  | { kind: 'Computed'; isRight: boolean; leaf: string; steps: readonly ProofStep[]; root: string }
  /** The answer cannot be a proof; `fault` says why. */
  | { kind: 'Unreadable'; fault: string }
>;

const hashPattern = /^[0-9a-f]{64}$/i;
const largestTotal = 2n ** 64n - 1n;

/**
 * Computes the root that a wallet's total and its proof lead to, by the code that the ledger itself
 * uses, and compares it with the root that was told.
 */
export function checkProof(answer: ProofAnswer, sha256: Sha256): ProofCheck {
  const fault = faultOf(answer);
  if (fault !== undefined) return { kind: 'Unreadable', fault };
  const { root: told, index, proof } = answer;
  const [programId, distributor, mint, wallets] = [
    told.programId,
    told.distributor,
    told.mint,
    answer.wallet,
  ].map(addressOf);
  if (!programId || !distributor || !mint || !wallets) {
    return { kind: 'Unreadable', fault: 'an address is not 32 bytes in base58' };
  }
  const totals = BigUint64Array.of(BigInt(answer.total));
  const leaf = leafHashes({ programId, distributor, mint }, { wallets, totals }, sha256, index);
  const root = toHex(rootOfProof(leaf, index, fromHex(proof.join('')), sha256));
  const steps = proof.map((sibling, level): ProofStep => {
    const side = Math.floor(index / 2 ** level) % 2 === 0 ? 'right' : 'left';
    return { level, side, sibling };
  });
  return {
    kind: 'Computed',
    isRight: root === told.root.toLowerCase(),
    leaf: toHex(leaf),
    steps,
    root,
  };
}

/** What in an answer contradicts itself, before anything is hashed. */
function faultOf({ index, total, proof, root, epoch }: ProofAnswer): string | undefined {
  if (root.epoch !== epoch) return `the root is of epoch ${root.epoch}, the proof of ${epoch}`;
  if (!/^[0-9]{1,20}$/.test(total) || BigInt(total) > largestTotal) {
    return 'the total is no whole number of eight bytes';
  }
  const { leafCount } = root;
  if (!Number.isInteger(leafCount) || leafCount < 1 || leafCount > 2 ** 32) {
    return 'the root has no number of wallets';
  }
  if (!Number.isInteger(index) || index < 0 || index >= leafCount) {
    return `place ${index} is none of ${leafCount} wallets`;
  }
  const depth = depthOf(leafCount);
  if (proof.length !== depth) {
    return `a tree of ${leafCount} wallets has ${depth} levels, the proof ${proof.length}`;
  }
  if (!proof.every((hash) => hashPattern.test(hash)))
    return 'a hash is not 32 bytes in hexadecimal';
  return undefined;
}
