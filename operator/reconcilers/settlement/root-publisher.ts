import { decidePublish, type PublishStep, type RewardRoot } from '../../domain/settlement/roots.ts';
import type { ChainOperation } from '../../domain/settlement/types.ts';
import { ChainUnavailableError } from '../../ports/chain.ts';
import type { ChainOperations } from '../../ports/chain-operations.ts';
import type { RewardDistributor, RewardRoots, RootMetrics } from '../../ports/reward-roots.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';

export type RootPublisherOptions = Readonly<{
  roots: RewardRoots;
  distributor: RewardDistributor;
  operations: ChainOperations;
  /** The operation that publishes a root. */
  operationOf: (root: RewardRoot) => ChainOperation;
  /** First second of the ledger's epoch 1. */
  genesisSeconds: () => Promise<number>;
  metrics: RootMetrics;
  clock: Clock;
  logger: Logger;
  /** Default: 5 s between two looks. */
  everyMs?: number;
}>;

const defaultEveryMs = 5_000;

/** What became of the newest root, beside what the chain says. */
type Step =
  | PublishStep
  /** The program is not there. */
  | 'NoDistributor'
  /** Epochs of ledger and program have other numbers: nothing may be published. */
  | 'OtherGenesis'
  /** It was published, and somebody took it back. It is not published again. */
  | 'Cancelled'
  /** The program refuses it. */
  | 'Refused'
  /** It waits for the one before, which is being sent. */
  | 'Sending';

const wrong: ReadonlySet<Step> = new Set([
  'NoDistributor',
  'OtherGenesis',
  'Cancelled',
  'Refused',
  'Differs',
  'TotalFalls',
  'TotalExceedsEmission',
]);

/**
 * Builds the root of each epoch whose rewards were distributed, and has the newest one published once
 * the one before has matured. All of it may be repeated after a crash.
 */
export function rootPublisher(options: RootPublisherOptions): Runnable {
  const publisher = new RootPublisher(options);
  return {
    name: 'root-publisher',
    run: async (signal) => {
      while (!signal.aborted) {
        await publisher.turn();
        await sleep(options.clock, options.everyMs ?? defaultEveryMs, signal);
      }
    },
  };
}

class RootPublisher {
  readonly #options: RootPublisherOptions;
  #told = '';
  /** The operation that was recorded last. */
  #recorded: string | undefined;

  constructor(options: RootPublisherOptions) {
    this.#options = options;
  }

  async turn(): Promise<void> {
    try {
      await this.#publish();
    } catch (error) {
      const isAway =
        error instanceof ChainUnavailableError || error instanceof StoreUnavailableError;
      const { logger } = this.#options;
      if (!isAway) logger.error(errorFields(error), 'the root could not be brought forward');
      else if (this.#tell('away')) logger.warn(errorFields(error), 'roots wait');
    }
  }

  async #publish(): Promise<void> {
    const { roots, operations, operationOf, metrics, logger } = this.#options;
    const nowSeconds = Math.floor(this.#options.clock.now() / 1000);
    const root = await roots.build(nowSeconds);
    if (root === undefined) return;
    const step = await this.#stepOf(root);
    metrics.rootBuilt(root, step);
    if (step === 'Publish') {
      const operation = operationOf(root);
      await operations.record(operation, nowSeconds);
      this.#recorded = operation.operationId;
    }
    if (!this.#tell(`${root.epoch} ${step}`)) return;
    const { epoch, leafCount, total } = root;
    const facts = { epoch, root: root.root, leafCount, total: String(total), step };
    if (wrong.has(step)) logger.error(facts, 'the root cannot be published');
    else logger.info(facts, 'root of rewards');
  }

  async #stepOf(root: RewardRoot): Promise<Step> {
    const { distributor, genesisSeconds, operations, operationOf } = this.#options;
    const chain = await distributor.read();
    if (chain === undefined) return 'NoDistributor';
    if (chain.state.genesisSeconds !== (await genesisSeconds())) return 'OtherGenesis';
    const step = decidePublish(chain.state, root, chain.nowSeconds);
    if (step !== 'Publish') return step;
    const { operationId } = operationOf(root);
    const before = this.#recorded ?? operationId;
    const states = await operations.states([operationId, before]);
    const state = states.get(operationId)?.state;
    if (state === 'Done') return 'Cancelled';
    if (state === 'Refused') return 'Refused';
    return before !== operationId && states.get(before)?.state === 'Pending' ? 'Sending' : step;
  }

  /** Whether this was not told last. */
  #tell(what: string): boolean {
    const isNew = this.#told !== what;
    this.#told = what;
    return isNew;
  }
}
