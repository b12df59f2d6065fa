import { createRewardProofs } from '../adapters/postgres/reward-proofs.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { ApiConfig } from '../config.ts';
import type { RewardProofs } from '../ports/reward-roots.ts';
import { addressesOf } from '../settlement/addresses.ts';

/** What routes about rewards answer from; undefined when the server was told of no program. */
export function rewardProofs(config: ApiConfig, database: Database): RewardProofs | undefined {
  const { 'solana-program-id': programId, 'solana-io-mint': ioMint } = config;
  if (programId === undefined || ioMint === undefined) return undefined;
  const { distributor } = addressesOf({ programId, ioMint, usdcMint: ioMint });
  return createRewardProofs(database, distributor);
}
