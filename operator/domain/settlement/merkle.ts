/** sha256 of some bytes, 32 of them. What is hashed may be overwritten afterwards. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** What every leaf of a distributor is bound to: 32 bytes each. */
export type LeafDomain = Readonly<{
  programId: Uint8Array;
  distributor: Uint8Array;
  mint: Uint8Array;
}>;

/** Wallets, 32 bytes each, and what each has got in base units; the index is the place. */
export type WalletTotals = Readonly<{ wallets: Uint8Array; totals: BigUint64Array }>;

export const hashBytes = 32;
/** Levels of a subtree: so many leaves that one proof needs little besides them. */
export const subtreeLevels = 10;
export const subtreeLeaves = 2 ** subtreeLevels;

const leafBytes = 145;
const walletAt = 97;
const totalAt = 129;
const indexAt = 137;

/** Levels between the root and the leaves of a tree with so many of them. */
export function depthOf(leafCount: number): number {
  if (leafCount < 1 || leafCount > 2 ** 32) throw new RangeError(`${leafCount} leaves are no tree`);
  return 32 - Math.clz32(leafCount - 1);
}

/**
 * The hashes of leaves, one after the other:
 * sha256(0 || program || distributor || mint || wallet || total || index), both numbers in eight bytes,
 * the lowest first. `firstIndex` is that of the first wallet.
 */
export function leafHashes(
  domain: LeafDomain,
  { wallets, totals }: WalletTotals,
  sha256: Sha256,
  firstIndex = 0,
): Uint8Array {
  const hashes = new Uint8Array(totals.length * hashBytes);
  const leaf = new Uint8Array(leafBytes);
  const view = new DataView(leaf.buffer);
  leaf.set(domain.programId, 1);
  leaf.set(domain.distributor, 33);
  leaf.set(domain.mint, 65);
  for (let at = 0; at < totals.length; at += 1) {
    leaf.set(wallets.subarray(at * hashBytes, (at + 1) * hashBytes), walletAt);
    view.setBigUint64(totalAt, totals[at] ?? 0n, true);
    view.setUint32(indexAt, firstIndex + at, true);
    hashes.set(sha256(leaf), at * hashBytes);
  }
  return hashes;
}

/**
 * A tree of sha256(1 || left || right); a last node without a neighbour is paired with itself. Its
 * leaves are hashes, 32 bytes each.
 */
export class MerkleTree {
  readonly leafCount: number;
  readonly depth: number;
  /** From the leaves to the root. */
  readonly #levels: Uint8Array[];

  /** @param depth more than the leaves need, where they are the last of a larger tree */
  constructor(leaves: Uint8Array, sha256: Sha256, depth?: number) {
    this.leafCount = leaves.length / hashBytes;
    this.depth = depth ?? depthOf(this.leafCount);
    this.#levels = [leaves];
    let level = leaves;
    for (let height = 0; height < this.depth; height += 1) {
      level = levelAbove(level, sha256);
      this.#levels.push(level);
    }
  }

  get root(): Uint8Array {
    return this.#levels[this.depth] ?? new Uint8Array();
  }

  /** The nodes of a level, 0 for the leaves. */
  level(height: number): Uint8Array {
    const level = this.#levels[height];
    if (level === undefined) throw new RangeError(`there is no level ${height} of ${this.depth}`);
    return level;
  }

  /** The siblings on the way from a leaf to the root, one after the other. */
  proof(index: number): Uint8Array {
    this.#check(index);
    const proof = new Uint8Array(this.depth * hashBytes);
    for (let height = 0, node = index; height < this.depth; height += 1, node >>>= 1) {
      const level = this.level(height);
      const at = siblingOf(node, level.length / hashBytes) * hashBytes;
      proof.set(level.subarray(at, at + hashBytes), height * hashBytes);
    }
    return proof;
  }

  /** The proofs of all leaves, one after the other: 640 bytes each in a tree of 20 levels. */
  proofs(): Uint8Array {
    const stride = (this.depth * hashBytes) / wordBytes;
    const proofs = new Uint32Array(this.leafCount * stride);
    for (let height = 0; height < this.depth; height += 1) {
      const words = wordsOf(this.level(height));
      const nodes = words.length / wordsPerHash;
      for (let index = 0; index < this.leafCount; index += 1) {
        const from = siblingOf(index >>> height, nodes) * wordsPerHash;
        const to = index * stride + height * wordsPerHash;
        for (let word = 0; word < wordsPerHash; word += 1)
          proofs[to + word] = words[from + word] ?? 0;
      }
    }
    return new Uint8Array(proofs.buffer);
  }

  #check(index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.leafCount) return;
    throw new RangeError(`${index} is none of ${this.leafCount} leaves`);
  }
}

/** The root that a proof leads to from a leaf; bit i of the index says on which side of level i it is. */
export function rootOfProof(
  leaf: Uint8Array,
  index: number,
  proof: Uint8Array,
  sha256: Sha256,
): Uint8Array {
  const pair = nodeBuffer();
  let node = leaf;
  for (let at = 0, side = index; at < proof.length; at += hashBytes, side >>>= 1) {
    const sibling = proof.subarray(at, at + hashBytes);
    const isLeft = (side & 1) === 0;
    pair.set(isLeft ? node : sibling, 1);
    pair.set(isLeft ? sibling : node, 1 + hashBytes);
    node = sha256(pair);
  }
  return node;
}

const wordBytes = 4;
const wordsPerHash = hashBytes / wordBytes;

/** Words are copied a few times faster than slices of bytes. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % wordBytes === 0 ? bytes : bytes.slice();
  return new Uint32Array(buffer, byteOffset, length / wordBytes);
}

/** A last node without a neighbour is its own. */
function siblingOf(node: number, nodes: number): number {
  const sibling = (node ^ 1) >>> 0;
  return sibling < nodes ? sibling : node;
}

function levelAbove(level: Uint8Array, sha256: Sha256): Uint8Array {
  const nodes = level.length / hashBytes;
  const above = new Uint8Array(Math.ceil(nodes / 2) * hashBytes);
  const pair = nodeBuffer();
  for (let node = 0; node < nodes; node += 2) {
    const at = node * hashBytes;
    const other = siblingOf(node, nodes) * hashBytes;
    pair.set(level.subarray(at, at + hashBytes), 1);
    pair.set(level.subarray(other, other + hashBytes), 1 + hashBytes);
    above.set(sha256(pair), (node / 2) * hashBytes);
  }
  return above;
}

function nodeBuffer(): Uint8Array {
  const pair = new Uint8Array(1 + 2 * hashBytes);
  pair[0] = 1;
  return pair;
}
