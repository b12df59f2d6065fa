import type { Failure, Seen } from '../domain/settlement/send.ts';
import type { ChainInstruction, SignerRole } from '../domain/settlement/types.ts';

/** What a transaction is to do, and until when. */
export type TransactionDraft = Readonly<{
  instructions: readonly ChainInstruction[];
  blockhash: string;
}>;

/** Bytes as they are sent. Whoever sends them again sends the same transaction. */
export type SignedTransaction = Readonly<{ signature: string; bytes: Uint8Array }>;

/** The keys that this process has. */
export type TransactionSigners = Readonly<{
  /** Undefined where another process or person has the key. */
  address: (role: SignerRole) => string | undefined;
  /** The role signs and pays the fee. Throws SignerError and TransactionTooLargeError. */
  sign: (role: SignerRole, draft: TransactionDraft) => Promise<SignedTransaction>;
}>;

/** What a transaction would come to now. */
export type Simulation = Readonly<{ units: number; failure: Failure | undefined }>;

/**
 * What sending needs of the chain beside reading it. Calls throw ChainUnavailableError of chain.ts.
 * Where nodes differ, the answer is the one that can do no harm: the lower height, the longer life of a
 * blockhash, and "not seen" only when most nodes say so.
 */
export type ChainSender = Readonly<{
  /** Of the block that was finalized last. What is read as finalized after this is not older. */
  finalizedHeight: () => Promise<bigint>;
  /** A finalized blockhash, which no fork takes away, and the last height that may use it. */
  latestBlockhash: () => Promise<Readonly<{ blockhash: string; lastValidHeight: bigint }>>;
  /** What became of each, in their order. At most 256. */
  seen: (signatures: readonly string[]) => Promise<readonly Seen[]>;
  /** Runs it without effect, as if `payer` and whoever else has to had signed. */
  simulate: (payer: string, instructions: readonly ChainInstruction[]) => Promise<Simulation>;
  /**
   * What others paid lately to write to the accounts of these instructions, in micro-lamports a unit:
   * their 75th percentile.
   */
  priorityFee: (instructions: readonly ChainInstruction[]) => Promise<bigint>;
  /** Hands a signed transaction to all nodes. That a node took it does not mean that it lands. */
  send: (transaction: Uint8Array) => Promise<void>;
  /** Balances in lamports, in the order of the addresses. At most 100. */
  lamports: (addresses: readonly string[]) => Promise<readonly bigint[]>;
}>;

/** The instructions do not fit into one transaction. */
export class TransactionTooLargeError extends Error {
  override readonly name = 'TransactionTooLargeError';
}
