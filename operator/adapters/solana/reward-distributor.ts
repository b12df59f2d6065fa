import type { DistributorState, RewardRoot } from '../../domain/settlement/roots.ts';
import { toHex } from '../../domain/settlement/hex.ts';
import type { Chain, Commitment } from '../../ports/chain.ts';
import type { RewardDistributor } from '../../ports/reward-roots.ts';
import { addressesOf, type Deployment } from '../../settlement/addresses.ts';
import {
  type Config,
  decodeConfig,
  decodeDistributor,
} from '../../settlement/generated/accounts.ts';

/** Reads the distributor of a deployment as it is on chain. */
export function createRewardDistributor(
  chain: Chain,
  deployment: Deployment,
  commitment: Commitment = 'finalized',
): RewardDistributor {
  const { config, distributor } = addressesOf(deployment);
  return {
    read: async () => {
      const { timeSeconds: nowSeconds } = await chain.head();
      const [terms, account] = await chain.accounts([config, distributor], commitment);
      if (terms?.owner !== deployment.programId || account?.owner !== deployment.programId) {
        return undefined;
      }
      return { state: distributorState(decodeConfig(terms.data), account.data), nowSeconds };
    },
  };
}

function distributorState(config: Config, data: Uint8Array): DistributorState {
  const is = decodeDistributor(data);
  const active = rootOf(
    is.activeEpoch,
    is.activeRoot,
    is.activeTotal,
    is.activeLeafCount,
    is.activeDepth,
  );
  const pending = rootOf(
    is.pendingEpoch,
    is.pendingRoot,
    is.pendingTotal,
    is.pendingLeafCount,
    is.pendingDepth,
  );
  return {
    active,
    pending: pending && { ...pending, publishedSeconds: is.publishedTs },
    challengeDelaySeconds: config.challengeDelaySeconds,
    emissionPerEpoch: config.emissionPerEpoch,
    genesisSeconds: config.genesisTs,
    paused: config.paused,
  };
}

/** Epoch 0: there is none. */
function rootOf(
  epoch: number,
  root: Uint8Array,
  total: bigint,
  leafCount: number,
  depth: number,
): RewardRoot | undefined {
  return epoch === 0 ? undefined : { epoch, root: toHex(root), total, leafCount, depth };
}
