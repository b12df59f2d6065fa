import type { Asset } from '../domain/ledger/types.ts';
import type { Seen } from '../domain/settlement/send.ts';

/** What the holder of a wallet wants to do on the chain. Amounts are in base units. */
export type WalletAction =
  | Readonly<{ type: 'stake'; member: string; device: string; amount: bigint }>
  | Readonly<{ type: 'unstake' | 'withdrawStake'; member: string; device: string }>
  | Readonly<{ type: 'claim' }>
  /** The chain keeps the sha256 of the statement. */
  | Readonly<{ type: 'appeal'; caseAddress: string; statement: string }>
  | Readonly<{ type: 'deposit'; account: string; asset: Asset; amount: bigint }>;

/** A transaction that its wallet has not signed yet. */
export type UnsignedTransaction = Readonly<{
  /** With an empty signature, as wallets take it. */
  transaction: Uint8Array;
  /** What is signed of it. */
  message: Uint8Array;
  /** What it does, in lines for people. */
  summary: readonly string[];
}>;

/**
 * Builds what a wallet signs itself, and hands it to the chain. Nothing is signed here. Calls throw
 * ChainUnavailableError of chain.ts, and building also WalletActionError and StoreUnavailableError.
 */
export type WalletTransactions = Readonly<{
  build: (wallet: string, action: WalletAction) => Promise<UnsignedTransaction>;
  /** Hands signed bytes to the chain, as often as they come. */
  send: (transaction: Uint8Array) => Promise<void>;
  seen: (signature: string) => Promise<Seen>;
}>;

/** Why an action cannot be done now. `WouldFail`: the chain said so. */
export type WalletActionFault =
  | 'NoSol'
  | 'InsufficientFunds'
  | 'NoStake'
  | 'AlreadyUnstaking'
  | 'NotUnstaking'
  | 'InCooldown'
  | 'NothingToClaim'
  | 'NoCase'
  | 'NotTheOwner'
  | 'NotOpen'
  | 'WouldFail';

/** The action would have no effect, or would fail. The message says why, and what would help. */
export class WalletActionError extends Error {
  override readonly name = 'WalletActionError';
  readonly fault: WalletActionFault;

  constructor(fault: WalletActionFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
