import type { ChainOperation, OperationState } from '../domain/settlement/types.ts';

/** An operation was recorded before under the same id with other content. */
export class OperationConflictError extends Error {
  override readonly name = 'OperationConflictError';
}

/**
 * What is to be done on chain. To record it is a promise that it takes effect once, whatever crashes;
 * calls throw StoreUnavailableError of store-errors.ts.
 */
export type ChainOperations = Readonly<{
  /** Throws OperationConflictError. */
  record: (operation: ChainOperation, nowSeconds: number) => Promise<void>;
  /** States of those that were recorded. */
  states: (operationIds: readonly string[]) => Promise<ReadonlyMap<string, OperationState>>;
}>;
