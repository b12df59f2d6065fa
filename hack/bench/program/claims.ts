import { randomBytes } from 'node:crypto';
import { Connection, PublicKey } from '@solana/web3.js';
import { seedSigner } from '../../../operator/adapters/solana/key-signer.ts';
import { signTransaction } from '../../../operator/adapters/solana/transaction.ts';
import { hashBytes, leafHashes, MerkleTree } from '../../../operator/domain/settlement/merkle.ts';
import type { ChainInstruction } from '../../../operator/domain/settlement/types.ts';
import type { Signer } from '../../../operator/ports/signer.ts';
import { sha256Bytes } from '../../../operator/runtime/sha256.ts';
import { base58Decode } from '../../../operator/settlement/base58.ts';
import { decodeDistributor } from '../../../operator/settlement/generated/accounts.ts';
import type { IoStake } from '../../../operator/settlement/io-stake.ts';
import {
  associatedTokenAddress,
  createAssociatedToken,
} from '../../../operator/settlement/token.ts';
import { type ChainKeys, ChainTool } from '../../../operator/testing/chain-tool.ts';
import { eventually } from '../../../operator/testing/eventually.ts';

/** Transactions on their way to the node at a time. */
const IN_FLIGHT = 32;
/** Less than a blockhash of 150 slots lives, so that the last one that uses it lands as well. */
const BLOCKHASH_MS = 1_000;
const ACCOUNTS_A_TRANSACTION = 8;
const FINAL_WITHIN_MS = 60_000;
const EACH = 1_000n;

/** A chain with the program, whose roots need no challenge delay. */
export type ClaimChain = Readonly<{ url: string; program: IoStake; keys: ChainKeys }>;

/** Has `count` wallets claim. Returns seconds from the first signature until all is final. */
export async function measureClaims(chain: ClaimChain, count: number): Promise<number> {
  const { url, program } = chain;
  const { publisher, admin: payer } = chain.keys.roles;
  const { ioMint } = program.deployment;
  const tool = new ChainTool(url);
  const node = new Connection(url, { commitment: 'finalized', httpAgent: false });
  const wallets = Array.from({ length: count }, () => seedSigner(randomBytes(hashBytes)));
  const accounts = chunks(wallets).map(
    (some): Plan => ({
      signers: [payer],
      instructions: some.map(({ address }) =>
        createAssociatedToken(payer.address, address, ioMint),
      ),
    }),
  );
  await sendAll(node, accounts);
  const total = EACH * BigInt(count);
  const source = await tool.fund(payer, payer.address, ioMint, total);
  await tool.send([program.fundRewards({ funder: payer.address, source, amount: total })], [payer]);
  const tree = treeOf(program, wallets);
  const { root, depth } = tree;
  const publish = { publisher: publisher.address, epoch: 1, root, total, leafCount: count, depth };
  await tool.send([program.publishRoot(publish)], [publisher]);
  const claims = wallets.map(
    (wallet, index): Plan => ({
      signers: [payer, wallet],
      instructions: [
        program.claim({
          payer: payer.address,
          wallet: wallet.address,
          destination: associatedTokenAddress(wallet.address, ioMint),
          index,
          total: EACH,
          proof: proofOf(tree, index),
        }),
      ],
    }),
  );
  const startedMs = performance.now();
  await sendAll(node, claims);
  await untilClaimed(node, program.addresses.distributor, total);
  return (performance.now() - startedMs) / 1_000;
}

type Plan = Readonly<{
  signers: readonly [Signer, ...Signer[]];
  instructions: readonly ChainInstruction[];
}>;

async function sendAll(node: Connection, plans: readonly Plan[]): Promise<void> {
  let hash = { blockhash: '', untilMs: 0 };
  const blockhash = async (): Promise<string> => {
    if (performance.now() > hash.untilMs) {
      const latest = await node.getLatestBlockhash('confirmed');
      hash = { blockhash: latest.blockhash, untilMs: performance.now() + BLOCKHASH_MS };
    }
    return hash.blockhash;
  };
  const waiting = plans.values();
  const work = async (): Promise<void> => {
    for (const { signers, instructions } of waiting) {
      const draft = { instructions, blockhash: await blockhash() };
      const { bytes } = await signTransaction(signers, draft);
      await node.sendRawTransaction(bytes, { skipPreflight: true });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
}

async function untilClaimed(node: Connection, distributor: string, total: bigint): Promise<void> {
  await eventually(
    async () => {
      const account = await node.getAccountInfo(new PublicKey(distributor));
      const { claimedTotal } = decodeDistributor(account?.data ?? new Uint8Array());
      if (claimedTotal !== total) throw new Error(`${claimedTotal} of ${total} are claimed`);
    },
    { withinMs: FINAL_WITHIN_MS },
  );
}

function treeOf({ deployment, addresses }: IoStake, wallets: readonly Signer[]): MerkleTree {
  const domain = {
    programId: base58Decode(deployment.programId),
    distributor: base58Decode(addresses.distributor),
    mint: base58Decode(deployment.ioMint),
  };
  const leaves = {
    wallets: Buffer.concat(wallets.map(({ address }) => base58Decode(address))),
    totals: BigUint64Array.from(wallets, () => EACH),
  };
  return new MerkleTree(leafHashes(domain, leaves, sha256Bytes), sha256Bytes);
}

function proofOf(tree: MerkleTree, index: number): readonly Uint8Array[] {
  const proof = tree.proof(index);
  return Array.from({ length: tree.depth }, (_each, level) =>
    proof.slice(level * hashBytes, (level + 1) * hashBytes),
  );
}

function chunks<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / ACCOUNTS_A_TRANSACTION) }, (_each, index) =>
    items.slice(index * ACCOUNTS_A_TRANSACTION, (index + 1) * ACCOUNTS_A_TRANSACTION),
  );
}
