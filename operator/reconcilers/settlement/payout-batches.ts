import type { Asset } from '../../domain/ledger/types.ts';
import {
  planPayouts,
  type PayoutStep,
  type WaitingPayout,
} from '../../domain/settlement/payouts.ts';
import { type Chain, ChainUnavailableError } from '../../ports/chain.ts';
import type { Payouts } from '../../ports/payouts.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';
import { sha256Bytes } from '../../runtime/sha256.ts';
import { operationIdOf } from '../../settlement/addresses.ts';
import { payOutOperation, paymentsPerOperation } from '../../settlement/operations/pay-out.ts';

export type PayoutBatchesOptions = Readonly<{
  payouts: Payouts;
  chain: Pick<Chain, 'head'>;
  /** How long a batch waits to become full. */
  patienceSeconds: number;
  clock: Clock;
  logger: Logger;
}>;

const everyMs = 2_000;
/** Requests of one asset that are looked at in one turn; the others follow in the next ones. */
const lookLimit = 1_600;
const assets = ['USDC', 'IO'] as const;

/**
 * Puts what accounts want to have into batches that operation-sender pays, and gives back what the
 * program refuses. Two hubs may do this at once: a request is in one batch at a time.
 */
export function payoutBatches(options: PayoutBatchesOptions): Runnable {
  const batches = new PayoutBatches(options);
  return {
    name: 'payout-batches',
    run: async (signal) => {
      while (!signal.aborted) {
        await batches.turn();
        await sleep(options.clock, everyMs, signal);
      }
    },
  };
}

class PayoutBatches {
  readonly #options: PayoutBatchesOptions;
  #isFailing = false;

  constructor(options: PayoutBatchesOptions) {
    this.#options = options;
  }

  /** What fails is told, and tried again with the next turn. */
  async turn(): Promise<void> {
    const { payouts, logger } = this.#options;
    try {
      const paid = await payouts.endPaid(this.#nowSeconds());
      if (paid > 0) logger.info({ requests: paid }, 'payouts are final');
      for (const asset of assets) await this.#forward(asset);
      if (this.#isFailing) logger.info({}, 'payouts go on');
      this.#isFailing = false;
    } catch (error) {
      const isAway =
        error instanceof StoreUnavailableError || error instanceof ChainUnavailableError;
      if (!isAway || !this.#isFailing) {
        logger.error(errorFields(error), 'payouts could not be brought forward');
      }
      this.#isFailing = true;
    }
  }

  async #forward(asset: Asset): Promise<void> {
    const { payouts, patienceSeconds } = this.#options;
    const waiting = await payouts.waiting(asset, lookLimit);
    const terms = { most: paymentsPerOperation, patienceSeconds };
    for (const step of planPayouts(waiting, terms, this.#nowSeconds())) {
      await this.#take(asset, step);
    }
  }

  async #take(asset: Asset, step: PayoutStep): Promise<void> {
    const { payouts, logger } = this.#options;
    if (step.kind === 'Batch') return this.#batch(asset, step.requests);
    const { request, reason } = step;
    if (await payouts.giveBack(request.requestId, reason, this.#nowSeconds())) {
      logger.warn({ request: request.requestId, reason }, 'a payout was given back');
    }
  }

  async #batch(asset: Asset, requests: readonly WaitingPayout[]): Promise<void> {
    const { payouts, chain, logger } = this.#options;
    const ids = requests.map(({ requestId }) => requestId);
    // The chain's time: it judges how old an operation is.
    const { timeSeconds } = await chain.head();
    const operation = payOutOperation({
      operationId: operationIdOf(timeSeconds, sha256Bytes(Buffer.from(ids.join()))),
      asset,
      payments: requests.map(({ wallet, amount }) => ({ wallet, amount })),
    });
    if (await payouts.batch(operation, ids, this.#nowSeconds())) {
      const { operationId } = operation;
      logger.info({ operation: operationId, asset, requests: ids.length }, 'a batch of payouts');
    }
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.clock.now() / 1000);
  }
}
