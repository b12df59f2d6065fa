import type { IOAccount } from '../../../crds/schema/index.ts';
import {
  amountOf,
  type ChainTotals,
  type Comparison,
  compareDetails,
  compareTotals,
  type Drift,
  type DriftKind,
  driftKey,
  type LedgerStanding,
  type StandingDrift,
  sumsDiffer,
} from '../../domain/settlement/drift.ts';
import { tellDrift } from '../../domain/settlement/drift-condition.ts';
import { type Chain, ChainUnavailableError } from '../../ports/chain.ts';
import type { ChainMirror, Drifts } from '../../ports/chain-mirror.ts';
import type { MirrorMetrics } from '../../ports/mirror-metrics.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { keyOf, type ObjectKey } from '../../runtime/kube-object.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';
import { type Addresses, addressesOf, type Deployment } from '../../settlement/addresses.ts';
import { accountLayouts } from '../../settlement/generated/accounts.ts';
import { readDetails, readTotals, totalsAddresses } from '../../settlement/totals.ts';
import type { ChainProgress } from './chain-progress.ts';

export type DriftWatchOptions = Readonly<{
  chain: Pick<Chain, 'head' | 'accounts' | 'programAccounts'>;
  mirror: Pick<ChainMirror, 'owners'>;
  drifts: Drifts;
  deployment: Deployment;
  accounts: Pick<WatchedInformer<IOAccount>, 'cache'>;
  progress: ChainProgress;
  book: DriftBook;
  /** Wants a look at an IOAccount whose drifts changed. */
  enqueue: (account: ObjectKey) => void;
  events: Pick<EventRecorder, 'event'>;
  metrics: MirrorMetrics;
  clock: Clock;
  logger: Logger;
}>;

const everyMs = 10_000;
/** What was found is looked at once more before it counts. */
const confirmMs = 1_000;
/** Each stake and claim is looked at this often, and whenever their sums differ. */
const detailsEveryMs = 600_000;
/** The mirror is given up on after this long: it has metrics of its own. */
const followMs = 60_000;
const ownersAtOnce = 10_000;

const ofTotals = ['custody', 'burn', 'vault:stake', 'vault:rewards', 'supply'] as const;
const ofDetails = ['supplier:staked', 'case:escrow', 'rewards:claimed', 'program'] as const;

/** Which drifts stand, by account, for the conditions of IOAccounts. */
export class DriftBook {
  #byOwner: ReadonlyMap<ObjectKey, readonly StandingDrift[]> | undefined;

  /** Undefined: nobody has looked yet. */
  of(account: ObjectKey): readonly StandingDrift[] | undefined {
    return this.#byOwner === undefined ? undefined : (this.#byOwner.get(account) ?? []);
  }

  /** Returns the owners of what is new, and of what has ended. */
  keep(drifts: readonly StandingDrift[]): Readonly<{ isFirst: boolean; changed: Set<ObjectKey> }> {
    const before = this.#byOwner;
    const now = Map.groupBy(drifts, ({ owner }) => owner);
    const changed = new Set([...(before?.keys() ?? []), ...now.keys()]);
    for (const owner of changed) {
      if (numbersOf(before?.get(owner)) === numbersOf(now.get(owner))) changed.delete(owner);
    }
    this.#byOwner = now;
    return { isFirst: before === undefined, changed };
  }
}

const numbersOf = (drifts: readonly StandingDrift[] = []): string =>
  drifts.map(({ driftNo }) => driftNo).join();

/** Compares ledger and chain, again and again, and tells what differs. */
export function driftWatch(options: DriftWatchOptions): Runnable {
  const watch = new DriftWatch(options);
  return {
    name: 'drift-watch',
    run: async (signal) => {
      while (!signal.aborted) {
        const isDoubtful = await watch.look(signal);
        await sleep(options.clock, isDoubtful ? confirmMs : everyMs, signal);
      }
    },
  };
}

type Findings = Comparison & Readonly<{ scope: readonly DriftKind[]; repairs: number }>;

/** One look after the other; what was found in two of them in a row counts. */
export class DriftWatch {
  readonly #options: DriftWatchOptions;
  readonly #addresses: Addresses;
  /** What the look before found, and nobody has written down yet. */
  #suspected: ReadonlyMap<string, bigint> = new Map();
  #detailsAtMs = Number.NEGATIVE_INFINITY;
  #failing = false;

  constructor(options: DriftWatchOptions) {
    this.#options = options;
    this.#addresses = addressesOf(options.deployment);
  }

  /** Returns whether something was found that has to be looked at again soon. */
  async look(signal: AbortSignal): Promise<boolean> {
    const { metrics, logger, drifts, clock } = this.#options;
    try {
      const findings = await this.#compare(signal);
      if (findings === undefined) return false;
      const { confirmed, doubtful } = this.#confirm(findings, await drifts.standingDrifts());
      const nowSeconds = Math.floor(clock.now() / 1000);
      const standing = await drifts.record(confirmed, nowSeconds);
      metrics.driftsStand(standing, nowSeconds);
      this.#tell(standing);
      this.#failing = false;
      return doubtful;
    } catch (error) {
      metrics.driftLookFailed();
      const isAway =
        error instanceof ChainUnavailableError || error instanceof StoreUnavailableError;
      if (!isAway || !this.#failing) {
        logger.error(errorFields(error), 'ledger and chain could not be compared');
      }
      this.#failing = true;
      return false;
    }
  }

  /**
   * The chain is read first, and the ledger once the mirror has passed what was read: what moved in
   * between is left for another look. Undefined: there is nothing to compare.
   */
  async #compare(signal: AbortSignal): Promise<Findings | undefined> {
    const { chain, drifts, deployment } = this.#options;
    const { slot: before } = await chain.head();
    const addresses = totalsAddresses(this.#addresses, deployment.ioMint);
    const totals = readTotals(await chain.accounts(addresses));
    if (totals === undefined || !(await this.#follows(signal))) return undefined;
    const ledger = await drifts.standing(before);
    const found = compareTotals(ledger, totals);
    const { repairs } = ledger;
    if (!this.#wantsDetails(ledger, totals)) return { ...found, scope: ofTotals, repairs };
    const details = await this.#compareDetails(before, totals, signal);
    if (details === undefined) return { ...found, scope: ofTotals, repairs };
    return {
      drifts: [...found.drifts, ...details.drifts],
      unclear: [...found.unclear, ...details.unclear],
      scope: [...ofTotals, ...ofDetails],
      repairs,
    };
  }

  #wantsDetails(ledger: LedgerStanding, totals: ChainTotals): boolean {
    if (this.#options.clock.monotonicMs() - this.#detailsAtMs >= detailsEveryMs) return true;
    if (ofDetails.some((kind) => this.#isSuspected(kind))) return true;
    return ledger.busy.owners.size === 0 && sumsDiffer(ledger, totals);
  }

  async #compareDetails(
    before: bigint,
    totals: ChainTotals,
    signal: AbortSignal,
  ): Promise<Comparison | undefined> {
    const { chain, drifts, deployment, clock } = this.#options;
    const all = (kind: 'Stake' | 'ClaimStatus') => {
      const { size, discriminator } = accountLayouts[kind];
      const filters = [{ size }, { offset: 0, bytes: discriminator }];
      return chain.programAccounts(deployment.programId, filters);
    };
    const details = readDetails(await all('Stake'), await all('ClaimStatus'));
    if (!(await this.#follows(signal))) return undefined;
    const wallets = [
      ...details.stakes.map(({ owner }) => owner),
      ...details.claims.map(({ wallet }) => wallet),
    ];
    const owners = await this.#owners([...new Set(wallets)]);
    this.#detailsAtMs = clock.monotonicMs();
    return compareDetails(await drifts.standing(before), totals, details, (wallet) =>
      owners.get(wallet),
    );
  }

  async #owners(wallets: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const owners = new Map<string, string>();
    for (let at = 0; at < wallets.length; at += ownersAtOnce) {
      const some = await this.#options.mirror.owners(wallets.slice(at, at + ownersAtOnce));
      for (const [wallet, owner] of some) owners.set(wallet, owner);
    }
    return owners;
  }

  /** Waits until the mirror has everything that is final by now. */
  async #follows(signal: AbortSignal): Promise<boolean> {
    const { chain, progress, clock, metrics } = this.#options;
    const { slot } = await chain.head();
    const isPassed = await progress.reached(slot, clock, followMs, signal);
    if (!isPassed && !signal.aborted) metrics.driftLookFailed();
    return isPassed;
  }

  /** What is found for the first time is neither written down nor taken as ended. */
  #confirm(findings: Findings, standing: readonly StandingDrift[]) {
    const known = new Map(standing.map((drift) => [driftKey(drift), amountOf(drift)]));
    const isSure = (drift: Drift): boolean => {
      const [key, amount] = [driftKey(drift), amountOf(drift)];
      return known.get(key) === amount || this.#suspected.get(key) === amount;
    };
    const sure = findings.drifts.filter(isSure);
    const doubtful = findings.drifts.filter((drift) => !isSure(drift));
    this.#suspected = new Map(doubtful.map((drift) => [driftKey(drift), amountOf(drift)]));
    const unclear = [...findings.unclear, ...doubtful];
    return { confirmed: { ...findings, drifts: sure, unclear }, doubtful: doubtful.length > 0 };
  }

  #isSuspected(kind: DriftKind): boolean {
    return [...this.#suspected.keys()].some((key) => key.startsWith(`${kind} `));
  }

  #tell(standing: readonly StandingDrift[]): void {
    const { book, accounts, enqueue, events, logger } = this.#options;
    const { isFirst, changed } = book.keep(standing);
    for (const drift of standing) {
      if (!changed.has(drift.owner)) continue;
      const { kind, owner, asset, explanation } = drift;
      const amount = String(amountOf(drift));
      logger.error({ kind, owner, asset, amount, explanation }, 'ledger and chain differ');
    }
    for (const account of accounts.cache.list()) {
      const key = keyOf(account);
      if (!isFirst && !changed.has(key)) continue;
      enqueue(key);
      if (!changed.has(key)) continue;
      const drifts = book.of(key) ?? [];
      const message = drifts.map(tellDrift).join('; ');
      events.event(
        account,
        drifts.length > 0
          ? { type: 'Warning', reason: 'Drifted', message }
          : { type: 'Normal', reason: 'Reconciled', message: 'Ledger and chain agree again' },
      );
    }
  }
}
