import type { Attempt, Ended } from '../domain/settlement/send.ts';
import type { ChainOperation, OperationKind } from '../domain/settlement/types.ts';
import type { ChainOperations } from './chain-operations.ts';

/** An attempt with what is sent. */
export type StoredAttempt = Attempt & Readonly<{ bytes: Uint8Array }>;

/** An operation that is not done, with the transactions that were signed for it, oldest first. */
export type PendingOperation = ChainOperation &
  Readonly<{
    recordedAtSeconds: number;
    attempts: readonly StoredAttempt[];
  }>;

export type NewAttempt = Readonly<{
  operationId: string;
  /** 1 for the first attempt of an operation. */
  number: number;
  signature: string;
  purpose: Attempt['purpose'];
  bytes: Uint8Array;
  blockhash: string;
  lastValidHeight: bigint;
}>;

/** The operations of the chain and what was signed for them, as their sender keeps it. */
export type OperationStore = ChainOperations &
  Readonly<{
    /** At most `limit` that are to be looked at now, those first that have waited longest. */
    pending: (limit: number, nowSeconds: number) => Promise<readonly PendingOperation[]>;
    /**
     * Stores what was signed. False when another process stored an attempt of that number before, or
     * ended the operation: then nothing must be sent.
     */
    addAttempt: (attempt: NewAttempt, nowSeconds: number) => Promise<boolean>;
    /** An attempt was handed to the nodes; the first time counts. */
    sent: (signature: string, nowSeconds: number) => Promise<void>;
    /** What became of attempts; what was written before stays. */
    attemptsEnded: (ended: readonly Ended[], nowSeconds: number) => Promise<void>;
    /** Ends an operation, once. */
    finish: (
      operationId: string,
      end: Readonly<{
        state: 'Done' | 'Refused';
        signature: string | undefined;
        message: string;
      }>,
      nowSeconds: number,
    ) => Promise<void>;
    /** Why an operation waits, and until when it need not be looked at. */
    postpone: (operationId: string, why: string, untilSeconds: number) => Promise<void>;
    /** Ids of pay-outs that were recorded before and are done, and that nobody closes yet. */
    unclosedPayOuts: (beforeSeconds: number, limit: number) => Promise<readonly string[]>;
    /** Those that are not done, by kind. */
    backlog: () => Promise<
      readonly Readonly<{ kind: OperationKind; count: number; oldestAtSeconds: number }>[]
    >;
  }>;
