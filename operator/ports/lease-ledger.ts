import type { AccountKey, Asset, LeaseDevice, LeaseTerms } from '../domain/ledger/types.ts';

export type HoldResult =
  | Readonly<{ kind: 'Held'; held: bigint }>
  /** Nothing was changed. `missing` is what has to be deposited at least. */
  | Readonly<{ kind: 'InsufficientFunds'; asset: Asset; available: bigint; missing: bigint }>
  /**
   * Nothing was changed: a lease of this id was opened with other devices or prices, or it has ended.
   * A hub that stopped between opening and placing leaves such a lease; the next one gets a new id.
   */
  | Readonly<{ kind: 'Taken' }>;

/** How the money of a lease stands. Amounts in base units of `asset`. */
export type LeaseMoney = Readonly<{
  leaseId: string;
  asset: Asset;
  /** Reserved for the lease and not settled yet. */
  held: bigint;
  /** What was settled so far, fees included. */
  settled: bigint;
  /** What the seconds that were reported and are not settled yet will cost, fees included. */
  unsettled: bigint;
  /** What the renter could still hold. */
  available: bigint;
  /** The devices that it has for one hour, fees included. */
  ratePerHour: bigint;
  /** Start of the first interval; undefined while nothing was Ready. */
  firstUsageSeconds: number | undefined;
  /** The member's reports reach until then. */
  observedUntilSeconds: number | undefined;
  /** `Closed` when the last second was settled and the rest of the hold was given back. */
  state: 'Open' | 'Closing' | 'Closed';
}>;

/** Names of devices by lease id. */
export type DevicesByLease = ReadonlyMap<string, readonly string[]>;

/** The money of leases, as the hub's controllers use it. Every call may be repeated. */
export type LeaseLedger = Readonly<{
  /**
   * Writes down what was agreed and holds `hold`, which may be 0, for it. The same lease twice is
   * held once, whatever `openedAtSeconds` then says.
   */
  open: (terms: LeaseTerms, hold: bigint, nowSeconds: number) => Promise<HoldResult>;
  /** Adds devices to an open lease and raises the hold to `hold`; the devices it has keep their price. */
  extend: (
    leaseId: string,
    devices: readonly LeaseDevice[],
    hold: bigint,
    nowSeconds: number,
  ) => Promise<HoldResult>;
  /**
   * The lease ends at `endSeconds`. It is settled and the rest of its hold is given back once its
   * member has reported everything until then. `evidence` says why, for the refund's record. A lease
   * that was never opened, or has ended before, is left as it is; an end before its beginning counts
   * as the beginning, since the two may be read from different clocks.
   */
  close: (leaseId: string, endSeconds: number, evidence: string) => Promise<void>;
  /** Ids of at most `limit` leases that have not ended, ascending, those after `after`. */
  openLeases: (after: string, limit: number) => Promise<readonly string[]>;
  /**
   * How these leases stand; unknown ones are left out. At most 1,000 at a time. `devices`: those that a
   * lease has now, by its id; one that it does not name counts with all that it ever had.
   */
  money: (leaseIds: readonly string[], devices?: DevicesByLease) => Promise<readonly LeaseMoney[]>;
  /** What an account has, by asset; nothing for an account without entries. */
  balances: (
    account: AccountKey,
  ) => Promise<
    readonly Readonly<{ asset: Asset; available: bigint; held: bigint; earned: bigint }>[]
  >;
}>;
