/** What closing did. Amounts are base units of the assets, added up over all leases of one asset. */
export type EpochCloseReport = Readonly<{
  epoch: number;
  /** False: it was closed before, and nothing was changed. */
  closed: boolean;
  leases: number;
  /** Leases of earlier epochs whose late usage was settled now. */
  corrections: number;
  /** Leases that could not be paid in full. */
  shortfalls: number;
  /** Hex sha256 that chains the journal up to here. */
  digest: string;
}>;

/** Settling usage. Every call may be repeated, by two hubs at once too: it takes effect once. */
export type EpochLedger = Readonly<{
  /** First second of epoch 1. */
  genesisSeconds: () => Promise<number>;
  /** The last epoch that is closed; 0 when none is. */
  lastClosed: () => Promise<number>;
  /** Why a person holds closes back; undefined when nobody does. */
  pausedBecause: () => Promise<string | undefined>;
  /** Settles all usage up to the end of `epoch`; epochs are closed in order, each one once. */
  closeEpoch: (epoch: number, nowSeconds: number) => Promise<EpochCloseReport>;
  /** Settles leases that are closing and wholly reported, at most `limit`; returns how many. */
  settleClosing: (limit: number, nowSeconds: number) => Promise<number>;
}>;
