import type { IOAccount } from '../../crds/schema/index.ts';
import { createChainMirror } from '../adapters/postgres/chain-mirror.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { createDrifts } from '../adapters/postgres/drifts.ts';
import type { ConditionIntent } from '../domain/condition-intent.ts';
import { driftCondition } from '../domain/settlement/drift-condition.ts';
import type { Chain } from '../ports/chain.ts';
import type { MirrorMetrics } from '../ports/mirror-metrics.ts';
import { chainMirror } from '../reconcilers/settlement/chain-mirror.ts';
import { ChainProgress } from '../reconcilers/settlement/chain-progress.ts';
import { DriftBook, driftWatch } from '../reconcilers/settlement/drift-watch.ts';
import type { Clock } from '../runtime/clock.ts';
import type { EventRecorder } from '../runtime/events.ts';
import type { Informer } from '../runtime/informer.ts';
import type { ObjectKey } from '../runtime/kube-object.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';
import type { Deployment } from '../settlement/addresses.ts';

export type MirrorShared = Readonly<{
  accounts: Informer<IOAccount>;
  events: EventRecorder;
  metrics: MirrorMetrics;
  clock: Clock;
  logger: Logger;
}>;

/** What a hub with a chain has of the mirror: the chain in the ledger, and whether both agree. */
export type HubMirror = Readonly<{
  /** The condition of an IOAccount; undefined until somebody has looked. */
  drift: (account: ObjectKey) => ConditionIntent | undefined;
  runnables: (enqueueAccount: (account: ObjectKey) => void) => readonly Runnable[];
}>;

/** Mirrors the chain into the ledger, and compares both. */
export function openMirror(
  database: Database,
  chain: Chain,
  deployment: Deployment,
  shared: MirrorShared,
): HubMirror {
  const mirror = createChainMirror(database);
  const progress = new ChainProgress();
  const book = new DriftBook();
  const common = { ...shared, chain, deployment, mirror, progress };
  return {
    drift: (account) => {
      const drifts = book.of(account);
      return drifts === undefined ? undefined : driftCondition(drifts);
    },
    runnables: (enqueue) => [
      chainMirror(common),
      driftWatch({ ...common, drifts: createDrifts(database), book, enqueue }),
    ],
  };
}
