import type { IOCluster, IOPlacement } from '../../../crds/schema/index.ts';
import type { InventoryView } from '../../domain/inventory/types.ts';
import type { LeaseStanding, Spend } from '../../domain/io-cluster/money-conditions.ts';
import type { Hash } from '../../domain/lease.ts';
import type { Quote } from '../../domain/placement/quote.ts';
import type { Placement, PlacementRequest, Refusal } from '../../domain/placement/types.ts';
import type { PricingTerms } from '../../domain/pricing/hold.ts';

/** What a hub with a ledger knows of the money of one IOCluster. Amounts in its asset's base units. */
export type Money = Readonly<{
  terms: PricingTerms;
  /** The ledger did not answer: what follows is what was known before. */
  away: boolean;
  /** What earlier leases of the cluster have cost; asked for only where there is a budget. */
  spentBefore: bigint;
  /** What the account can hold; undefined where nobody has reason to doubt that it suffices. */
  available: bigint | undefined;
  /** Undefined while the lease was not looked at. */
  standing: LeaseStanding | undefined;
  spend: Spend | undefined;
  /** The ledger says that the lease has ended, whatever runs. */
  endedInLedger: boolean;
  /** Whether the ledger may have a lease of this id that has not ended. */
  mayBeOpen: (leaseId: string) => boolean;
  /** How a lease came to its end, where this process saw it. */
  ended: (leaseId: string) => EndedLease | undefined;
}>;

/** The end of a placement as it was seen. */
export type EndedLease = Readonly<{
  endSeconds: number;
  /** What its member said last, if it never became ready. */
  neverReady: string | undefined;
}>;

/** All that a decision about one IOCluster may depend on, taken at one instant. */
export type Observed = Readonly<{
  cluster: IOCluster;
  /** The placement of the cluster's lease: from the cache, or just written and not yet there. */
  placement: IOPlacement | undefined;
  /** Whether spec.accountRef names an IOAccount that exists; true without a reference. */
  accountFound: boolean;
  /** Whether spec.priorityClassName exists on the hub; true without one. */
  priorityClassFound: boolean;
  /** Devices that the account may still lease beside this cluster's; undefined: no quota. */
  quotaRemainingDevices: number | undefined;
  /** Whether the placement's member is heard. */
  memberConnected: boolean;
  /** Whether its heartbeats are late, or it is not heard at all. */
  memberLate: boolean;
  /** How long it is silent; Infinity where it is no more, undefined where it was never heard. */
  memberSilentMs: number | undefined;
  /** The placement's member is being removed, or is gone. */
  memberLeaves: boolean;
  /** Until when everything is to be off the member, wall time; undefined: nothing is taken off. */
  memberDrainMs: number | undefined;
  /** Members that refused this cluster a short while ago. */
  coolingMembers: readonly string[];
  inventory: InventoryView;
  /** `place` on that inventory; it may say again what it said before. Pure for one snapshot. */
  place: (request: PlacementRequest) => Placement | Refusal;
  /** What a refused request would cost if nobody held a device. */
  quote: (request: PlacementRequest) => Quote | undefined;
  /** Undefined: the hub has no ledger, and nothing is paid. */
  money: Money | undefined;
  /** Wall time, milliseconds since the epoch. */
  nowMs: number;
  hash: Hash;
}>;
