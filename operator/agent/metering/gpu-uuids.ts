import { gpuUuids } from '../../domain/devices/gpu-uuids.ts';
import { type Clock, type Random, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import { askAll, type ExporterTargets, readingsOf } from './exporters.ts';

export type GpuUuidsOptions = Readonly<{
  targets: ExporterTargets;
  clock: Clock;
  random: Random;
  logger: Logger;
}>;

/** GPUs are exchanged rarely; a new node is asked after so long at the latest. */
const intervalMs = 3_600_000;
const firstWithinMs = 60_000;
const none: ReadonlyMap<number, string> = new Map();

/**
 * Ids of the GPUs of the member's nodes. No label of a Node says them, its DCGM exporter does: all
 * exporters are asked once an hour, whether a lease uses their GPUs or not.
 */
export class GpuUuids {
  readonly #options: GpuUuidsOptions;
  #byNode: ReadonlyMap<string, ReadonlyMap<number, string>> = new Map();

  constructor(options: GpuUuidsOptions) {
    this.#options = options;
  }

  /** By the number of the GPU; empty while none is known. */
  of(node: string): ReadonlyMap<number, string> {
    return this.#byNode.get(node) ?? none;
  }

  /** Until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    await sleep(clock, random() * firstWithinMs, signal);
    while (!signal.aborted) {
      try {
        await this.#look(signal);
      } catch (error) {
        if (!signal.aborted) logger.warn(errorFields(error), 'ids of GPUs could not be asked for');
      }
      await sleep(clock, intervalMs, signal);
    }
  }

  /** What an exporter that does not answer said before still counts; that of a node without one does not. */
  async #look(signal: AbortSignal): Promise<void> {
    const { targets, logger } = this.#options;
    const byNode = new Map<string, ReadonlyMap<number, string>>();
    await askAll(await targets(signal), async ({ node, url }) => {
      try {
        const uuids = gpuUuids(await readingsOf(url, signal));
        // A second exporter of a node that knows nothing takes nothing away.
        if (uuids.size > 0 || !byNode.has(node)) byNode.set(node, uuids);
      } catch (error) {
        logger.debug({ node, url, ...errorFields(error) }, 'an exporter did not tell its metrics');
        const before = this.#byNode.get(node);
        if (before !== undefined && !byNode.has(node)) byNode.set(node, before);
      }
    });
    this.#byNode = byNode;
  }
}
