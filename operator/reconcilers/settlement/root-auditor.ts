import {
  claimableRoot,
  immatureRoot,
  type RewardRoot,
  sameRoot,
} from '../../domain/settlement/roots.ts';
import { ChainUnavailableError } from '../../ports/chain.ts';
import type {
  RewardDistributor,
  RootAuditMetrics,
  RootCanceller,
  RootVerdict,
} from '../../ports/reward-roots.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';

export type RootAuditorOptions = Readonly<{
  distributor: RewardDistributor;
  /** The root that an epoch has to have; undefined when the ledger cannot say. */
  rootAt: (epoch: number) => Promise<RewardRoot | undefined>;
  canceller: RootCanceller;
  metrics: RootAuditMetrics;
  clock: Clock;
  logger: Logger;
  /** Default: 5 s between two looks. */
  everyMs?: number;
}>;

const defaultEveryMs = 5_000;

/**
 * Computes each root again that is on chain, and cancels a wrong one while it can be. What it cannot
 * compute it leaves alone, and says so: a ledger that is away must not stop everybody's rewards.
 */
export async function auditRoots(options: RootAuditorOptions, signal: AbortSignal): Promise<void> {
  const auditor = new RootAuditor(options);
  while (!signal.aborted) {
    await auditor.turn();
    await sleep(options.clock, options.everyMs ?? defaultEveryMs, signal);
  }
}

class RootAuditor {
  readonly #options: RootAuditorOptions;
  /** What the root that was looked at last has to be, by its epoch and hash. */
  readonly #judged = new Map<string, RewardRoot>();
  #told = '';

  constructor(options: RootAuditorOptions) {
    this.#options = options;
  }

  async turn(): Promise<void> {
    const { distributor, logger } = this.#options;
    try {
      const chain = await distributor.read();
      if (chain === undefined) {
        if (this.#tell('gone')) logger.error({}, 'there is no distributor at this address');
        return;
      }
      const { state, nowSeconds } = chain;
      const pending = immatureRoot(state, nowSeconds);
      if (pending !== undefined) await this.#look(pending, true);
      else {
        const active = claimableRoot(state, nowSeconds);
        if (active !== undefined) await this.#look(active, false);
      }
    } catch (error) {
      const isAway = error instanceof ChainUnavailableError;
      if (!isAway) logger.error(errorFields(error), 'the look at the root failed');
      else if (this.#tell('away')) logger.warn(errorFields(error), 'the chain does not answer');
    }
  }

  async #look(root: RewardRoot, isImmature: boolean): Promise<void> {
    const { canceller, metrics, logger } = this.#options;
    const { verdict, right } = await this.#verdict(root, isImmature);
    metrics.rootAudited(root.epoch, verdict);
    if (verdict === 'Wrong') {
      const signature = await canceller.cancel(root);
      if (this.#tell(signature)) {
        metrics.rootCancelled();
        logger.error(told({ root, right, signature }), 'a wrong root is cancelled');
      }
      return;
    }
    if (!this.#tell(`${root.epoch} ${root.root} ${verdict}`)) return;
    if (verdict === 'Right') logger.info(told({ root }), 'the root is right');
    else if (verdict === 'Unknown') logger.error(told({ root }), 'the root cannot be computed');
    else logger.error(told({ root, right }), 'claims are paid by a wrong root');
  }

  async #verdict(
    root: RewardRoot,
    isImmature: boolean,
  ): Promise<Readonly<{ verdict: RootVerdict; right?: RewardRoot | undefined }>> {
    const key = `${root.epoch} ${root.root}`;
    if (!this.#judged.has(key)) {
      const right = await this.#computed(root.epoch);
      if (right === 'Unknown') return { verdict: 'Unknown' };
      this.#judged.clear();
      this.#judged.set(key, right);
    }
    const right = this.#judged.get(key);
    if (right !== undefined && sameRoot(root, right)) return { verdict: 'Right' };
    return { verdict: isImmature ? 'Wrong' : 'WrongAndActive', right };
  }

  async #computed(epoch: number): Promise<RewardRoot | 'Unknown'> {
    const { rootAt, logger } = this.#options;
    try {
      return (await rootAt(epoch)) ?? 'Unknown';
    } catch (error) {
      logger.warn(errorFields(error), 'the ledger could not be computed again');
      return 'Unknown';
    }
  }

  /** Whether this was not told last. */
  #tell(what: string): boolean {
    const isNew = this.#told !== what;
    this.#told = what;
    return isNew;
  }
}

function told({
  root,
  right,
  signature,
}: Readonly<{
  root: RewardRoot;
  right?: RewardRoot | undefined;
  signature?: string;
}>): Record<string, unknown> {
  const fields = ({ root: hash, total, leafCount }: RewardRoot) => ({
    root: hash,
    total: String(total),
    leafCount,
  });
  return {
    epoch: root.epoch,
    ...fields(root),
    ...(right === undefined ? {} : { right: fields(right) }),
    ...(signature === undefined ? {} : { signature }),
  };
}
