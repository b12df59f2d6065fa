import { proofsOfApi, proofsOfBundle, type ProofSource } from '../adapters/rewards/proof-source.ts';
import { fileSigner } from '../adapters/solana/key-signer.ts';
import { createRewardDistributor } from '../adapters/solana/reward-distributor.ts';
import { type ClaimConfig, ConfigError } from '../config.ts';
import { formatAmount } from '../domain/pricing/assets.ts';
import { fromHex, toHex } from '../domain/settlement/hex.ts';
import { leafHashes, rootOfProof } from '../domain/settlement/merkle.ts';
import { claimableRoot, type RewardProof, type RewardRoot } from '../domain/settlement/roots.ts';
import { sha256Bytes } from '../runtime/sha256.ts';
import { claimStatusAddress } from '../settlement/addresses.ts';
import { base58Decode } from '../settlement/base58.ts';
import { decodeClaimStatus } from '../settlement/generated/accounts.ts';
import type { IoStake } from '../settlement/io-stake.ts';
import { associatedTokenAddress, createAssociatedToken } from '../settlement/token.ts';
import { openProgram, type Program, sendAs } from './wallet-transaction.ts';

/**
 * `io-operator claim`: gets a wallet the rewards that it has not claimed yet, by the root on chain and a
 * proof from `io-operator api` or a static bundle. The proof is checked before anything is sent.
 */
export async function runClaim(config: ClaimConfig): Promise<void> {
  const wallet = fileSigner(config['wallet-key-file']);
  const source = sourceOf(config);
  const opened = openProgram(config);
  const root = await claimable(opened);
  const proof = await source(wallet.address, root.epoch);
  if (proof === undefined) {
    throw new Error(`${wallet.address} has no rewards in the root of epoch ${root.epoch}`);
  }
  check(proof, root, opened.program);
  const due = proof.total - (await claimedBefore(opened, wallet.address));
  if (due <= 0n) {
    process.stdout.write(`nothing to claim: all of ${io(proof.total)} IO was claimed before\n`);
    return;
  }
  const { ioMint } = opened.program.deployment;
  const signature = await sendAs(wallet, opened, [
    createAssociatedToken(wallet.address, wallet.address, ioMint),
    opened.program.claim({
      payer: wallet.address,
      wallet: wallet.address,
      destination: associatedTokenAddress(wallet.address, ioMint),
      index: proof.index,
      total: proof.total,
      proof: proof.proof.map(fromHex),
    }),
  ]);
  process.stdout.write(`claimed ${io(due)} IO of epochs until ${root.epoch}: ${signature}\n`);
}

const io = (amount: bigint): string => formatAmount(amount, 'IO');

function sourceOf(config: ClaimConfig): ProofSource {
  const { 'api-url': api, 'api-ca': ca, bundle } = config;
  if (api !== undefined && bundle === undefined) return proofsOfApi(api, ca);
  if (bundle !== undefined && api === undefined) return proofsOfBundle(bundle);
  throw new ConfigError('io-operator claim: either --api-url or --bundle is needed');
}

async function claimable({ chain, program }: Program): Promise<RewardRoot> {
  const read = await createRewardDistributor(chain, program.deployment).read();
  const root = read && claimableRoot(read.state, read.nowSeconds);
  if (root !== undefined) return root;
  const pending = read?.state.pending;
  const matures = (pending?.publishedSeconds ?? 0) + (read?.state.challengeDelaySeconds ?? 0);
  const when =
    pending === undefined
      ? ''
      : `; the first one will be at ${new Date(matures * 1000).toISOString()}`;
  throw new Error(`no root of rewards can be claimed by yet${when}`);
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
  throw new Error(`the proof does not lead to the root of epoch ${epoch} that is on chain`);
}

async function claimedBefore({ chain, program }: Program, wallet: string): Promise<bigint> {
  const [status] = await chain.accounts([claimStatusAddress(program.deployment.programId, wallet)]);
  return status === undefined ? 0n : decodeClaimStatus(status.data).claimed;
}
