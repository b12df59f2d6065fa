import type { ChainDetails, ChainTotals } from '../domain/settlement/drift.ts';
import { toHex } from '../domain/settlement/hex.ts';
import type { ChainAccount } from '../domain/settlement/types.ts';
import type { Addresses } from './addresses.ts';
import { Reader } from './codec.ts';
import {
  decodeClaimStatus,
  decodeConfig,
  decodeDistributor,
  decodeStake,
} from './generated/accounts.ts';
import { tokenProgram } from './generated/constants.ts';
import { readTokenAccount } from './token.ts';

/** Where the token program keeps the supply of a mint. */
const supplyAt = 36;

/** The accounts that `readTotals` reads, in its order; few enough for one call, and so of one slot. */
export function totalsAddresses(at: Addresses, ioMint: string): readonly string[] {
  const vaults = [at.custodyVault.IO, at.custodyVault.USDC, at.stakeVault, at.rewardsVault];
  return [at.config, at.distributor, ioMint, ...vaults];
}

/** What the chain has; undefined while the program is not initialized. */
export function readTotals(
  accounts: readonly (ChainAccount | undefined)[],
): ChainTotals | undefined {
  const [config, distributor, mint, io, usdc, stake, rewards] = accounts;
  if (config === undefined || distributor === undefined) return undefined;
  const { totalStaked, totalEscrowed, totalBurnt } = decodeConfig(config.data);
  const { claimedTotal, fundedTotal } = decodeDistributor(distributor.data);
  return {
    custody: { IO: tokensOf(io), USDC: tokensOf(usdc) },
    stakeVault: tokensOf(stake),
    rewardsVault: tokensOf(rewards),
    supply: supplyOf(mint),
    ...{ totalStaked, totalEscrowed, totalBurnt, claimedTotal, fundedTotal },
  };
}

/** What the program keeps for each stake and for each wallet that claimed. */
export function readDetails(
  stakes: readonly ChainAccount[],
  claims: readonly ChainAccount[],
): ChainDetails {
  return {
    stakes: stakes.map(({ address, data }) => {
      const { owner, deviceId, amount, escrowed } = decodeStake(data);
      return { address, owner, deviceId: toHex(deviceId), amount, escrowed };
    }),
    claims: claims.map(({ data }) => decodeClaimStatus(data)),
  };
}

function tokensOf(account: ChainAccount | undefined): bigint {
  const tokens = readTokenAccount(account);
  if (tokens === undefined) throw new Error(`a vault of the program is no token account`);
  return tokens.amount;
}

function supplyOf(mint: ChainAccount | undefined): bigint {
  if (mint?.owner !== tokenProgram) throw new Error('the mint of IO is no mint');
  return new Reader(mint.data, supplyAt).u64();
}
