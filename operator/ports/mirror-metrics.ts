import type { Drift } from '../domain/settlement/drift.ts';

/** Why the mirror does not go on; it tries again. */
export type MirrorFault =
  /** No RPC node answers, or they contradict one another. */
  | 'chain'
  | 'ledger'
  /** What a transaction tells and what it did to custody cannot both be true. */
  | 'contradiction'
  | 'other';

/** What the hub measures of ledger and chain. Labels are bounded: no account or wallet is one. */
export type MirrorMetrics = Readonly<{
  /** Everything up to a slot is in the ledger; the chain was `lagSlots` ahead. */
  mirrorPassed: (slot: bigint, lagSlots: bigint) => void;
  mirrorTook: (transactions: number) => void;
  mirrorFailed: (fault: MirrorFault) => void;
  /** Transactions that could not be read wholly, ever. */
  mirrorCutOff: (transactions: number) => void;
  /** All that stand, after a look that was made now. */
  driftsStand: (drifts: readonly Drift[], atSeconds: number) => void;
  /** A look came to nothing: the chain did not answer, or the mirror did not follow. */
  driftLookFailed: () => void;
}>;
