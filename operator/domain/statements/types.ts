import type { AccountKey, Asset, Charge } from '../ledger/types.ts';

/** What one lease used of one model in one epoch, or what was corrected for earlier ones. */
export type UsageLine = Readonly<{
  epoch: number;
  startSeconds: number;
  /** First second after the epoch. */
  endSeconds: number;
  leaseId: string;
  /** `namespace/name` of the IOCluster. */
  cluster: string;
  member: string;
  renter: AccountKey;
  supplier: AccountKey;
  asset: Asset;
  /** GPU model; empty when nothing says which. */
  model: string;
  /** What all devices of the line cost for an hour each, if that is the same. */
  ratePerHour: bigint | undefined;
  /** A correction is for usage of earlier epochs that was learnt of in this one. */
  kind: 'Usage' | 'Correction';
  /** Device-seconds; negative when there were fewer than was thought. */
  seconds: bigint;
  charge: Charge;
}>;

/** Block rewards of one epoch and their value when they were received. */
export type RewardLine = Readonly<{
  epoch: number;
  endSeconds: number;
  devices: number;
  /** Devices that got something. */
  eligible: number;
  amount: bigint;
  /** Micro-USD for one IO; undefined: nobody said. */
  ioPrice: bigint | undefined;
}>;

/** Devices that earned nothing in the last epoch that was rewarded, and why. */
export type UnrewardedDevices = Readonly<{
  devices: number;
  model: string;
  reasons: readonly string[];
}>;

/** What moved on the accounts of an owner, added up by cause. Signs as the owner sees them. */
export type Movement = Readonly<{ asset: Asset; account: string; cause: string; amount: bigint }>;

/** What an account has at the beginning and at the end of the month, or now. */
export type Balance = Readonly<{ asset: Asset; account: string; opening: bigint; closing: bigint }>;

/** All that a month's statement of an account says. */
export type Statement = Readonly<{
  account: AccountKey;
  /** `YYYY-MM` in UTC. */
  month: string;
  periodStartSeconds: number;
  periodEndSeconds: number;
  /** Epochs of the month until now; undefined when there are none yet. */
  epochs: Readonly<{ from: number; to: number }> | undefined;
  /** What it rented, and what it let; ascending by epoch and lease. */
  rented: readonly UsageLine[];
  supplied: readonly UsageLine[];
  rewards: readonly RewardLine[];
  unrewarded: readonly UnrewardedDevices[];
  movements: readonly Movement[];
  balances: readonly Balance[];
}>;
