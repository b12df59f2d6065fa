import type { Decimal, Instant } from './types.ts';

/**
 * What anybody may see. These types hold no name of a renter, an account, a member, a device or a
 * cluster, and nothing is ever spread into them: what is not written here is not shown.
 */

/** Supply and demand of the network now. */
export type NetworkView = Readonly<{
  /** When it was counted; at most ten seconds ago while the hub runs. */
  asOf: Instant;
  members: number;
  countries: number;
  devices: Readonly<{
    total: number;
    verified: number;
    offered: number;
    leased: number;
    free: number;
  }>;
  clusters: Readonly<{ running: number; waiting: number }>;
  /** Leased devices of all that can be rented, in thousandths. */
  utilisationPermille: number;
}>;

/** One GPU model on the market now. */
export type ModelMarketView = Readonly<{
  model: string;
  memoryMiB: number | undefined;
  devices: number;
  verified: number;
  leased: number;
  free: number;
  /** Devices that waiting clusters ask for and that could be of this model. */
  wanted: number;
  onDemandMicroUsdPerHour: Readonly<{ low: number; median: number; high: number }> | undefined;
  spotMicroUsdPerHour: Readonly<{ low: number; median: number; high: number }> | undefined;
}>;

/**
 * Capacity of a country. A country with fewer than three members is not told apart: it is added to
 * those of its continent that are few too (`country` is then undefined). Where a continent has no more
 * than these, `models` is empty.
 */
export type CountryCapacityView = Readonly<{
  country: string | undefined;
  /** AF, AN, AS, EU, NA, OC or SA. */
  continent: string;
  members: number;
  devices: number;
  free: number;
  models: readonly Readonly<{ model: string; devices: number; free: number }>[];
}>;

/** A point of the network's history. */
export type HistoryPoint = Readonly<{
  time: Instant;
  devices: number;
  leased: number;
  waiting: number;
  utilisationPermille: number;
}>;

/** Price of one model over time, on demand. */
export type PricePoint = Readonly<{
  time: Instant;
  low: number;
  median: number;
  high: number;
}>;

/** An epoch that was closed. */
export type EpochView = Readonly<{
  epoch: number;
  startTime: Instant;
  endTime: Instant;
  closedAt: Instant;
  leases: number;
  deviceSeconds: string;
  digest: string;
  chain: string;
  /** Undefined while its rewards were not distributed. */
  rewards:
    | Readonly<{
        emitted: Decimal;
        undistributed: Decimal;
        devices: number;
        eligible: number;
        digest: string;
      }>
    | undefined;
}>;

/** What was and will be emitted, in IO. */
export type EmissionView = Readonly<{
  capIo: Decimal;
  epochs: number;
  emittedIo: Decimal;
  burnedIo: Decimal;
  /** Points of the curve: cumulative supply at the end of an epoch. */
  curve: readonly Readonly<{ epoch: number; time: Instant; cumulativeIo: Decimal }>[];
}>;

/** A transaction of the program on the chain. */
export type ChainEventView = Readonly<{
  signature: string;
  slot: number;
  time: Instant | undefined;
  kind: string;
  asset: string | undefined;
  amount: Decimal | undefined;
}>;
