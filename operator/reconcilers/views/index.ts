import { instant } from '../../domain/instant.ts';
import { networkSums } from '../../domain/views/network.ts';
import type { ViewMetrics } from '../../ports/view-metrics.ts';
import { ViewsTakenOverError, type ViewWriter } from '../../ports/view-writer.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';
import type { FederationState } from '../federation-state.ts';
import { ViewProjector } from './projector.ts';
import { type ViewInformers, viewSources } from './sources.ts';

export type ViewsOptions = ViewInformers &
  Readonly<{
    state: Pick<FederationState, 'inventory'>;
    writer: ViewWriter;
    metrics: ViewMetrics;
    clock: Clock;
    logger: Logger;
  }>;

/** What anybody sees is never older than ten seconds. */
const sumsEveryMs = 5_000;

/** Writes what people look at: views of objects as they change, and sums over all of them. */
export function viewsRunnable(options: ViewsOptions): Runnable {
  const projector = new ViewProjector({ ...options, sources: viewSources(options) });
  return {
    name: 'views',
    run: async (signal) => {
      await Promise.all([projector.run(signal), keepSums(options, projector, signal)]);
    },
  };
}

async function keepSums(
  options: ViewsOptions,
  projector: ViewProjector,
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger, metrics } = options;
  let isFailing = false;
  while (!signal.aborted) {
    try {
      if (projector.term !== undefined) await writeSums(options, projector.term);
      isFailing = false;
    } catch (error) {
      metrics.viewsNotWritten();
      if (error instanceof ViewsTakenOverError) projector.lose();
      if (!isFailing) logger.warn(errorFields(error), 'sums of the network are not written');
      isFailing = true;
    }
    await sleep(clock, projector.term === undefined ? 100 : sumsEveryMs, signal);
  }
}

async function writeSums(
  { state, clusters, writer, clock, metrics }: ViewsOptions,
  term: number,
): Promise<void> {
  const startedMs = clock.monotonicMs();
  const nowSeconds = Math.floor(clock.now() / 1000);
  const sums = networkSums(state.inventory.members, clusters.cache.list(), instant(nowSeconds));
  const seconds = (clock.monotonicMs() - startedMs) / 1000;
  await writer.writeSums(term, sums, nowSeconds);
  metrics.viewSumsWritten(nowSeconds, seconds);
}
