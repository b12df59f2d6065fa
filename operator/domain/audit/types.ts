import type { Parties } from '../ledger/journal.ts';
import type { FeeTerms } from '../ledger/types.ts';
import type { MeteredInterval } from '../ledger/usage.ts';
import type { MemberReward, RewardHeader } from '../rewards/digest.ts';
import type { RewardedClass, RewardRules } from '../rewards/types.ts';
import type { WalletBinding } from '../settlement/reward-book.ts';
import type { RewardRoot, RewardTarget } from '../settlement/roots.ts';

/** A lease as an audit sees it. */
export type AuditedLease = Parties &
  Readonly<{
    leaseNo: bigint;
    leaseId: string;
    fees: FeeTerms;
    openedAtSeconds: number;
    endedAtSeconds: number | undefined;
    /** What is held at first and by extensions, until now. */
    holdBase: bigint;
    /** The epoch of its last row; undefined while it is not settled to its end. */
    closedEpoch: number | undefined;
  }>;

/** An interval with all that says which closes counted it. */
export type AuditedInterval = MeteredInterval &
  Readonly<{
    leaseNo: bigint;
    /** The close that was done with it; undefined: none is yet. */
    settledEpoch: number | undefined;
    /** For an end that was told anew: the epoch whose close took this one back. */
    revisedEpoch: number | undefined;
    /** What the lease agreed on for the device; undefined: it has no such device. */
    agreedRatePerHour: bigint | undefined;
  }>;

/** Leases whose charges are one block of the digest. */
export type LeaseBlock = Readonly<{
  leases: readonly AuditedLease[];
  /** In the order of their leases. */
  intervals: readonly AuditedInterval[];
  /** The lines of their charges by epoch, each ending with a line feed, and those of the epoch before. */
  charges: ReadonlyMap<number, string>;
}>;

/** An epoch as it was closed. Hashes are lower-case hexadecimal. */
export type ClosedEpoch = Readonly<{
  epoch: number;
  closedAtSeconds: number;
  leases: number;
  corrections: number;
  shortfalls: number;
  digest: string;
  chain: string;
}>;

/** What was emitted and given in an epoch, as it was written down. */
export type StoredRewards = Readonly<{
  header: RewardHeader;
  rules: RewardRules;
  /** The epoch that its transfers belong to. */
  postedEpoch: number;
  digest: string;
  /** What all earlier epochs emitted. */
  emittedBefore: bigint;
  classes: readonly RewardedClass[];
  members: readonly StoredMemberReward[];
}>;

/** A member's part of the rewards, with its devices and the number of each one's class. */
export type StoredMemberReward = Omit<MemberReward, 'classesHash'> &
  Readonly<{ devices: readonly string[]; classes: Uint32Array }>;

/** A wallet that an account proved, with what it signed. */
export type SignedBinding = WalletBinding &
  Readonly<{
    /** Base58. */
    wallet: string;
    message: string;
    /** 64 bytes, in hexadecimal. */
    signature: string;
  }>;

/** What wallets have got by the end of an epoch, as it was written down. */
export type StoredStanding = Readonly<{
  epoch: number;
  wallets: number;
  total: bigint;
  /** Hex sha256 over public key and total (8 bytes, the highest first) of each wallet. */
  leavesHash: string;
  /** One for each distributor. */
  roots: readonly (RewardRoot & RewardTarget)[];
}>;

export type StoredDeposit = Readonly<{
  reference: string;
  owner: string;
  asset: string;
  amount: bigint;
}>;

/** Something that is written down and is not what it has to be. */
export type Difference = Readonly<{
  epoch: number;
  /** Which table, and which row of it. */
  table: string;
  row: string;
  stored: string;
  computed: string;
}>;

/** Takes differences as they are found. */
export type Report = (difference: Difference) => void;
