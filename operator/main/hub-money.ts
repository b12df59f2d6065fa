import type { IOCluster, IODevice, IOMember, IOPlacement } from '../../crds/schema/index.ts';
import { databaseUrl, openDatabase } from '../adapters/postgres/database.ts';
import { createEpochLedger } from '../adapters/postgres/epoch-ledger.ts';
import { createLeaseLedger } from '../adapters/postgres/lease-ledger.ts';
import { createMemberLedger } from '../adapters/postgres/member-ledger.ts';
import { createRewardLedger } from '../adapters/postgres/reward-ledger.ts';
import { createViewWriter } from '../adapters/postgres/views/writer.ts';
import { filePrice } from '../adapters/prices/file-price.ts';
import { fixedPrice, noPrice } from '../adapters/prices/fixed-price.ts';
import { readRewardRules } from '../adapters/rewards/rules.ts';
import type { HubConfig } from '../config.ts';
import { defaultFees } from '../domain/pricing/fees.ts';
import type { PricingTerms } from '../domain/pricing/hold.ts';
import type { RewardRules } from '../domain/rewards/types.ts';
import type { LedgerMetrics } from '../ports/ledger-metrics.ts';
import type { MemberLedger } from '../ports/member-ledger.ts';
import type { PriceSource } from '../ports/price-source.ts';
import type { ViewMetrics } from '../ports/view-metrics.ts';
import { EarlierSpend } from '../reconcilers/earlier-spend.ts';
import { epochCloser } from '../reconcilers/epoch-closer.ts';
import type { FederationState } from '../reconcilers/federation-state.ts';
import { Balances } from '../reconcilers/io-account/balances.ts';
import { ClusterMoney } from '../reconcilers/io-cluster/money.ts';
import { LeaseBook } from '../reconcilers/lease-book.ts';
import { moneyWatch } from '../reconcilers/money-watch.ts';
import { rewardFacts } from '../reconcilers/reward-facts.ts';
import { viewsRunnable } from '../reconcilers/views/index.ts';
import type { ViewInformers } from '../reconcilers/views/sources.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Informer } from '../runtime/informer.ts';
import type { ObjectKey } from '../runtime/kube-object.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';

/** From the decision to stop a lease until its member has stopped it. */
const releaseSeconds = 60;

type Shared = Omit<ViewInformers, 'clusters' | 'devices' | 'members'> &
  Readonly<{
    clusters: Informer<IOCluster>;
    devices: Informer<IODevice>;
    members: Informer<IOMember>;
    placements: Informer<IOPlacement>;
    state: FederationState;
    metrics: LedgerMetrics & ViewMetrics;
    clock: Clock;
    logger: Logger;
  }>;

/** What a hub with a ledger adds to its controllers; its connections are closed with the manager. */
export type HubMoney = Readonly<{
  clusters: ClusterMoney;
  balances: Balances;
  members: MemberLedger;
  runnables: (enqueue: (key: ObjectKey) => void) => readonly Runnable[];
  close: () => Promise<void>;
}>;

/** Opens the ledger; undefined when the hub has none, and nothing is paid. */
export function openMoney(config: HubConfig, shared: Shared): HubMoney | undefined {
  const url = databaseUrl(config['database-url-file'], process.env);
  if (url === undefined) return undefined;
  const database = openDatabase(url, { applicationName: 'io-operator hub' });
  const ledger = createLeaseLedger(database);
  const terms = pricingTerms(config);
  const { clusters, placements, clock } = shared;
  const book = new LeaseBook({ ledger, clusters, placements, clock });
  const earlier = new EarlierSpend(ledger);
  const money = { ...shared, ledger, book, earlier, terms };
  const prices = priceSource(config['io-price-file'], terms);
  const rules = rewardRules(config);
  // Made here, not when it runs: it has to hear of changes from the first on.
  const views = viewsRunnable({ ...shared, writer: createViewWriter(database) });
  return {
    clusters: new ClusterMoney(money),
    balances: new Balances(money),
    members: createMemberLedger(database),
    runnables: (enqueue) => [
      moneyWatch({ ...money, enqueue }),
      epochCloser({
        ...shared,
        epochs: createEpochLedger(database),
        rewards: createRewardLedger(database, { rules, prices }),
        devices: () => rewardFacts(shared),
      }),
      views,
    ],
    close: () => database.destroy(),
  };
}

/** What IO is worth to suppliers when they get it; renters pay by the price of the flag. */
function priceSource(file: string | undefined, { ioPrice }: PricingTerms): PriceSource {
  if (file !== undefined) return filePrice(file);
  return ioPrice === undefined ? noPrice : fixedPrice(ioPrice);
}

/** What is not rented without its stake earns nothing without it either. */
function rewardRules(config: HubConfig): RewardRules {
  const rules = readRewardRules(config['reward-config']);
  return { ...rules, stakeRequired: rules.stakeRequired || config['require-stake'] };
}

function pricingTerms(config: HubConfig): PricingTerms {
  const ioPrice = config['io-price-micro-usd'];
  return {
    fees: defaultFees,
    ioPrice: ioPrice === undefined ? undefined : BigInt(ioPrice),
    horizonSeconds: config['hold-hours'] * 3_600,
    graceSeconds: config['budget-grace-seconds'],
    pollSeconds: config['money-poll-seconds'],
    releaseSeconds,
  };
}
