import { PublicKey } from '@solana/web3.js';
import { base58Decode } from './base58.ts';
import * as seed from './generated/constants.ts';

const upgradeableLoader = 'BPFLoaderUpgradeab1e11111111111111111111111';

/** What tells one deployment from another. Addresses are base58. */
export type Deployment = Readonly<{ programId: string; ioMint: string; usdcMint: string }>;

export type Asset = 'IO' | 'USDC';

/** The accounts that exist once. */
export type Addresses = Readonly<{
  config: string;
  authority: string;
  distributor: string;
  stakeVault: string;
  rewardsVault: string;
  custody: Readonly<Record<Asset, string>>;
  custodyVault: Readonly<Record<Asset, string>>;
}>;

/** Derives the accounts of a deployment that exist once. */
export function addressesOf({ programId, ioMint, usdcMint }: Deployment): Addresses {
  const at = (...seeds: readonly Seed[]): string => programAddress(programId, seeds);
  const vault = (purpose: string, mint: string): string =>
    at(seed.seedVault, purpose, base58Decode(mint));
  return {
    config: at(seed.seedConfig),
    authority: at(seed.seedAuthority),
    distributor: at(seed.seedDistributor, base58Decode(ioMint)),
    stakeVault: vault(seed.seedStake, ioMint),
    rewardsVault: vault(seed.seedRewards, ioMint),
    custody: {
      IO: at(seed.seedCustody, base58Decode(ioMint)),
      USDC: at(seed.seedCustody, base58Decode(usdcMint)),
    },
    custodyVault: {
      IO: vault(seed.seedCustody, ioMint),
      USDC: vault(seed.seedCustody, usdcMint),
    },
  };
}

/** The stake that `owner` has behind a device. */
export function stakeAddress(programId: string, owner: string, deviceId: Uint8Array): string {
  return programAddress(programId, [seed.seedStake, base58Decode(owner), deviceId]);
}

/** A case against a stake. */
export function caseAddress(programId: string, stake: string, caseId: Uint8Array): string {
  return programAddress(programId, [seed.seedCase, base58Decode(stake), caseId]);
}

/** What a wallet has claimed so far. */
export function claimStatusAddress(programId: string, wallet: string): string {
  return programAddress(programId, [seed.seedClaim, base58Decode(wallet)]);
}

/** The guard of one pay-out. */
export function operationAddress(programId: string, operationId: Uint8Array): string {
  return programAddress(programId, [seed.seedOperation, operationId]);
}

/**
 * The id of a pay-out: the second in which it was decided, then a digest of what it is. The program
 * refuses an id that is older than `operationSeconds`, so what was closed can never be paid again.
 */
export function operationIdOf(decidedSeconds: number, digest: Uint8Array): Uint8Array {
  const id = new Uint8Array(32);
  id.set(digest.subarray(0, 24), 8);
  new DataView(id.buffer).setBigInt64(0, BigInt(decidedSeconds), true);
  return id;
}

/** Where the loader keeps the code and the upgrade authority of a program. */
export function programDataAddress(programId: string): string {
  return programAddress(upgradeableLoader, [base58Decode(programId)]);
}

type Seed = string | Uint8Array;

/** Deriving an address costs a millisecond, and the same few are asked for all the time. */
const derived = new Map<string, string>();
const mostDerived = 10_000;

function programAddress(programId: string, seeds: readonly Seed[]): string {
  const parts = seeds.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
  const key = [programId, ...parts.map((part) => Buffer.from(part).toString('hex'))].join('/');
  let address = derived.get(key);
  if (address === undefined) {
    const [found] = PublicKey.findProgramAddressSync(parts, new PublicKey(programId));
    if (derived.size >= mostDerived) derived.clear();
    derived.set(key, (address = found.toBase58()));
  }
  return address;
}
