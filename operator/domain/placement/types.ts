import type { Coordinates, DeviceKey } from '../inventory/types.ts';

export type Capacity = 'OnDemand' | 'Spot';
export type Strategy = 'Cheapest' | 'Fastest' | 'Balanced';
export type Topology = 'Any' | 'SameNode' | 'SameNvlinkDomain';

/** Workers of one kind. `devicesPerWorker` 0 is a group without GPUs. */
export type GroupRequest = Readonly<{
  name: string;
  /** Workers to have devices for: maxReplicas while autoscaling, else replicas. */
  workers: number;
  devicesPerWorker: number;
  /** Canonical model names, any of which will do; empty: any model. One group gets one model. */
  models: readonly string[];
  minMemoryMiB: number;
  /** Slices of this profile only; without it whole GPUs only. */
  migProfile?: string;
  nvlink: boolean;
}>;

/** What an IOCluster asks of the federation. Empty lists ask for nothing. */
export type PlacementRequest = Readonly<{
  groups: readonly GroupRequest[];
  capacity: Capacity;
  confidential: boolean;
  topology: Topology;
  strategy: Strategy;
  countries: readonly string[];
  regions: readonly string[];
  certifications: readonly string[];
  members: readonly string[];
  excludedMembers: readonly string[];
  latency?: Readonly<{ from: Coordinates; maxMilliseconds: number }>;
  maxPriceMicroUsdPerGpuHour?: bigint;
  /** The lease is paid for, so only members that can be paid will do. */
  paid?: boolean;
  /** Devices that the account may take beyond what this cluster has; without it no quota. */
  quotaRemainingDevices?: number;
}>;

export type PlacedDevice = Readonly<{
  key: DeviceKey;
  name: string;
  node: string;
  /** This device's own price for the capacity that was asked for. */
  priceMicroUsdPerHour: bigint;
}>;

/** One worker's devices, all on `node`, ascending by index. */
export type PlacedWorker = Readonly<{ node: string; devices: readonly PlacedDevice[] }>;

/** A group without GPUs has no model, no resourceName and no workers here. */
export type PlacedGroup = Readonly<{
  name: string;
  devicesPerWorker: number;
  model?: string;
  resourceName?: string;
  workers: readonly PlacedWorker[];
}>;

/** A whole IOCluster on one member. */
export type Placement = Readonly<{
  kind: 'Placement';
  member: string;
  groups: readonly PlacedGroup[];
  devices: number;
  priceMicroUsdPerHour: bigint;
  /** Estimated from coordinates; absent without them. */
  roundTripMs?: number;
}>;

/** Why one member cannot take the cluster, in the order in which it is asked. */
export const memberRefusalReasons = [
  'MemberExcluded',
  'MemberNotSchedulable',
  'NoSupplierAccount',
  'OtherCountry',
  'OtherRegion',
  'NotCertified',
  'UnknownLocation',
  'TooFar',
  'NoMatchingDevices',
  'DevicesNotRentable',
  'NotConfidential',
  'NotOffered',
  'OverBudget',
  'TooFewDevices',
  'NoCapacity',
  'NotTogether',
] as const;
export type MemberRefusalReason = (typeof memberRefusalReasons)[number];

export type MemberRefusal = Readonly<{
  member: string;
  reason: MemberRefusalReason;
  /** What is true of this member, to be read after its name: `has 4 of 16 H100 free`. */
  detail: string;
  /** The same in a word, for a list of members: `4`. */
  figure?: string;
  /** Free devices of the wanted kind that this reason keeps from the renter. */
  devices: number;
}>;

/** Why the cluster is not placed. `NoCapacity` ends by waiting: all it needs exists, but is taken. */
export type RefusalReason =
  | 'QuotaExceeded'
  | 'NoMembers'
  | 'NoMatchingMembers'
  | 'NoMatchingDevices'
  | 'OverBudget'
  | 'NoCapacity'
  /** Only more workers of a running lease are refused for these two. */
  | 'InsufficientFunds'
  | 'LedgerUnavailable';

export type RefusalCount = Readonly<{
  reason: MemberRefusalReason;
  members: number;
  devices: number;
}>;

export type Refusal = Readonly<{
  kind: 'Refusal';
  reason: RefusalReason;
  /** At most 1024 characters, sorted, for a condition. */
  message: string;
  /** Ascending by member name. */
  members: readonly MemberRefusal[];
  /** One entry per reason, the closest to success first. */
  counts: readonly RefusalCount[];
}>;

/** A running lease whose replicas changed. */
export type Rescaled = Readonly<{
  kind: 'Rescaled';
  /** The lease as it should be. Devices that stay carry the lease's average price. */
  placement: Placement;
  /** Devices that join the lease. */
  added: readonly PlacedDevice[];
  /** Devices that the lease no longer needs. */
  released: readonly PlacedDevice[];
}>;

/** Unchanged: the devices are right as they are. Refusal: it keeps running as it is. */
export type RescaleResult = Rescaled | Readonly<{ kind: 'Unchanged' }> | Refusal;
