import { epochAt } from '../epoch.ts';

/** The root of a tree of wallets' totals at the end of an epoch. `root` is 32 bytes in hexadecimal. */
export type RewardRoot = Readonly<{
  epoch: number;
  root: string;
  /** Sum of all totals, in base units of IO. */
  total: bigint;
  leafCount: number;
  depth: number;
}>;

/** Where a root can be claimed from. Addresses are base58. */
export type RewardTarget = Readonly<{ programId: string; distributor: string; mint: string }>;

/** A root as it was built, and from what. */
export type BuiltRoot = RewardRoot &
  RewardTarget &
  Readonly<{
    /** Hex sha256 over public key and total (8 bytes, the highest first) of each leaf. */
    leavesHash: string;
    builtAtSeconds: number;
  }>;

/** With it a wallet claims its total. `proof` holds a hash for each level, from the leaves on. */
export type RewardProof = Readonly<{
  wallet: string;
  epoch: number;
  index: number;
  total: bigint;
  proof: readonly string[];
}>;

/** What the distributor on chain says. */
export type DistributorState = Readonly<{
  /** Undefined: no root has matured yet. */
  active: RewardRoot | undefined;
  /** The last one that was published. It is claimed from once it has matured. */
  pending: (RewardRoot & Readonly<{ publishedSeconds: number }>) | undefined;
  challengeDelaySeconds: number;
  /** By so much a root may grow for each epoch. */
  emissionPerEpoch: bigint;
  genesisSeconds: number;
  paused: boolean;
}>;

/** The root that claims are paid from at an instant. */
export function claimableRoot(state: DistributorState, nowSeconds: number): RewardRoot | undefined {
  return immatureRoot(state, nowSeconds) === undefined && state.pending !== undefined
    ? state.pending
    : state.active;
}

/** The root that can still be cancelled at an instant. */
export function immatureRoot(
  { pending, challengeDelaySeconds }: DistributorState,
  nowSeconds: number,
): RewardRoot | undefined {
  if (pending === undefined) return undefined;
  return nowSeconds < pending.publishedSeconds + challengeDelaySeconds ? pending : undefined;
}

/** What is to be done with the newest root that was built. */
export type PublishStep =
  | 'Publish'
  /** It is on chain, or a newer one is. */
  | 'Published'
  /** Another root is on chain for its epoch. */
  | 'Differs'
  | 'Paused'
  /** The root before can still be cancelled. */
  | 'Challenge'
  | 'EpochNotOver'
  /** The program would refuse it, for ever. */
  | 'TotalFalls'
  | 'TotalExceedsEmission';

/** Roots are cumulative: only the newest one is published, and those between are never missed. */
export function decidePublish(
  state: DistributorState,
  newest: RewardRoot,
  nowSeconds: number,
): PublishStep {
  const { pending, active } = state;
  const last = pending ?? active;
  if (last !== undefined && last.epoch >= newest.epoch) {
    const isOther = last.epoch === newest.epoch && !sameRoot(last, newest);
    return isOther ? 'Differs' : 'Published';
  }
  if (state.paused) return 'Paused';
  if (immatureRoot(state, nowSeconds) !== undefined) return 'Challenge';
  if (epochAt(nowSeconds, state.genesisSeconds) <= newest.epoch) return 'EpochNotOver';
  const growth = newest.total - (last?.total ?? 0n);
  if (growth < 0n) return 'TotalFalls';
  const allowed = state.emissionPerEpoch * BigInt(newest.epoch - (last?.epoch ?? 0));
  return growth > allowed ? 'TotalExceedsEmission' : 'Publish';
}

/** Whether two roots promise the same. */
export function sameRoot(left: RewardRoot, right: RewardRoot): boolean {
  return (
    left.epoch === right.epoch &&
    left.root === right.root &&
    left.total === right.total &&
    left.leafCount === right.leafCount &&
    left.depth === right.depth
  );
}
