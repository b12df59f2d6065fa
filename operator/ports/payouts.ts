import type { AccountKey, Asset } from '../domain/ledger/types.ts';
import type { ChainOperation } from '../domain/settlement/types.ts';
import type { WaitingPayout } from '../domain/settlement/payouts.ts';

/** Something that an account wants to have in its wallet. */
export type PayoutRequest = Readonly<{
  account: AccountKey;
  /** Names it at the account: the same reference twice is the same request. */
  reference: string;
  /** Withdrawal of what a renter has, or Payout of what a supplier earned. */
  cause: 'Withdrawal' | 'Payout';
  asset: Asset;
  amount: bigint;
}>;

/** What became of asking; only `Accepted` moved money. */
export type PayoutAnswer = Readonly<{
  outcome: 'Accepted' | 'InsufficientFunds' | 'WalletNotProved' | 'Conflict';
  /** What is left in the balance that it is paid from. */
  available: bigint;
  /** Hexadecimal. */
  requestId: string;
}>;

/** How a request stands: it waits for a batch, was sent in one, is in the wallet, or came back. */
export type PayoutState = PayoutRequest &
  Readonly<{
    requestId: string;
    wallet: string;
    askedAtSeconds: number;
    state: 'Waiting' | 'Sent' | 'Paid' | 'Returned';
    signature: string | undefined;
    /** Why it came back, or still waits. */
    reason: string;
  }>;

/** What goes out of custody. Calls throw StoreUnavailableError of store-errors.ts. */
export type Payouts = Readonly<{
  request: (request: PayoutRequest, nowSeconds: number) => Promise<PayoutAnswer>;
  /** Of one account, newest first. */
  list: (account: AccountKey, limit: number) => Promise<readonly PayoutState[]>;
  /** Requests of an asset that no batch pays, those first that were asked first. */
  waiting: (asset: Asset, limit: number) => Promise<readonly WaitingPayout[]>;
  /** Records the operation that pays these requests. False when one of them does not wait any more. */
  batch: (
    operation: ChainOperation,
    requestIds: readonly string[],
    nowSeconds: number,
  ) => Promise<boolean>;
  /** Gives back what the program refused to pay though it was alone in its batch. */
  giveBack: (requestId: string, reason: string, nowSeconds: number) => Promise<boolean>;
  /** Ends the requests that are paid; returns how many. */
  endPaid: (nowSeconds: number) => Promise<number>;
}>;
