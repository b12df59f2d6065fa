import type {
  IOAccount,
  IOCluster,
  IODevice,
  IOMember,
  IOPlacement,
  IOSlashCase,
} from '../../crds/schema/index.ts';
import { readRewardRules } from '../adapters/rewards/rules.ts';
import type { HubConfig } from '../config.ts';
import type { Chain } from '../ports/chain.ts';
import type { ChainOperations } from '../ports/chain-operations.ts';
import type { StakeMetrics } from '../ports/stake-metrics.ts';
import type { DeviceStaking } from '../reconcilers/io-device/index.ts';
import { DeviceStakes } from '../reconcilers/io-device/stake.ts';
import { ioSlashCaseController } from '../reconcilers/io-slash-case/index.ts';
import { StakeBook, stakeWatch } from '../reconcilers/stake-book.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Controller } from '../runtime/controller.ts';
import type { EventRecorder } from '../runtime/events.ts';
import type { Informer } from '../runtime/informer.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';
import type { RuntimeMetrics } from '../runtime/metrics.ts';
import { addressesOf, type Deployment } from '../settlement/addresses.ts';

/** What stakes and cases need of the hub. */
export type StakesShared = Readonly<{
  client: ApiClient;
  accounts: Informer<IOAccount>;
  clusters: Informer<IOCluster>;
  devices: Informer<IODevice>;
  members: Informer<IOMember>;
  placements: Informer<IOPlacement>;
  slashCases: Informer<IOSlashCase>;
  events: EventRecorder;
  metrics: RuntimeMetrics & StakeMetrics;
  clock: Clock;
  logger: Logger;
}>;

/** What a hub that watches stakes adds to its controllers. */
export type HubStakes = Readonly<{
  staking: DeviceStaking;
  cases: Controller;
  watch: Runnable;
}>;

/** Stakes of devices, and cases against them. */
export function openStakes(
  config: HubConfig,
  shared: StakesShared,
  settled: Readonly<{ chain: Chain; deployment: Deployment; operations: ChainOperations }>,
): HubStakes {
  const { chain, deployment, operations } = settled;
  const { programId } = deployment;
  const watched = { ...shared, chain, programId, config: addressesOf(deployment).config };
  const book = new StakeBook(watched);
  const stakes = new DeviceStakes({
    ...shared,
    book,
    multipliers: readRewardRules(config['reward-config']).multipliers,
    isRequired: config['require-stake'],
    allowsCoStakes: config['co-staking'],
  });
  return {
    staking: { ...shared, stakes },
    cases: ioSlashCaseController({ ...shared, book, operations, programId }),
    watch: stakeWatch(book, watched),
  };
}
