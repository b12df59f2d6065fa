import type { DeviceFacts } from '../domain/rewards/types.ts';

/** What an epoch's rewards came to. Amounts are base units of IO. */
export type RewardReport = Readonly<{
  epoch: number;
  /** False: it was done before, and nothing was changed. */
  distributed: boolean;
  emitted: bigint;
  /** What of it no device was entitled to; it stays in the pool. */
  undistributed: bigint;
  devices: number;
  eligible: number;
  /** Hex sha256 of all that the rewards were computed from and came to. */
  digest: string;
}>;

/**
 * Block rewards. Every call may be repeated, by two hubs at once too: it takes effect once. They
 * throw StoreUnavailableError of store-errors.ts.
 */
export type RewardLedger = Readonly<{
  /** The last epoch whose rewards were distributed; 0 when none was. */
  lastDistributed: () => Promise<number>;
  /**
   * Emits what the rules say for `epoch` and shares it among `facts`, the devices of all members.
   * The epoch has to be closed. Epochs follow one another; the first one may be any.
   */
  distribute: (
    epoch: number,
    facts: readonly DeviceFacts[],
    nowSeconds: number,
  ) => Promise<RewardReport>;
}>;

/** Most devices that are rewarded in one epoch. */
export const maxRewardedDevices = 1_000_000;
