import type { IOAccountStatus } from '../../../crds/schema/index.ts';
import { compareText } from '../../domain/order.ts';
import { formatAmount } from '../../domain/pricing/assets.ts';
import type { LeaseLedger } from '../../ports/lease-ledger.ts';
import type { LedgerMetrics } from '../../ports/ledger-metrics.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { jitteredMs } from '../../runtime/backoff.ts';
import type { Clock, Random } from '../../runtime/clock.ts';
import { jsonEqual } from '../../runtime/json.ts';
import type { ObjectKey } from '../../runtime/kube-object.ts';

type Fields = Pick<IOAccountStatus, 'balances' | 'balancesTime'>;
type Found = NonNullable<Fields['balances']>;

/** An account is asked about this often, and all of them together at most 500 times a second. */
const askEveryMs = 5_000;
const leastPauseMs = 2;
/** Its status is written this often, whatever changes in between. */
const writeEveryMs = 30_000;
/** One that has just been asked about is looked at again a little later. */
const leastWaitMs = 1_000;

/** Copies what the ledger has of accounts into their status, at most twice a minute each. */
export class Balances {
  readonly #ledger: Pick<LeaseLedger, 'balances'>;
  readonly #metrics: LedgerMetrics;
  readonly #clock: Clock;
  readonly #random: Random;
  /** When an account is asked about again, by the monotonic clock. */
  readonly #dueMs = new Map<ObjectKey, number>();
  readonly #writtenMs = new Map<ObjectKey, number>();

  constructor(options: {
    ledger: Pick<LeaseLedger, 'balances'>;
    metrics: LedgerMetrics;
    clock: Clock;
    random?: Random;
  }) {
    this.#ledger = options.ledger;
    this.#metrics = options.metrics;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
  }

  /** The fields of the status; as they were while the ledger is away, or was asked just now. */
  async of(key: ObjectKey, before: IOAccountStatus | undefined): Promise<Fields> {
    const { balances, balancesTime } = before ?? {};
    const same: Fields = {
      ...(balances === undefined ? {} : { balances }),
      ...(balancesTime === undefined ? {} : { balancesTime }),
    };
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < (this.#dueMs.get(key) ?? 0)) return same;
    const pauseMs = Math.max(askEveryMs, this.#dueMs.size * leastPauseMs);
    this.#dueMs.set(key, nowMs + jitteredMs(pauseMs, this.#random));
    if (nowMs - (this.#writtenMs.get(key) ?? -writeEveryMs) < writeEveryMs) return same;
    const found = await this.#ask(key);
    // An account without entries says nothing, so that its first ones are told at once.
    if (found === undefined || jsonEqual(found, balances ?? [])) return same;
    this.#writtenMs.set(key, nowMs);
    const time = new Date(this.#clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z');
    return { balances: found, balancesTime: time };
  }

  /** When it makes sense to look at the account again. */
  nextMs(key: ObjectKey): number {
    return Math.max(leastWaitMs, (this.#dueMs.get(key) ?? 0) - this.#clock.monotonicMs());
  }

  forget(key: ObjectKey): void {
    this.#dueMs.delete(key);
    this.#writtenMs.delete(key);
  }

  async #ask(key: ObjectKey): Promise<Found | undefined> {
    try {
      const balances = await this.#ledger.balances(key);
      return balances
        .map(({ asset, available, held, earned }) => ({
          asset,
          available: formatAmount(available, asset),
          held: formatAmount(held, asset),
          earned: formatAmount(earned, asset),
        }))
        .toSorted((a, b) => compareText(b.asset, a.asset));
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.#metrics.ledgerUnavailable('balances');
      return undefined;
    }
  }
}
