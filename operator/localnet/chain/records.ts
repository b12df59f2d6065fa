import type { MaybeAccount } from './account-state.ts';
import type { Fork, Genesis, Warp } from './chain-time.ts';
import type { InnerInstruction } from './engine.ts';
import type { TransactionError } from './errors.ts';
import type { uiAmount } from './token.ts';

/** Tokens of one account before or after a transaction, as JSON-RPC tells them. */
export type TokenBalance = Readonly<{
  accountIndex: number;
  mint: string;
  owner: string;
  programId: string;
  uiTokenAmount: ReturnType<typeof uiAmount>;
}>;

/** A transaction that is part of the chain: it took its fee, whether it then succeeded or not. */
export type Landed = Readonly<{
  signature: string;
  slot: number;
  bytes: Uint8Array;
  keys: readonly string[];
  loaded: Readonly<{ writable: readonly string[]; readonly: readonly string[] }>;
  error: TransactionError | null;
  fee: bigint;
  units: number;
  logs: readonly string[];
  inner: readonly (readonly InnerInstruction[])[];
  returned: Readonly<{ program: string; data: Uint8Array }> | null;
  memo: string | null;
  lamports: Readonly<{ before: readonly bigint[]; after: readonly bigint[] }>;
  tokens: Readonly<{ before: readonly TokenBalance[]; after: readonly TokenBalance[] }>;
}>;

/** Accounts that a transaction made, changed or (undefined) removed. */
export type Changes = readonly (readonly [address: string, state: MaybeAccount])[];

/**
 * What the journal holds: effects, not causes. Reading it again runs nothing, so a chain comes back
 * as it was even with another build of a program.
 */
export type ChainRecord =
  | Readonly<{ kind: 'genesis'; version: 1; genesis: Genesis }>
  | Readonly<{ kind: 'account'; address: string; state: MaybeAccount }>
  /** Ends the accounts of a snapshot, which are those at the end of this slot. */
  | Readonly<{ kind: 'base'; slot: number }>
  /** Without its changes when the accounts of a snapshot have them. */
  | Readonly<{ kind: 'landed'; landed: Landed; changes: Changes }>
  | Readonly<{ kind: 'warp'; warp: Warp }>
  | Readonly<{ kind: 'fork'; fork: Fork }>;
