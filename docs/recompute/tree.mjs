// The tree of the wallets' totals: its leaves, its root, and what a proof leads to.
import { createHash } from 'node:crypto';

const sha256 = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

const letters = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** The 32 bytes of an address. */
export function addressBytes(text) {
  let number = 0n;
  for (const letter of text) number = number * 58n + BigInt(letters.indexOf(letter));
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
}

export function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** The leaf of a wallet (32 bytes) at a place of the tree of this program, distributor and mint. */
export function leafOf({ program_id: program, distributor, mint }, wallet, total, index) {
  const bound = [program, distributor, mint].map(addressBytes);
  return sha256(Buffer.of(0), ...bound, wallet, u64(total), u64(index));
}

const nodeOf = (left, right) => sha256(Buffer.of(1), left, right);

/** Root and depth; a last node without a neighbour is paired with itself. */
export function rootOf(leaves) {
  let [level, depth] = [leaves, 0];
  for (; level.length > 1; depth += 1) {
    const above = [];
    for (let at = 0; at < level.length; at += 2)
      above.push(nodeOf(level[at], level[at + 1] ?? level[at]));
    level = above;
  }
  return { root: level[0]?.toString('hex'), depth };
}

/** What a proof (hexadecimal, from the leaf on) leads to. */
export function rootOfProof(leaf, index, proof) {
  let [node, side] = [leaf, BigInt(index)];
  for (const hash of proof) {
    const sibling = Buffer.from(hash, 'hex');
    node = side % 2n === 0n ? nodeOf(node, sibling) : nodeOf(sibling, node);
    side /= 2n;
  }
  return node.toString('hex');
}
