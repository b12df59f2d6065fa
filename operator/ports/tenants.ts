import type { AccountKey } from '../domain/ledger/types.ts';

/** Whose is what, for who signs in. Calls throw StoreUnavailableError of store-errors.ts. */
export type Tenants = Readonly<{
  /** The account whose wallet this is: the one that it proved last. */
  accountOf: (wallet: string) => Promise<AccountKey | undefined>;
  /** Namespaces that have accounts or clusters, in order; at most `limit`. */
  namespaces: (limit: number) => Promise<readonly string[]>;
  /** Whether a member, or a device of it, earns for the account. */
  earnsFor: (member: string, account: AccountKey) => Promise<boolean>;
}>;
