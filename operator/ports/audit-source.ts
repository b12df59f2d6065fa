import type {
  ClosedEpoch,
  LeaseBlock,
  StoredDeposit,
  StoredRewards,
} from '../domain/audit/types.ts';
import type { Account } from '../domain/ledger/journal.ts';

/** The ledger as it is at one instant. Lines are those of the digest, without the line feed. */
export type AuditReader = Readonly<{
  genesisSeconds: number;
  /** 0 when none is. */
  lastClosed: number;
  epochs: (from: number, to: number) => Promise<readonly ClosedEpoch[]>;
  /** What the transfers of all epochs before `epoch` come to. */
  balancesBefore: (
    epoch: number,
  ) => Promise<readonly Readonly<{ account: Account; amount: bigint }>[]>;
  /** Lines of transfers of an epoch in the order of their ids, some thousand at a time. */
  transfers: (epoch: number) => AsyncIterable<readonly string[]>;
  /** Leases that the epochs charge, in order, with what is needed to charge them again. */
  leaseBlocks: (from: number, to: number) => AsyncIterable<LeaseBlock>;
  /** Holds that were added to leases after they had begun, in `from` or later. */
  extensions: (
    from: number,
  ) => Promise<readonly Readonly<{ leaseNo: bigint; epoch: number; amount: bigint }>[]>;
  deposits: (references: readonly string[]) => Promise<readonly StoredDeposit[]>;
  /** References of deposits that were never posted; at most `limit`. */
  unpostedDeposits: (limit: number) => Promise<readonly string[]>;
  /** Rewards of these epochs, and those whose transfers are in them. */
  rewards: (from: number, to: number) => AsyncIterable<StoredRewards>;
  /** Lines of the transfers of rewards in an epoch. */
  rewardTransfers: (postedEpoch: number) => Promise<readonly string[]>;
  /** All accounts, with the balance that is stored and what all transfers come to. */
  accounts: () => Promise<readonly Readonly<{ account: Account; balance: bigint; sum: bigint }>[]>;
}>;

/** Where an audit reads from. */
export type AuditSource = Readonly<{
  /** Everything that `work` reads is of one instant. */
  read: <T>(work: (reader: AuditReader) => Promise<T>) => Promise<T>;
}>;
