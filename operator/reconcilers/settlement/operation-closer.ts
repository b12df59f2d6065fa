import type { ChainOperation } from '../../domain/settlement/types.ts';
import type { OperationStore } from '../../ports/operation-store.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';

export type OperationCloserOptions = Readonly<{
  store: Pick<OperationStore, 'unclosedPayOuts' | 'record'>;
  /** The operation that closes the account of a pay-out. */
  closingOf: (payOutId: string) => ChainOperation;
  /** After so long the id of a pay-out can never be used again. */
  windowSeconds: number;
  clock: Clock;
  logger: Logger;
  /** Default: 10 min. */
  everyMs?: number;
}>;

const defaultEveryMs = 600_000;
/** In one turn; 20,000 payments a day are some 1,300 pay-outs. */
const limit = 100;
/** The chain's clock may be behind ours. */
const reserveSeconds = 3_600;

/** Has the accounts of old pay-outs closed, so that the rent in them comes back. */
export function operationCloser(options: OperationCloserOptions): Runnable {
  const { store, closingOf, windowSeconds, clock, logger } = options;
  const close = async (): Promise<void> => {
    const nowSeconds = Math.floor(clock.now() / 1000);
    const before = nowSeconds - windowSeconds - reserveSeconds;
    for (const id of await store.unclosedPayOuts(before, limit)) {
      await store.record(closingOf(id), nowSeconds);
    }
  };
  return {
    name: 'operation-closer',
    run: async (signal) => {
      while (!signal.aborted) {
        await close().catch((error: unknown) =>
          logger.error(errorFields(error), 'old pay-outs could not be closed'),
        );
        await sleep(clock, options.everyMs ?? defaultEveryMs, signal);
      }
    },
  };
}
