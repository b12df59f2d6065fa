import type { StoredChainEvent, StoredDecision } from '../domain/audit/chain-audit.ts';
import type {
  ClosedEpoch,
  LeaseBlock,
  SignedBinding,
  StoredDeposit,
  StoredRewards,
  StoredStanding,
} from '../domain/audit/types.ts';
import type { Account } from '../domain/ledger/journal.ts';
import type { AccountKey } from '../domain/ledger/types.ts';
import type { BookOpening } from '../domain/settlement/reward-book.ts';

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
  /** The last epoch whose rewards were distributed; 0 when none was. */
  lastRewarded: () => Promise<number>;
  /** What wallets had got by the end of an epoch, and what had no wallet yet. */
  rewardOpening: (epoch: number) => Promise<BookOpening>;
  /** Wallets that count since one of these epochs, in the order in which they were proved. */
  bindings: (from: number, to: number) => Promise<readonly SignedBinding[]>;
  standings: (from: number, to: number) => Promise<readonly StoredStanding[]>;
  /** Events of the chain that were posted in these epochs, some thousand at a time. */
  chainEvents: (from: number, to: number) => AsyncIterable<readonly StoredChainEvent[]>;
  /** What was decided about these subjects: suspense, repairs, payouts. */
  decisions: (subjects: readonly string[]) => Promise<readonly StoredDecision[]>;
  /** Accounts of proved wallets; the others are left out. */
  walletAccounts: (wallets: readonly string[]) => Promise<ReadonlyMap<string, AccountKey>>;
  /** Decisions and suspense that no transfer, or another one, was made for; at most `limit`. */
  unpostedDecisions: (limit: number) => Promise<readonly string[]>;
  /** All accounts, with the balance that is stored and what all transfers come to. */
  accounts: () => Promise<readonly Readonly<{ account: Account; balance: bigint; sum: bigint }>[]>;
}>;

/** Where an audit reads from. */
export type AuditSource = Readonly<{
  /** Everything that `work` reads is of one instant. */
  read: <T>(work: (reader: AuditReader) => Promise<T>) => Promise<T>;
}>;
