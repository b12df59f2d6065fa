import type { ChainAccount, ChainTransaction } from '../domain/settlement/types.ts';

/** How sure an answer is: finalized is never taken back. */
export type Commitment = 'confirmed' | 'finalized';

/** Bytes that an account has at an offset, or its size. */
export type AccountFilter =
  | Readonly<{ size: number }>
  | Readonly<{ offset: number; bytes: Uint8Array }>;

/**
 * What is read from the chain, whichever RPC nodes answer. Calls throw ChainUnavailableError when none
 * does within its time, or when those that do contradict one another.
 */
export type Chain = Readonly<{
  /** The slot that was finalized last, and when, in seconds since 1970. */
  head: () => Promise<Readonly<{ slot: bigint; timeSeconds: number }>>;
  /** In the order of the addresses; undefined where there is no account. At most 100. */
  accounts: (
    addresses: readonly string[],
    commitment?: Commitment,
  ) => Promise<readonly (ChainAccount | undefined)[]>;
  programAccounts: (
    programId: string,
    filters: readonly AccountFilter[],
    commitment?: Commitment,
  ) => Promise<readonly ChainAccount[]>;
  /** Finalized transactions that mention `address`, newest first, after `until`; at most 1,000. */
  signatures: (
    address: string,
    range: Readonly<{ until?: string | undefined; before?: string | undefined; limit?: number }>,
  ) => Promise<readonly Readonly<{ signature: string; slot: bigint; failed: boolean }>[]>;
  /** A finalized transaction; undefined where there is none, or not yet. */
  transaction: (signature: string) => Promise<ChainTransaction | undefined>;
  /** Calls `changed` soon after an account of the program may have changed; it may miss some. */
  watchProgram: (programId: string, changed: (address: string) => void) => () => void;
}>;

/** No RPC node answers, or they contradict one another: ask again later. */
export class ChainUnavailableError extends Error {
  override readonly name = 'ChainUnavailableError';
}
