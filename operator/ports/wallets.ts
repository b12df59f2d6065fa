import type { AccountKey } from '../domain/ledger/types.ts';

/** A text that the wallet of an account signed, which says that it is the account's. */
export type WalletProof = Readonly<{
  account: AccountKey;
  /** Base58. */
  wallet: string;
  /** The text of operator/domain/settlement/sign-in.ts. */
  message: string;
  /** Base64 of the 64 bytes. */
  signature: string;
}>;

/** Another account proved this wallet before: a wallet belongs to one account, for ever. */
export class WalletTakenError extends Error {
  override readonly name = 'WalletTakenError';
}

/** Which wallets are proved. Calls throw StoreUnavailableError of store-errors.ts. */
export type Wallets = Readonly<{
  /** Records a proof that was checked; the same wallet again changes nothing. Throws WalletTakenError. */
  record: (proof: WalletProof, nowSeconds: number) => Promise<void>;
  /** Proofs after the one with number `after`, oldest first. */
  since: (
    after: bigint,
    limit: number,
  ) => Promise<readonly Readonly<{ number: bigint; account: AccountKey; wallet: string }>[]>;
  /** The wallet that each account proved last; accounts without one are left out. */
  proved: (accounts: readonly AccountKey[]) => Promise<ReadonlyMap<AccountKey, string>>;
}>;
