import type { ChainEventView, EmissionView, EpochView } from '../domain/views/public.ts';
import type { Page, PageRequest } from '../domain/views/types.ts';

/** What anybody may have of an epoch, as files: nothing in them names a party. */
export type PublicBundle = Readonly<{
  epoch: number;
  /** Of the epoch; hexadecimal. */
  chain: string;
  files: readonly Readonly<{ name: string; text: string }>[];
}>;

/** What the ledger tells everybody. Calls throw StoreUnavailableError of store-errors.ts. */
export type PublicLedger = Readonly<{
  /** Closed epochs, newest first. */
  epochs: (page: PageRequest) => Promise<Page<EpochView>>;
  epoch: (epoch: number) => Promise<EpochView | undefined>;
  /** Undefined for an epoch that is not closed. */
  bundle: (epoch: number) => Promise<PublicBundle | undefined>;
  /** What the program and its vaults did on chain, newest first. */
  chainEvents: (kind: string | undefined, page: PageRequest) => Promise<Page<ChainEventView>>;
  emission: () => Promise<EmissionView>;
}>;
