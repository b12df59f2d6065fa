import type { AccountKey, AccountKind, Asset, TransferCause } from '../domain/ledger/types.ts';
import type { AccountFlow } from '../domain/statements/series.ts';
import type { ClusterUsage } from '../domain/statements/cluster-usage.ts';
import type { Statement } from '../domain/statements/types.ts';
import type { Page, PageRequest } from '../domain/views/types.ts';

/** One side of a transfer, as the owner of that side sees it. */
export type LedgerLine = Readonly<{
  epoch: number;
  atSeconds: number;
  cause: TransferCause;
  account: AccountKind;
  asset: Asset;
  /** Below zero: it went out. */
  amount: bigint;
  subject: string;
  /** 32 bytes in hexadecimal. A transfer between two accounts of one owner is two lines. */
  transferId: string;
}>;

/**
 * What the ledger says to owners of money. Calls throw StoreUnavailableError of store-errors.ts, and
 * PageKeyError for a key that no page ended with.
 */
export type AccountLedger = Readonly<{
  /** All that moved on the accounts of an owner, newest first. */
  lines: (account: AccountKey, page: PageRequest) => Promise<Page<LedgerLine>>;
  /** What moved from the beginning of a month, `YYYY-MM` in UTC, added up by month. */
  flows: (account: AccountKey, fromMonth: string) => Promise<readonly AccountFlow[]>;
  /** Throws RangeError when it is too long to be told in one piece. */
  statement: (account: AccountKey, month: string) => Promise<Statement>;
  /** What an IOCluster used in the last epochs, and what it cost in all, by its uid. */
  clusterUsage: (uid: string, epochs: number) => Promise<ClusterUsage>;
}>;

/** The key of a page is none that this store gave. */
export class PageKeyError extends Error {
  override readonly name = 'PageKeyError';
}
