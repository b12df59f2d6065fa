/** Words of the ledger. Amounts are bigint base units of an asset. */

/** USDC has 6 decimals, so that one base unit is one micro-USD; IO has 8. */
export type Asset = 'USDC' | 'IO';

/** `namespace/name` of an IOAccount on the hub. */
export type AccountKey = string;

/** What an account is for. Renter, supplier and pool accounts exist for each asset. */
export type AccountKind =
  /** What a renter can spend or withdraw; never below zero. */
  | 'renter:available'
  /** What is reserved for a renter's leases; never below zero. */
  | 'renter:held'
  | 'supplier:earned'
  | 'network:fees'
  /** What is left when parts are rounded down. */
  | 'network:rounding'
  /** The other side of deposits and withdrawals: what lies in custody. Goes negative. */
  | 'custody'
  /** The other side of what was emitted. Goes negative. */
  | 'emission'
  | 'rewards:pool'
  | 'burn';

/** Why a transfer was made. */
export type TransferCause =
  | 'Deposit'
  | 'Hold'
  /** At the close of an epoch, up to what was held at first. */
  | 'HoldRenewed'
  /** What is left of the hold of a lease that has ended. */
  | 'HoldReleased'
  | 'Usage'
  | 'RenterFee'
  | 'SupplierFee'
  | 'Rounding'
  | 'Correction'
  | 'Emission'
  | 'Reward';

/** Fees in basis points of what a lease costs. Agreed when the lease opens. */
export type FeeTerms = Readonly<{ renterBasisPoints: number; supplierBasisPoints: number }>;

/** One device of a lease and its price. It does not change while the lease lasts. */
export type LeaseDevice = Readonly<{ device: string; ratePerHour: bigint }>;

/** What was agreed when a lease began. */
export type LeaseTerms = Readonly<{
  leaseId: string;
  clusterUid: string;
  /** `namespace/name` of the IOCluster, for statements. */
  cluster: string;
  member: string;
  renter: AccountKey;
  supplier: AccountKey;
  asset: Asset;
  fees: FeeTerms;
  devices: readonly LeaseDevice[];
  openedAtSeconds: number;
}>;

/**
 * What one lease costs in one epoch. The renter pays `total`, which is `usage`, `renterFee` and
 * `rounding`. Negative where earlier epochs are corrected.
 */
export type Charge = Readonly<{
  total: bigint;
  /** The supplier gets this, and pays `supplierFee` from it. */
  usage: bigint;
  renterFee: bigint;
  supplierFee: bigint;
  rounding: bigint;
}>;
