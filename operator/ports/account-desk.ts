import type { AccountKey } from '../domain/ledger/types.ts';

/** What somebody may do with an IOAccount. `Unknown`: the token is nobody's, or not valid now. */
export type Permission = 'Allowed' | 'Denied' | 'Unknown';

/**
 * What the hub's API server says of accounts and of who may use them. Calls throw
 * DeskUnavailableError when it does not answer.
 */
export type AccountDesk = Readonly<{
  /** Whether the bearer of a Kubernetes token may do this with the account. */
  permission: (token: string, verb: 'get' | 'update', account: AccountKey) => Promise<Permission>;
  /** `spec.wallet` of an account; empty while it has none, undefined without such an account. */
  wallet: (account: AccountKey) => Promise<string | undefined>;
}>;

/** The hub's API server does not answer: ask again later. */
export class DeskUnavailableError extends Error {
  override readonly name = 'DeskUnavailableError';
}
