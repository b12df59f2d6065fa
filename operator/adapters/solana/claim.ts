import { instant } from '../../domain/instant.ts';
import { fromHex, toHex } from '../../domain/settlement/hex.ts';
import { leafHashes, rootOfProof } from '../../domain/settlement/merkle.ts';
import { claimableRoot, type RewardProof, type RewardRoot } from '../../domain/settlement/roots.ts';
import type { ChainInstruction } from '../../domain/settlement/types.ts';
import type { Chain } from '../../ports/chain.ts';
import { WalletActionError } from '../../ports/wallet-transactions.ts';
import { sha256Bytes } from '../../runtime/sha256.ts';
import { claimStatusAddress } from '../../settlement/addresses.ts';
import { base58Decode } from '../../settlement/base58.ts';
import { decodeClaimStatus } from '../../settlement/generated/accounts.ts';
import type { IoStake } from '../../settlement/io-stake.ts';
import { associatedTokenAddress, createAssociatedToken } from '../../settlement/token.ts';
import type { ProofSource } from '../rewards/proof-source.ts';
import { createRewardDistributor } from './reward-distributor.ts';

type Program = Readonly<{ chain: Chain; program: IoStake }>;

/** What gets a wallet its rewards. */
export type Claim = Readonly<{
  epoch: number;
  /** All that it was ever due, and what of it it has not claimed yet. */
  total: bigint;
  due: bigint;
  instructions: readonly ChainInstruction[];
}>;

/**
 * The claim of a wallet by the root on chain. Whoever the proof is from, it has to lead to that root.
 * Throws WalletActionError when there is nothing that the wallet could claim by.
 */
export async function claimOf(
  { chain, program }: Program,
  source: ProofSource,
  wallet: string,
): Promise<Claim> {
  const root = await claimable({ chain, program });
  const proof = await source(wallet, root.epoch);
  if (proof === undefined) {
    const text = `${wallet} has no rewards in the root of epoch ${root.epoch}`;
    throw new WalletActionError('NothingToClaim', text);
  }
  check(proof, root, program);
  const { ioMint } = program.deployment;
  const destination = associatedTokenAddress(wallet, ioMint);
  const { index, total } = proof;
  return {
    epoch: root.epoch,
    total,
    due: total - (await claimedBefore({ chain, program }, wallet)),
    instructions: [
      createAssociatedToken(wallet, wallet, ioMint),
      program.claim({
        ...{ payer: wallet, wallet, destination, index, total },
        proof: proof.proof.map(fromHex),
      }),
    ],
  };
}

async function claimable({ chain, program }: Program): Promise<RewardRoot> {
  const read = await createRewardDistributor(chain, program.deployment).read();
  const root = read && claimableRoot(read.state, read.nowSeconds);
  if (root !== undefined) return root;
  const pending = read?.state.pending;
  const matures = (pending?.publishedSeconds ?? 0) + (read?.state.challengeDelaySeconds ?? 0);
  const when = pending === undefined ? '' : `; the first one will be at ${instant(matures)}`;
  const text = `no root of rewards can be claimed by yet${when}`;
  throw new WalletActionError('NothingToClaim', text);
}

/** What a server says has to lead to the root that the chain has. */
function check(proof: RewardProof, { root, epoch }: RewardRoot, program: IoStake): void {
  const { programId, ioMint } = program.deployment;
  const domain = {
    programId: base58Decode(programId),
    distributor: base58Decode(program.addresses.distributor),
    mint: base58Decode(ioMint),
  };
  const own = { wallets: base58Decode(proof.wallet), totals: BigUint64Array.of(proof.total) };
  const leaf = leafHashes(domain, own, sha256Bytes, proof.index);
  const path = fromHex(proof.proof.join(''));
  if (toHex(rootOfProof(leaf, proof.index, path, sha256Bytes)) === root) return;
  const text = `the proof does not lead to the root of epoch ${epoch} that is on chain`;
  throw new WalletActionError('NothingToClaim', text);
}

async function claimedBefore({ chain, program }: Program, wallet: string): Promise<bigint> {
  const [status] = await chain.accounts([claimStatusAddress(program.deployment.programId, wallet)]);
  return status === undefined ? 0n : decodeClaimStatus(status.data).claimed;
}
