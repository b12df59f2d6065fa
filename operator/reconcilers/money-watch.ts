import type { IOCluster, IOPlacement } from '../../crds/schema/index.ts';
import type { LeaseStanding } from '../domain/io-cluster/money-conditions.ts';
import { leasedDeviceNames, leaseIdOf } from '../domain/lease.ts';
import { type BudgetFacts, judgeBudget, shareOf } from '../domain/pricing/budget.ts';
import type { PricingTerms } from '../domain/pricing/hold.ts';
import { judgeMetering } from '../domain/pricing/metering.ts';
import type { DevicesByLease, LeaseLedger, LeaseMoney } from '../ports/lease-ledger.ts';
import type { LedgerMetrics } from '../ports/ledger-metrics.ts';
import { StoreUnavailableError } from '../ports/store-errors.ts';
import { formatAmount } from '../domain/pricing/assets.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import type { WatchedInformer } from '../runtime/informer.ts';
import { keyOf, type ObjectKey } from '../runtime/kube-object.ts';
import { errorFields, type Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';
import { sha256 } from '../runtime/sha256.ts';
import { type EarlierSpend, type LeaseNumber, moneyOf } from './earlier-spend.ts';
import type { FederationState } from './federation-state.ts';
import { maxSpendOf, renterOf } from './io-cluster/decide-money.ts';
import type { LeaseBook, MoneyRecord } from './lease-book.ts';

export type MoneyWatchOptions = Readonly<{
  ledger: LeaseLedger;
  book: LeaseBook;
  earlier: EarlierSpend;
  state: Pick<FederationState, 'placementOf'>;
  clusters: WatchedInformer<IOCluster>;
  terms: PricingTerms;
  /** Wants a look at an IOCluster whose money changed its state. */
  enqueue: (key: ObjectKey) => void;
  metrics: LedgerMetrics;
  clock: Clock;
  logger: Logger;
}>;

/** Leases without a placement are looked for this often. */
const sweepEveryMs = 60_000;
/** Ends that are told to the ledger in one sweep; the rest comes with the next. */
const maximumEndings = 1_000;

/**
 * Looks at the money of all leases, again and again, and tells the controller of IOClusters when one
 * changed its state: low, almost spent, about to be stopped, over; metered or not; settled.
 */
export function moneyWatch(options: MoneyWatchOptions): Runnable {
  const watch = new MoneyWatch(options);
  const { terms, clock } = options;
  return {
    name: 'money-watch',
    run: async (signal) => {
      while (!signal.aborted) {
        await watch.look();
        await sleep(clock, terms.pollSeconds * 1000, signal);
      }
    },
  };
}

/** A cluster whose money is looked at, and its lease. */
type Subject = Readonly<{
  cluster: IOCluster;
  placement: IOPlacement | undefined;
  leaseId: string;
  generation: number;
}>;

class MoneyWatch {
  readonly #options: MoneyWatchOptions;
  /** How long the last look took: the next one may take as long. */
  #lookedSeconds = 0;
  #sweptAtMs = Number.NEGATIVE_INFINITY;
  #away = false;

  constructor(options: MoneyWatchOptions) {
    this.#options = options;
  }

  /** One look at everything; what fails is told and comes again with the next one. */
  async look(): Promise<void> {
    const { clock, metrics, logger } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      const leases = await this.#judgeAll();
      await this.#sweep();
      this.#lookedSeconds = (clock.monotonicMs() - startedMs) / 1000;
      metrics.moneyLooked(leases, this.#lookedSeconds);
      if (this.#away) logger.info({ leases }, 'the ledger answers again');
      this.#away = false;
    } catch (error) {
      metrics.ledgerUnavailable('money');
      const isKnown = this.#away && error instanceof StoreUnavailableError;
      if (!isKnown) logger.error(errorFields(error), 'the money of leases is not known now');
      this.#away = true;
    }
  }

  async #judgeAll(): Promise<number> {
    const { ledger, book, earlier } = this.#options;
    await book.load();
    const subjects = this.#subjects();
    const money = await moneyOf(
      ledger,
      subjects.map(({ leaseId }) => leaseId),
      devicesByLease(subjects),
    );
    await earlier.ask(subjects.map(numberOf));
    const rates = ratesByAccount(subjects, money);
    for (const subject of subjects) {
      const found = money.get(subject.leaseId);
      if (found !== undefined) this.#judge(subject, found, rates);
    }
    return subjects.length;
  }

  /** Clusters with a placement, and those whose last lease was not settled when they last said. */
  #subjects(): readonly Subject[] {
    const { clusters, state } = this.#options;
    return clusters.cache.list().flatMap((cluster): Subject[] => {
      const uid = cluster.metadata.uid ?? '';
      const placement = state.placementOf(uid);
      if (placement !== undefined) {
        const { leaseId, leaseGeneration } = placement.spec;
        return [{ cluster, placement, leaseId, generation: leaseGeneration }];
      }
      const generation = cluster.status?.leaseGeneration ?? 0;
      if (generation === 0 || !isHolding(cluster)) return [];
      return [{ cluster, placement, leaseId: leaseIdOf(uid, generation, sha256), generation }];
    });
  }

  #judge(subject: Subject, money: LeaseMoney, rates: ReadonlyMap<string, bigint>): void {
    const { book, enqueue } = this.#options;
    const { cluster, placement } = subject;
    const uid = cluster.metadata.uid ?? '';
    // A lease that was ended says its last word once it is settled.
    if (placement === undefined && money.state !== 'Closed') return;
    const record = this.#recordOf(subject, money, rates);
    const before = book.record(uid);
    const isNews = before === undefined ? isUntold(cluster, record) : isChange(before, record);
    if (before === undefined || isNews) book.keep(uid, record);
    if (isNews) enqueue(keyOf(cluster));
  }

  #recordOf(
    { cluster, placement, leaseId }: Subject,
    money: LeaseMoney,
    rates: ReadonlyMap<string, bigint>,
  ): MoneyRecord {
    const spentBefore = this.#options.earlier.of(cluster.metadata.uid ?? '');
    const { asset, held, settled, unsettled } = money;
    const spend = { asset, settled: spentBefore + settled, held, unsettled };
    const standing =
      placement === undefined
        ? undefined
        : this.#standingOf(cluster, placement, money, {
            spentBefore,
            availableShare: shareOf(
              money.available,
              money.ratePerHour,
              rates.get(accountOf(cluster)) ?? 0n,
            ),
          });
    return { leaseId, standing, spend, endedInLedger: money.state !== 'Open' };
  }

  #standingOf(
    cluster: IOCluster,
    placement: IOPlacement,
    money: LeaseMoney,
    facts: Pick<BudgetFacts, 'spentBefore' | 'availableShare'>,
  ): LeaseStanding {
    const { clock } = this.#options;
    const nowSeconds = Math.floor(clock.now() / 1000);
    const terms = this.#terms();
    const budget = judgeBudget(
      {
        ...facts,
        settled: money.settled,
        unsettled: money.unsettled,
        held: money.held,
        perHour: money.ratePerHour,
        maxSpend: maxSpendOf(cluster, terms.ioPrice),
        unreportedSeconds: unreportedSeconds(placement, money, nowSeconds),
      },
      terms,
    );
    const metering = judgeMetering({
      firstUsageSeconds: money.firstUsageSeconds,
      observedUntilSeconds: money.observedUntilSeconds,
      readySinceSeconds: readySince(placement),
      nowSeconds,
    });
    return { leaseId: money.leaseId, budget, judgedAtSeconds: nowSeconds, metering };
  }

  /** From one look to the next it is the pause, and what a look takes. */
  #terms(): PricingTerms {
    const { terms } = this.#options;
    return { ...terms, pollSeconds: terms.pollSeconds + Math.ceil(this.#lookedSeconds) };
  }

  /** Ends leases that nobody stands behind; the others are their clusters' to end. */
  async #sweep(): Promise<void> {
    const { clock, book, earlier, clusters, enqueue, ledger, logger } = this.#options;
    if (clock.monotonicMs() - this.#sweptAtMs < sweepEveryMs) return;
    for (const { leaseId, clusterUid } of book.withoutPlacement().slice(0, maximumEndings)) {
      if (clusterUid !== undefined) {
        for (const cluster of clusters.cache.byIndex('uid', clusterUid)) enqueue(keyOf(cluster));
        continue;
      }
      const endSeconds = book.ended(leaseId)?.endSeconds ?? Math.floor(clock.now() / 1000);
      logger.warn({ leaseId }, 'no IOCluster stands behind this lease, it is ended');
      await ledger.close(leaseId, endSeconds, 'no IOCluster stood behind it any more');
      book.closed(leaseId);
    }
    book.prune();
    earlier.forget((uid) => clusters.cache.byIndex('uid', uid).length === 0);
    this.#sweptAtMs = clock.monotonicMs();
  }
}

const numberOf = ({ cluster, generation }: Subject): LeaseNumber => ({
  clusterUid: cluster.metadata.uid ?? '',
  generation,
});

/** The account and asset that a cluster pays with. */
const accountOf = (cluster: IOCluster): string =>
  `${renterOf(cluster)} ${cluster.spec.paymentAsset}`;

/** A lease that was repaired or scaled down had other devices too, which cost nothing any more. */
function devicesByLease(subjects: readonly Subject[]): DevicesByLease {
  return new Map(
    subjects.flatMap(({ placement, leaseId }) => {
      return placement === undefined ? [] : [[leaseId, leasedDeviceNames(placement.spec)]];
    }),
  );
}

/** What all running leases of an account cost together in an hour. */
function ratesByAccount(
  subjects: readonly Subject[],
  money: ReadonlyMap<string, LeaseMoney>,
): ReadonlyMap<string, bigint> {
  const rates = new Map<string, bigint>();
  for (const { cluster, placement, leaseId } of subjects) {
    if (placement === undefined) continue;
    const account = accountOf(cluster);
    rates.set(account, (rates.get(account) ?? 0n) + (money.get(leaseId)?.ratePerHour ?? 0n));
  }
  return rates;
}

/** The status says that money is held, or the lease has not been spoken of as settled. */
function isHolding({ status }: IOCluster): boolean {
  const spend = status?.spend;
  return spend !== undefined && spend.held !== formatAmount(0n, spend.asset);
}

/** The status of a cluster does not say this yet: the hub was started anew, or the lease is new. */
function isUntold({ status }: IOCluster, { standing, spend }: MoneyRecord): boolean {
  const told = status?.spend;
  const text = (amount: bigint): string => formatAmount(amount, spend.asset);
  if (told?.settled !== text(spend.settled) || told.held !== text(spend.held)) return true;
  const metering = status?.conditions?.find(({ type }) => type === 'Metering');
  if (standing === undefined) return false;
  return standing.budget.stage !== 'Fine' || metering?.reason !== standing.metering;
}

function isChange(before: MoneyRecord, now: MoneyRecord): boolean {
  return (
    before.leaseId !== now.leaseId ||
    before.standing?.budget.stage !== now.standing?.budget.stage ||
    before.standing?.metering !== now.standing?.metering ||
    before.endedInLedger !== now.endedInLedger ||
    before.spend.settled !== now.spend.settled ||
    before.spend.held !== now.spend.held
  );
}

/** Since when head and workers are ready; undefined: they are not. */
function readySince({ status }: IOPlacement): number | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime) / 1000 : undefined;
}

/** Any worker that is ready is used, whether the cluster is ready or not. */
function unreportedSeconds(
  placement: IOPlacement,
  { observedUntilSeconds = 0 }: LeaseMoney,
  nowSeconds: number,
): number {
  const inUse = readySince(placement) !== undefined || (placement.status?.workers?.ready ?? 0) > 0;
  if (!inUse) return 0;
  const begun = Date.parse(placement.metadata.creationTimestamp ?? '') / 1000;
  return Math.max(0, nowSeconds - Math.max(observedUntilSeconds, begun));
}
