import type {
  BuiltRoot,
  DistributorState,
  RewardRoot,
  RewardProof,
} from '../domain/settlement/roots.ts';

/** Roots of the wallets' totals; calls throw StoreUnavailableError of store-errors.ts. */
export type RewardRoots = Readonly<{
  /**
   * Builds the root of the last epoch whose rewards were distributed, once. Undefined while no reward
   * has come to a wallet.
   */
  build: (nowSeconds: number) => Promise<BuiltRoot | undefined>;
}>;

/** What wallets need to claim, from roots that were built. Throws StoreUnavailableError. */
export type RewardProofs = Readonly<{
  /** The root of an epoch, or the newest one. */
  root: (epoch: number | undefined) => Promise<BuiltRoot | undefined>;
  /** Undefined where the root of the epoch does not know the wallet. */
  proof: (wallet: string, epoch: number) => Promise<RewardProof | undefined>;
  /** The proofs of all wallets of a root, some hundred at a time, in the order of their index. */
  proofs: (epoch: number) => AsyncIterable<readonly RewardProof[]>;
}>;

/** The distributor on chain. Calls throw ChainUnavailableError of chain.ts. */
export type RewardDistributor = Readonly<{
  /** What it says, and the time on chain. Undefined: there is none. */
  read: () => Promise<Readonly<{ state: DistributorState; nowSeconds: number }> | undefined>;
}>;

/** Takes back the root that is pending. Calls throw ChainUnavailableError and SignerError. */
export type RootCanceller = Readonly<{
  /**
   * Sends the cancellation, and again with each call until it lands: it never takes back another root
   * that came after. Returns its signature.
   */
  cancel: (root: RewardRoot) => Promise<string>;
}>;

/** What an auditor says of a root on chain. */
export type RootVerdict =
  | 'Right'
  /** It is not what the ledger comes to, and can be cancelled. */
  | 'Wrong'
  /** It is not what the ledger comes to, and claims are paid by it. */
  | 'WrongAndActive'
  /** The ledger cannot be read, or does not have the epoch. Nothing is cancelled. */
  | 'Unknown';

/** What is measured of roots. */
export type RootMetrics = Readonly<{
  /** The newest root that was built, and what is done with it. */
  rootBuilt: (root: RewardRoot, step: string) => void;
}>;

/** What an auditor measures. */
export type RootAuditMetrics = Readonly<{
  rootAudited: (epoch: number, verdict: RootVerdict) => void;
  /** Wrong roots for which a cancellation was sent. */
  rootCancelled: () => void;
}>;
