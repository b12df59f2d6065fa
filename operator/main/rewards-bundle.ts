import { createRewardProofs } from '../adapters/postgres/reward-proofs.ts';
import { writeRewardBundle } from '../adapters/rewards/bundle.ts';
import type { RewardsBundleConfig } from '../config.ts';
import { addressesOf } from '../settlement/addresses.ts';
import { withDatabase } from './database.ts';

/**
 * `io-operator rewards-bundle`: writes a root, all totals and all proofs to a folder that any web
 * server can serve, so that claims need nothing of ours.
 */
export async function runRewardsBundle(config: RewardsBundleConfig): Promise<void> {
  const { epoch, out } = config;
  const { 'solana-program-id': programId, 'solana-io-mint': ioMint } = config;
  const { distributor } = addressesOf({ programId, ioMint, usdcMint: ioMint });
  await withDatabase(config, async (database) => {
    const proofs = createRewardProofs(database, distributor);
    const root = await proofs.root(epoch);
    if (root === undefined) {
      const which = epoch === undefined ? 'any epoch' : `epoch ${epoch}`;
      throw new Error(`no root was built for ${which} and distributor ${distributor}`);
    }
    const wallets = await writeRewardBundle(out, root, (of) => proofs.proofs(of));
    process.stdout.write(`root ${root.root} of epoch ${root.epoch}, ${wallets} wallets: ${out}\n`);
  });
}
