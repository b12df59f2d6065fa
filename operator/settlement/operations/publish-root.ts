import { z } from 'zod';
import { fromHex, toHex } from '../../domain/settlement/hex.ts';
import type { RewardRoot } from '../../domain/settlement/roots.ts';
import type { ChainOperation } from '../../domain/settlement/types.ts';
import type { Chain } from '../../ports/chain.ts';
import { addressesOf, type Deployment } from '../addresses.ts';
import { eventsOfLogs } from '../events.ts';
import { decodeConfig, decodeDistributor } from '../generated/accounts.ts';
import { rootOperationIdOf } from '../ids.ts';
import { ioStake } from '../io-stake.ts';
import type { OperationHandler } from './index.ts';

/** Transactions of the publisher in which a root is looked for that is not on chain any more. */
const lookBack = 20;

const schema = z.strictObject({
  epoch: z.int().min(1),
  root: z.string().regex(/^[0-9a-f]{64}$/),
  total: z.string().regex(/^[0-9]{1,20}$/),
  leafCount: z.int().min(1),
  depth: z.int().min(0).max(32),
});
type Payload = z.output<typeof schema>;

const parse = (payload: string): Payload => schema.parse(JSON.parse(payload));

/** The operation that publishes a root of rewards. */
export function publishRootOperation(
  deployment: Deployment,
  { epoch, root, total, leafCount, depth }: RewardRoot,
): ChainOperation {
  const payload: Payload = { epoch, root, total: String(total), leafCount, depth };
  return {
    operationId: toHex(rootOperationIdOf(addressesOf(deployment).distributor, epoch, root)),
    kind: 'PublishRoot',
    signer: 'publisher',
    payload: JSON.stringify(payload),
  };
}

/** Publishes a root. Its epoch guards it: the distributor takes none that is not newer. */
export const publishRoot: OperationHandler = {
  kind: 'PublishRoot',
  instructions: (payload, deployment, publisher) => {
    const { epoch, root, total, leafCount, depth } = parse(payload);
    const args = { epoch, root: fromHex(root), total: BigInt(total), leafCount, depth };
    return [ioStake(deployment).publishRoot({ publisher, ...args })];
  },
  landed: async (payload, chain, deployment) => {
    const read = parse(payload);
    const at = addressesOf(deployment);
    const [config, account] = await chain.accounts([at.config, at.distributor]);
    if (config === undefined || account === undefined) return 'NotYet';
    const { pendingEpoch, pendingRoot, activeEpoch, activeRoot } = decodeDistributor(account.data);
    const isRoot = (epoch: number, root: Uint8Array): boolean =>
      epoch === read.epoch && toHex(root) === read.root;
    if (isRoot(pendingEpoch, pendingRoot) || isRoot(activeEpoch, activeRoot)) return 'Done';
    // It may have been cancelled since, or have made way for a newer one.
    const { publisher } = decodeConfig(config.data);
    if (await wasPublished(read, chain, deployment.programId, publisher)) return 'Done';
    const last = Math.max(pendingEpoch, activeEpoch);
    return last < read.epoch ? 'NotYet' : { refused: `a root of epoch ${last} is on chain` };
  },
};

async function wasPublished(
  { epoch, root }: Payload,
  chain: Chain,
  programId: string,
  publisher: string,
): Promise<boolean> {
  const signatures = await chain.signatures(publisher, { limit: lookBack });
  for (const { signature, failed } of signatures) {
    if (failed) continue;
    const transaction = await chain.transaction(signature);
    const { events } = eventsOfLogs(transaction?.logs ?? [], programId);
    const isIt = events.some(
      (event) =>
        event.kind === 'RootPublished' && event.epoch === epoch && toHex(event.root) === root,
    );
    if (isIt) return true;
  }
  return false;
}
