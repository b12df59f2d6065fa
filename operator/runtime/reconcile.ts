import type { ObjectKey } from './kube-object.ts';
import type { Logger } from './logger.ts';

/** Nothing: done until something changes. `requeueAfterMs`: look again then, whatever happens. */
export type Result = void | { requeueAfterMs: number };

/** What a reconcile gets beside its key. */
export type ReconcileContext = {
  /** Aborted when the time limit is over or the process stops. */
  signal: AbortSignal;
  /** Carries controller, object and reconcileId in every line. */
  logger: Logger;
  reconcileId: string;
  /** Failures of this key in a row before this reconcile. */
  failures: number;
  /** Fencing token of the leader's term; undefined without leader election. */
  token?: number;
};

/** Brings one object from what is to what should be; throws to be called again later. */
export type Reconcile = (key: ObjectKey, context: ReconcileContext) => Promise<Result>;

/** It cannot succeed until something changes: counted and logged, not tried again. */
export class TerminalError extends Error {
  override readonly name: string = 'TerminalError';
}
