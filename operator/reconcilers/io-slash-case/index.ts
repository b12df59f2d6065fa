import type { IOSlashCase } from '../../../crds/schema/index.ts';
import type { ChainOperations } from '../../ports/chain-operations.ts';
import { Controller, type Result } from '../../runtime/controller.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { keyOf, type ObjectKey } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { OwnWrites } from '../../runtime/own-writes.ts';
import { CaseApplier, type CaseEffects } from './apply.ts';
import { decide } from './decide.ts';
import { caseIdOfObject, type CaseSources, deviceIdOfObject, observe } from './observe.ts';
import type { CaseSnapshot } from './snapshot.ts';

export type IOSlashCaseOptions = CaseEffects &
  CaseSources &
  Readonly<{
    slashCases: WatchedInformer<IOSlashCase>;
    operations: ChainOperations;
    metrics: RuntimeMetrics;
    logger: Logger;
  }>;

/** A case that waits, or is on its way to the chain, is looked at again. */
const waitMs = 5_000;

/** Indexes that the informer of IOSlashCases has to have. */
export const slashCaseIndexes = {
  device: ({ metadata, spec }: IOSlashCase): readonly string[] => [
    `${metadata.namespace}/${spec.deviceRef.name}`,
  ],
  caseId: (slashCase: IOSlashCase): readonly string[] => [caseIdOfObject(slashCase)],
  deviceId: (slashCase: IOSlashCase): readonly string[] => [deviceIdOfObject(slashCase)],
};

/** Puts cases on the chain, mirrors what becomes of them there, and ends them when it is time. */
export function ioSlashCaseController(options: IOSlashCaseOptions): Controller {
  const { slashCases, book } = options;
  const reconciler = new Reconciler(options);
  const controller = new Controller({
    name: 'io-slash-case',
    reconcile: (key, { signal }) => reconciler.reconcile(key, signal),
    // One after the other, so that two do not both see the last room under the cap.
    concurrency: 1,
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
  }).watch(slashCases);
  book.onChange((change) => {
    const found = (index: string, id: string): readonly ObjectKey[] =>
      slashCases.cache.byIndex(index, id).map(keyOf);
    switch (change.kind) {
      case 'All':
        for (const key of slashCases.cache.keys()) controller.enqueue(key);
        return;
      case 'Stake':
        for (const key of found('deviceId', change.deviceId)) controller.enqueue(key);
        return;
      case 'Case':
        for (const key of found('caseId', change.caseId)) controller.enqueue(key);
        return;
    }
  });
  return controller;
}

class Reconciler {
  readonly #options: IOSlashCaseOptions;
  readonly #own: OwnWrites<IOSlashCase>;
  readonly #applier: CaseApplier;
  /** What cases take of the cap that are recorded and not on the chain yet. */
  readonly #recorded = new Map<ObjectKey, bigint>();

  constructor(options: IOSlashCaseOptions) {
    this.#options = options;
    this.#own = new OwnWrites(options.slashCases.cache);
    this.#applier = new CaseApplier(options, (slashCase) => this.#own.wrote(slashCase));
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result> {
    this.#recorded.delete(key);
    const slashCase = this.#own.get(key);
    if (slashCase === undefined) return undefined;
    const capTaken = [...this.#recorded.values()].reduce((sum, amount) => sum + amount, 0n);
    const snapshot = await observe(slashCase, capTaken, this.#options);
    const decision = decide(snapshot);
    const taking = takenBy(snapshot, decision.record?.amount);
    if (taking > 0n) this.#recorded.set(key, taking);
    await this.#applier.apply(snapshot, decision, signal);
    return decision.isWaiting ? { requeueAfterMs: waitMs } : undefined;
  }
}

/** What a case takes of the cap before the chain has counted it. */
function takenBy(
  { found, attempts, slashCase }: CaseSnapshot,
  recorded: bigint | undefined,
): bigint {
  if (found !== undefined) return 0n;
  if (recorded !== undefined) return recorded;
  const isOnItsWay = attempts.OpenCase !== undefined && attempts.OpenCase.state.state !== 'Refused';
  return isOnItsWay ? BigInt(slashCase.spec.amountBaseUnits) : 0n;
}
