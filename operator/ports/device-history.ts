/** An hour of a device in leases, by what its member measured. What was not measured is undefined. */
export type DeviceMetric = Readonly<{
  startSeconds: number;
  utilisationPercent: number | undefined;
  powerWatts: number | undefined;
}>;

/** What a device earned in an epoch, and what was known of it then. */
export type DeviceReward = Readonly<{
  epoch: number;
  /** Base units of IO. */
  amount: bigint;
  score: bigint;
  /** Bits of operator/domain/rewards/eligibility.ts. */
  flags: number;
}>;

/** What is kept about one device; calls throw StoreUnavailableError of store-errors.ts. */
export type DeviceHistory = Readonly<{
  /** Since an instant, oldest first; at most 1,000. */
  metrics: (
    member: string,
    device: string,
    fromSeconds: number,
  ) => Promise<readonly DeviceMetric[]>;
  /** Of the last epochs that were rewarded, newest first. */
  rewards: (member: string, device: string, epochs: number) => Promise<readonly DeviceReward[]>;
}>;
