import type { AccountKey } from '../domain/ledger/types.ts';
import type {
  Comparison,
  DriftKind,
  LedgerStanding,
  RepairPlan,
  StandingDrift,
} from '../domain/settlement/drift.ts';
import type { MirroredTransaction, Payee } from '../domain/settlement/mirror.ts';

/** The deployment that a ledger mirrors, for ever. */
export type DeploymentRecord = Readonly<{
  programId: string;
  ioMint: string;
  usdcMint: string;
}>;

/** This ledger mirrors another deployment of the program. */
export class OtherDeploymentError extends Error {
  override readonly name = 'OtherDeploymentError';
}

/** Up to where an address is mirrored. */
export type ChainCursor = Readonly<{ signature: string; slot: bigint }>;

/**
 * What of the chain is in the ledger. Each transaction is taken once, whoever asks and however often.
 * Calls throw StoreUnavailableError of store-errors.ts.
 */
export type ChainMirror = Readonly<{
  /** Binds the ledger to a deployment. Throws OtherDeploymentError. */
  begin: (deployment: DeploymentRecord, nowSeconds: number) => Promise<void>;
  cursors: () => Promise<ReadonlyMap<string, ChainCursor>>;
  /** Which of these transactions are in the ledger. */
  known: (signatures: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Accounts of proved wallets; the others are left out. */
  owners: (wallets: readonly string[]) => Promise<ReadonlyMap<string, AccountKey>>;
  /** For whom operations pay out, by their id. */
  payees: (operationIds: readonly string[]) => Promise<ReadonlyMap<string, readonly Payee[]>>;
  /** Takes a transaction that was found by an address. False: it was taken before. */
  take: (address: string, transaction: MirroredTransaction, nowSeconds: number) => Promise<boolean>;
  /** An address has nothing more to be taken up to here. */
  pass: (address: string, cursor: ChainCursor) => Promise<void>;
  /** What was booked to wallets before accounts proved them goes to the accounts. */
  adopt: (nowSeconds: number) => Promise<number>;
  /** Transactions of which something could not be read. */
  cutOff: () => Promise<number>;
}>;

/** What a look at ledger and chain found. */
export type DriftFindings = Comparison &
  Readonly<{
    /** What was looked at. */
    scope: readonly DriftKind[];
    /** Of the LedgerStanding that was compared. */
    repairs: number;
  }>;

/** Differences between ledger and chain. Calls throw StoreUnavailableError. */
export type Drifts = Readonly<{
  /** What counts against the chain; busy is what has changed in slots after `afterSlot`. */
  standing: (afterSlot: bigint) => Promise<LedgerStanding>;
  /**
   * Writes down what was found; what was looked at and is not found any more has ended. Nothing is
   * written when a repair came in between. Returns what stands then.
   */
  record: (findings: DriftFindings, nowSeconds: number) => Promise<readonly StandingDrift[]>;
  /** Those that stand, oldest first. */
  standingDrifts: () => Promise<readonly StandingDrift[]>;
  /** Books a plan that a person approved. False: what it was made from does not stand any more. */
  approve: (
    plan: RepairPlan & Readonly<{ planId: string }>,
    reason: string,
    nowSeconds: number,
  ) => Promise<boolean>;
}>;
