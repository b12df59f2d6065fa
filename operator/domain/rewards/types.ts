import type { EmissionPolicy } from '../emission/policy.ts';
import type { AccountKey } from '../ledger/types.ts';

/** What the hub knows of a device when an epoch is rewarded. */
export type DeviceFacts = Readonly<{
  member: string;
  /** Name of the IODevice; unique in its member. */
  name: string;
  /** Name of the verified GPU model; undefined while it is not known. */
  model: string | undefined;
  /** Profile of a MIG slice such as `3g.40gb`; undefined for a whole GPU. */
  migProfile?: string | undefined;
  verified: boolean;
  staked: boolean;
  /** Its stake was asked back: it earns nothing, whether stake is required or not. */
  coolingDown?: boolean | undefined;
  offered: boolean;
  leased: boolean;
  slashed: boolean;
  /** Who earns; undefined while the member names no account. */
  supplier: AccountKey | undefined;
}>;

/** A part of the emission that is shared among some models. */
export type RewardPool = Readonly<{ name: string; basisPoints: number }>;

/** What a device of a model counts, in thousandths, and which pool it is paid from. */
export type Multiplier = Readonly<{ pool: string; milli: number }>;

/** Multipliers as they were published at a date. A model that is not in it is not rewarded. */
export type MultiplierTable = Readonly<{
  date: string;
  models: Readonly<Record<string, Multiplier>>;
}>;

/** All that decides how an emission is shared. Kept with each epoch, so that it can be computed again. */
export type RewardRules = Readonly<{
  emission: EmissionPolicy;
  /** Together at most 10,000 basis points. */
  pools: readonly RewardPool[];
  multipliers: MultiplierTable;
  /** A device has to be up in all but `allowedDownMinutes` of so many minutes before the epoch's end. */
  uptimeWindowMinutes: number;
  allowedDownMinutes: number;
  stakeRequired: boolean;
  /** What a leased device counts more, in percent. */
  leasedBonusPercent: number;
}>;

/** Devices that nothing tells apart when they are rewarded: each of them gets the same. */
export type DeviceClass = Readonly<{
  /** Empty while it is not known. */
  model: string;
  /** 7 for a whole GPU; of a MIG slice its compute slices. */
  sevenths: number;
  upMinutes: number;
  /** Bits of eligibility.ts. */
  flags: number;
}>;

/** A class with what each of its devices gets. */
export type RewardedClass = DeviceClass &
  Readonly<{ multiplierMilli: number; devices: number; score: bigint; amount: bigint }>;

/** Devices of one member that one supplier owns, ascending by name, and the number of each one's class. */
export type ClassifiedMember = Readonly<{
  member: string;
  supplier: AccountKey;
  devices: readonly string[];
  classes: Uint32Array;
}>;
