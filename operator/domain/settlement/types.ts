/** Words of settlement with the chain. Addresses and signatures are base58, ids lower-case hexadecimal. */

/** An instruction as data, whatever library signs it; operator/settlement builds them. */
export type ChainInstruction = Readonly<{
  programId: string;
  accounts: readonly Readonly<{ address: string; isSigner: boolean; isWritable: boolean }>[];
  data: Uint8Array;
}>;

/** An account as it is on chain. */
export type ChainAccount = Readonly<{
  address: string;
  /** The program that owns it. */
  owner: string;
  lamports: bigint;
  data: Uint8Array;
}>;

/** A transaction that is final. */
export type ChainTransaction = Readonly<{
  signature: string;
  slot: bigint;
  /** Seconds since 1970. */
  blockTimeSeconds: number;
  failed: boolean;
  logs: readonly string[];
  /** What each token account held before and after, in base units. */
  tokenChanges: readonly Readonly<{
    account: string;
    mint: string;
    owner: string;
    before: bigint;
    after: bigint;
  }>[];
  /** Texts of the memo program. */
  memos: readonly string[];
}>;

/** Whose key signs for the network. Renters' and suppliers' keys are never held. */
export type SignerRole = 'publisher' | 'slasher' | 'adjudicator' | 'auditor' | 'treasurer';

/** What the network does on chain. */
export type OperationKind =
  | 'OpenCase'
  | 'ResolveCase'
  | 'FinalizeBurn'
  | 'PublishRoot'
  | 'CancelRoot'
  | 'PayOut'
  | 'CloseOperation';

/** Something to be done on chain once, as it is recorded before anything is sent. */
export type ChainOperation = Readonly<{
  /** 32 bytes, derived from what it is for: recorded twice, it is the same one. */
  operationId: string;
  kind: OperationKind;
  signer: SignerRole;
  /** What its handler builds the instructions from, as canonical JSON without secrets. */
  payload: string;
}>;

/**
 * Pending: recorded, and at most sent; Done: its effect is final on chain; Refused: the program
 * refuses it, and a person has to look.
 */
export type OperationState = Readonly<{
  state: 'Pending' | 'Done' | 'Refused';
  /** Of the transaction that had the effect, if it is known. */
  signature: string | undefined;
  /** Why it was refused, or why it still waits. */
  message: string;
}>;
