import { epochAt } from '../domain/epoch.ts';
import type { EpochLedger } from '../ports/epoch-ledger.ts';
import type { DeviceFacts } from '../domain/rewards/types.ts';
import type { LedgerCall, LedgerMetrics } from '../ports/ledger-metrics.ts';
import type { RewardLedger } from '../ports/reward-ledger.ts';
import { StoreUnavailableError } from '../ports/store-errors.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { errorFields, type Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';

export type EpochCloserOptions = Readonly<{
  epochs: EpochLedger;
  /** Undefined: suppliers get no block rewards. */
  rewards?: RewardLedger | undefined;
  /** All devices as they are now. */
  devices: () => readonly DeviceFacts[];
  metrics: LedgerMetrics;
  clock: Clock;
  logger: Logger;
}>;

const everyMs = 3_000;
/** After its hour an epoch is left open this long, so that most reports are in time for it. */
const graceSeconds = 120;
/** Leases settled in one call. */
const settleLimit = 1_000;

/**
 * Closes each epoch once its hour and a grace time are over, in order, and settles leases that ended
 * as soon as all of their use is known. Everything here may be repeated after a crash.
 */
export function epochCloser(options: EpochCloserOptions): Runnable {
  const closer = new EpochCloser(options);
  return {
    name: 'epoch-closer',
    run: async (signal) => {
      while (!signal.aborted) {
        await closer.turn(signal);
        await sleep(options.clock, everyMs, signal);
      }
    },
  };
}

class EpochCloser {
  readonly #options: EpochCloserOptions;
  #genesisSeconds: number | undefined;
  /** The first epoch that this process closed, and the last that it knows to be closed. */
  #first: number | undefined;
  #closed: number | undefined;
  #rewarded: number | undefined;
  #paused: string | undefined;
  readonly #failing = new Set<LedgerCall>();

  constructor(options: EpochCloserOptions) {
    this.#options = options;
  }

  /** What fails is told, and tried again with the next turn. */
  async turn(signal: AbortSignal): Promise<void> {
    await this.#attempt('settle', () => this.#settle(signal));
    await this.#attempt('epoch', () => this.#close(signal));
    await this.#attempt('rewards', () => this.#reward(signal));
  }

  async #settle(signal: AbortSignal): Promise<void> {
    const { epochs } = this.#options;
    while (!signal.aborted) {
      const settled = await epochs.settleClosing(settleLimit, this.#nowSeconds());
      if (settled < settleLimit) return;
    }
  }

  async #close(signal: AbortSignal): Promise<void> {
    const { epochs } = this.#options;
    this.#genesisSeconds ??= await epochs.genesisSeconds();
    const finished = epochAt(this.#nowSeconds() - graceSeconds, this.#genesisSeconds) - 1;
    if (finished <= (this.#closed ?? 0) || (await this.#isPaused())) return;
    this.#closed = await epochs.lastClosed();
    for (let epoch = this.#closed + 1; epoch <= finished && !signal.aborted; epoch += 1) {
      await this.#closeOne(epoch);
      this.#first ??= epoch;
      this.#closed = epoch;
    }
  }

  async #isPaused(): Promise<boolean> {
    const { epochs, logger } = this.#options;
    const reason = await epochs.pausedBecause();
    if (reason !== undefined && reason !== this.#paused) {
      logger.warn(
        { reason },
        'closing is paused: io-operator epochs --action=resume lets it go on',
      );
    }
    this.#paused = reason;
    return reason !== undefined;
  }

  /** Begins with the first epoch that is closed while there are rewards, and leaves none out then. */
  async #reward(signal: AbortSignal): Promise<void> {
    const { rewards, devices, logger } = this.#options;
    const closed = this.#closed ?? 0;
    if (rewards === undefined || closed === 0 || this.#rewarded === closed) return;
    const last = await rewards.lastDistributed();
    const next = last === 0 ? (this.#first ?? closed) : last + 1;
    for (let epoch = next; epoch <= closed && !signal.aborted; epoch += 1) {
      const report = await rewards.distribute(epoch, devices(), this.#nowSeconds());
      logger.info(
        { ...report, emitted: String(report.emitted), undistributed: String(report.undistributed) },
        'rewards distributed',
      );
    }
    this.#rewarded = closed;
  }

  async #closeOne(epoch: number): Promise<void> {
    const { epochs, metrics, clock, logger } = this.#options;
    const startedMs = clock.monotonicMs();
    const report = await epochs.closeEpoch(epoch, this.#nowSeconds());
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    metrics.epochClosed(report, seconds);
    logger.info({ ...report, seconds }, report.closed ? 'epoch closed' : 'epoch was closed before');
  }

  async #attempt(call: LedgerCall, work: () => Promise<void>): Promise<void> {
    const { metrics, logger } = this.#options;
    try {
      await work();
      if (this.#failing.delete(call)) logger.info({ call }, 'the ledger answers again');
    } catch (error) {
      const isAway = error instanceof StoreUnavailableError;
      if (isAway) metrics.ledgerUnavailable(call);
      if (!isAway || !this.#failing.has(call)) {
        logger.error({ call, ...errorFields(error) }, 'the ledger could not be brought forward');
      }
      this.#failing.add(call);
    }
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.clock.now() / 1000);
  }
}
