import type { IOAccount, IOAccountStatus } from '../../crds/schema/index.ts';
import type { ConditionIntent } from '../domain/condition-intent.ts';
import { createEpochLedger } from '../adapters/postgres/epoch-ledger.ts';
import { createRewardRoots } from '../adapters/postgres/reward-roots.ts';
import { createOperationStore } from '../adapters/postgres/chain-operations.ts';
import { databaseUrl, openDatabase } from '../adapters/postgres/database.ts';
import { createWallets } from '../adapters/postgres/wallets.ts';
import { createPayouts } from '../adapters/postgres/payouts.ts';
import { createRewardDistributor } from '../adapters/solana/reward-distributor.ts';
import { transactionSigners } from '../adapters/solana/signers.ts';
import { ConfigError, type HubConfig } from '../config.ts';
import type { RootMetrics } from '../ports/reward-roots.ts';
import type { SettlementMetrics } from '../ports/settlement-metrics.ts';
import { rootPublisher } from '../reconcilers/settlement/root-publisher.ts';
import { WalletBook } from '../reconcilers/settlement/wallet-book.ts';
import { payoutBatches } from '../reconcilers/settlement/payout-batches.ts';
import { operationCloser } from '../reconcilers/settlement/operation-closer.ts';
import { operationSender } from '../reconcilers/settlement/operation-sender.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ObjectKey } from '../runtime/kube-object.ts';
import type { Runnable } from '../runtime/manager.ts';
import { toHex } from '../domain/settlement/hex.ts';
import { addressesOf } from '../settlement/addresses.ts';
import { depositReferenceOf } from '../settlement/ids.ts';
import { operationSeconds } from '../settlement/generated/constants.ts';
import { closingOf } from '../settlement/operations/close-operation.ts';
import { publishRootOperation } from '../settlement/operations/publish-root.ts';
import { operationHandlers } from '../settlement/operations/registry.ts';
import { type HubMirror, type MirrorShared, openMirror } from './hub-mirror.ts';
import { type HubStakes, openStakes, type StakesShared } from './hub-stakes.ts';
import { openRoleSigners, openSolana } from './solana.ts';

/** What it takes of the hub. */
export type SettlementShared = StakesShared &
  MirrorShared &
  Readonly<{ metrics: SettlementMetrics & RootMetrics; clock: Clock; logger: Logger }>;

/** What a hub with a chain adds; its connections are closed with the manager. */
export type HubSettlement = Readonly<{
  stakes: HubStakes;
  drift: HubMirror['drift'];
  wallet: (account: IOAccount) => ConditionIntent | undefined;
  deposit: (account: ObjectKey) => IOAccountStatus['deposit'];
  runnables: (enqueueAccount: (account: ObjectKey) => void) => readonly Runnable[];
  close: () => Promise<void>;
}>;

/** Undefined without --solana-rpc-url: then nothing is staked, slashed, claimed or paid out. */
export async function openSettlement(
  config: HubConfig,
  shared: SettlementShared,
): Promise<HubSettlement | undefined> {
  const solana = openSolana(config, shared.metrics);
  if (solana === undefined) {
    if (!config['require-stake']) return undefined;
    throw new ConfigError('io-operator hub: --require-stake needs --solana-rpc-url');
  }
  const url = databaseUrl(config['database-url-file'], process.env);
  if (url === undefined) {
    throw new ConfigError('io-operator hub: --solana-rpc-url needs --database-url-file');
  }
  const { signers, close: closeSigners } = await openRoleSigners(config, process.env);
  const database = openDatabase(url, { applicationName: 'io-operator hub settlement' });
  const store = createOperationStore(database);
  const { chain, deployment } = solana;
  const common = { ...shared, chain, deployment };
  const { programId, ioMint: mint } = deployment;
  const { distributor, custodyVault } = addressesOf(deployment);
  const accounts = (['IO', 'USDC'] as const).map((asset) => ({
    asset,
    address: custodyVault[asset],
  }));
  const target = { programId, distributor, mint };
  const stakes = openStakes(config, shared, { chain, deployment, operations: store });
  const mirror = openMirror(database, chain, deployment, shared);
  const wallets = new WalletBook({ ...shared, wallets: createWallets(database) });
  return {
    stakes,
    drift: mirror.drift,
    wallet: (account) => wallets.condition(account),
    deposit: (account) => ({ reference: toHex(depositReferenceOf(account)), accounts }),
    runnables: (enqueueAccount) => [
      stakes.watch,
      ...mirror.runnables(enqueueAccount),
      wallets.watch(enqueueAccount),
      rootPublisher({
        ...common,
        roots: createRewardRoots(database, target),
        distributor: createRewardDistributor(chain, deployment),
        operations: store,
        operationOf: (root) => publishRootOperation(deployment, root),
        genesisSeconds: () => createEpochLedger(database).genesisSeconds(),
      }),
      payoutBatches({
        ...common,
        payouts: createPayouts(database),
        patienceSeconds: config['payout-batch-seconds'],
      }),
      operationSender({
        ...common,
        store,
        signers: transactionSigners(signers),
        handlers: operationHandlers,
        maxMicroLamportsPerUnit: BigInt(config['solana-max-priority-fee']),
      }),
      operationCloser({ ...common, store, closingOf, windowSeconds: operationSeconds }),
    ],
    close: async () => {
      await database.destroy();
      await closeSigners();
    },
  };
}
