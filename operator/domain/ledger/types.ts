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
  /** Block rewards that a supplier can claim on chain, or has not proved a wallet for yet. */
  | 'supplier:rewards'
  /** Stake behind a supplier's devices, and what of it lies in open cases. */
  | 'supplier:staked'
  | 'case:escrow'
  | 'network:fees'
  /** What is left when parts are rounded down. */
  | 'network:rounding'
  /** The other side of deposits and withdrawals: what lies in custody. Goes negative. */
  | 'custody'
  /** The other side of what was emitted. Goes negative. */
  | 'emission'
  | 'rewards:pool'
  /** What wallets have claimed. */
  | 'rewards:claimed'
  /** On its way out of custody, by an operation that is not final yet. */
  | 'payout:pending'
  /** The other side of stakes: what lies in the stake vault, and what was burnt of it. Goes negative. */
  | 'vault:stake'
  /** Came into custody, nobody knows for whom. */
  | 'suspense'
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
  | 'Reward'
  /** Rewards that a wallet claimed on chain. */
  | 'Claim'
  | 'Stake'
  | 'Unstake'
  | 'CaseOpened'
  | 'CaseReversed'
  | 'Burn'
  /** Came into custody without a reference that is known. */
  | 'Unassigned'
  /** A person said whose it is. */
  | 'Assigned'
  /** Asked for by a renter, or due to a supplier: out of the balance, and then out of custody. */
  | 'Withdrawal'
  | 'Payout'
  | 'PaidOut'
  | 'PayoutReturned'
  /** A person approved that the ledger follows the chain where both differed. */
  | 'DriftRepair';

/** Fees in basis points of what a lease costs. Agreed when the lease opens. */
export type FeeTerms = Readonly<{ renterBasisPoints: number; supplierBasisPoints: number }>;

/** One device of a lease and its price. It does not change while the lease lasts. */
export type LeaseDevice = Readonly<{
  device: string;
  /** What was offered at this price: a model, or `<model>-MIG-<profile>` for slices of it. */
  model: string;
  ratePerHour: bigint;
}>;

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
