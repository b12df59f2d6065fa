import type { IOCluster, IOPlacement } from '../../../crds/schema/index.ts';
import type { InventoryView } from '../../domain/inventory/types.ts';
import type { Hash } from '../../domain/lease.ts';
import type { Quote } from '../../domain/placement/quote.ts';
import type { Placement, PlacementRequest, Refusal } from '../../domain/placement/types.ts';

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
  /** Members that refused this cluster a short while ago. */
  coolingMembers: readonly string[];
  inventory: InventoryView;
  /** `place` on that inventory; it may say again what it said before. Pure for one snapshot. */
  place: (request: PlacementRequest) => Placement | Refusal;
  /** What a refused request would cost if nobody held a device. */
  quote: (request: PlacementRequest) => Quote | undefined;
  /** Wall time, milliseconds since the epoch. */
  nowMs: number;
  hash: Hash;
}>;
