import type { IOCluster, IOPlacement } from '../../../crds/schema/index.ts';
import type { PricingTerms } from '../../domain/pricing/hold.ts';
import type { HoldResult, LeaseLedger } from '../../ports/lease-ledger.ts';
import type { LedgerMetrics } from '../../ports/ledger-metrics.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { jitteredMs } from '../../runtime/backoff.ts';
import type { Clock, Random } from '../../runtime/clock.ts';
import { isConditionTrue } from '../../runtime/status.ts';
import type { EarlierSpend } from '../earlier-spend.ts';
import type { LeaseBook } from '../lease-book.ts';
import { type Closing, type Extension, type Opening, renterOf } from './decide-money.ts';
import type { Money } from './snapshot.ts';

/** What the controller needs where leases are paid for. */
export type MoneyOptions = Readonly<{
  ledger: LeaseLedger;
  book: LeaseBook;
  earlier: EarlierSpend;
  terms: PricingTerms;
  metrics: LedgerMetrics;
  clock: Clock;
  random?: Random;
}>;

/** The ledger's answer; `Away` when it gave none. */
export type HoldAnswer = HoldResult | Readonly<{ kind: 'Away' }>;

/** Who could not pay asks again this often, and all of them together at most 100 times a second. */
const askAgainMs = 15_000;
const leastPauseMs = 10;

/** The money of IOClusters as their controller reads and moves it. */
export class ClusterMoney {
  readonly #options: MoneyOptions;
  /** Clusters that were refused for want of money, by uid. */
  readonly #refused = new Set<string>();

  constructor(options: MoneyOptions) {
    this.#options = options;
  }

  /** What a decision has to know. Normally the ledger is not asked for it. */
  async gather(cluster: IOCluster, placementOf: () => IOPlacement | undefined): Promise<Money> {
    const { book, earlier, terms } = this.#options;
    const uid = cluster.metadata.uid ?? '';
    const asked = await this.#ask(cluster, placementOf() !== undefined);
    const record = book.record(uid);
    const placement = placementOf();
    const known = placement === undefined || record?.leaseId === placement.spec.leaseId;
    return {
      terms,
      ...asked,
      spentBefore: earlier.of(uid),
      standing: known ? record?.standing : undefined,
      spend: known ? record?.spend : undefined,
      endedInLedger: known && record?.endedInLedger === true,
      mayBeOpen: (leaseId) => book.mayBeOpen(leaseId),
      ended: (leaseId) => book.ended(leaseId),
    };
  }

  /** What is not known yet, and only that. */
  async #ask(cluster: IOCluster, isLeased: boolean): Promise<Pick<Money, 'away' | 'available'>> {
    const { book, earlier } = this.#options;
    const generation = (cluster.status?.leaseGeneration ?? 0) + 1;
    const next = { clusterUid: cluster.metadata.uid ?? '', generation };
    const isLimited = cluster.spec.budget?.maxSpendMicroUsd !== undefined;
    try {
      await book.load();
      if (!isLeased && wantsLease(cluster) && (isLimited || !earlier.knows(next))) {
        await earlier.ask([next]);
      }
      return { away: false, available: await this.#available(cluster) };
    } catch (error) {
      this.#unavailable(error);
      return { away: true, available: undefined };
    }
  }

  async open({ terms, hold }: Opening): Promise<HoldAnswer> {
    const { ledger, book } = this.#options;
    book.opening(terms.leaseId, terms.clusterUid);
    const answer = await this.#hold(terms.clusterUid, () =>
      ledger.open(terms, hold, this.#nowSeconds()),
    );
    if (answer.kind === 'InsufficientFunds') book.closed(terms.leaseId);
    return answer;
  }

  extend(clusterUid: string, { leaseId, devices, hold }: Extension): Promise<HoldAnswer> {
    return this.#hold(clusterUid, () =>
      this.#options.ledger.extend(leaseId, devices, hold, this.#nowSeconds()),
    );
  }

  /** Throws while the ledger is away: what comes after a close must not happen before it. */
  async close({ leaseId, endSeconds, evidence }: Closing): Promise<void> {
    const { ledger, book, metrics } = this.#options;
    try {
      await ledger.close(leaseId, endSeconds, evidence);
    } catch (error) {
      if (error instanceof StoreUnavailableError) metrics.ledgerUnavailable('lease');
      throw error;
    }
    book.closed(leaseId);
  }

  /** When a cluster that could not pay should be looked at again. */
  askAgainMs(): number {
    const pauseMs = Math.max(askAgainMs, this.#refused.size * leastPauseMs);
    return jitteredMs(pauseMs, this.#options.random ?? Math.random);
  }

  forget(clusterUid: string): void {
    if (this.#refused.delete(clusterUid)) this.#countRefused();
  }

  async #hold(clusterUid: string, ask: () => Promise<HoldResult>): Promise<HoldAnswer> {
    try {
      const answer = await ask();
      if (answer.kind === 'InsufficientFunds') this.#refused.add(clusterUid);
      else this.#refused.delete(clusterUid);
      this.#countRefused();
      return answer;
    } catch (error) {
      this.#unavailable(error);
      return { kind: 'Away' };
    }
  }

  /** Asked only for who was refused: a lease that is sure to fail must not take devices meanwhile. */
  async #available(cluster: IOCluster): Promise<bigint | undefined> {
    if (!this.#refused.has(cluster.metadata.uid ?? '') && !wasRefused(cluster)) return undefined;
    const balances = await this.#options.ledger.balances(renterOf(cluster));
    const asset = cluster.spec.paymentAsset;
    return balances.find((balance) => balance.asset === asset)?.available ?? 0n;
  }

  #unavailable(error: unknown): void {
    if (!(error instanceof StoreUnavailableError)) throw error;
    this.#options.metrics.ledgerUnavailable('lease');
  }

  #countRefused(): void {
    this.#options.metrics.unfunded(this.#refused.size);
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.clock.now() / 1000);
  }
}

function wantsLease({ metadata, spec, status }: IOCluster): boolean {
  const over = spec.suspend || metadata.deletionTimestamp !== undefined;
  return !over && !isConditionTrue(status?.conditions, 'Finished');
}

function wasRefused({ status }: IOCluster): boolean {
  return (
    status?.conditions?.some(
      ({ type, reason }) => type === 'Funded' && reason === 'InsufficientFunds',
    ) ?? false
  );
}
