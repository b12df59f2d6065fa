import type { Asset } from '../ledger/types.ts';

/** A point in time as RFC 3339 in UTC, for example 2026-11-25T14:00:00Z. */
export type Instant = string;

/** An exact decimal number as text, for example "12.50". Never a float. */
export type Decimal = string;

/** A condition as Kubernetes has it, without what only controllers need. */
export type ConditionView = Readonly<{
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: Instant;
}>;

/** Of a list: what comes after `after`, at most `limit` of it. Keys are opaque to callers. */
export type PageRequest = Readonly<{ limit: number; after?: string | undefined }>;
export type Page<T> = Readonly<{
  items: readonly T[];
  /** Where the next page begins; undefined at the end. */
  next: string | undefined;
}>;

/** An IOCluster as its renter sees it. */
export type ClusterView = Readonly<{
  namespace: string;
  name: string;
  uid: string;
  /** `name` of the IOAccount in the same namespace that pays; undefined while none is named. */
  account: string | undefined;
  createdAt: Instant;
  /** Of the object; sent back as If-Match when it is changed. */
  resourceVersion: string;
  /** What a person looks at first; derived from the conditions. */
  phase:
    | 'Quoted'
    | 'Suspended'
    | 'Waiting'
    | 'Starting'
    | 'Running'
    | 'Ending'
    | 'Ended'
    | 'Refused';
  conditions: readonly ConditionView[];
  rayVersion: string;
  image: string | undefined;
  stack: string | undefined;
  capacity: 'OnDemand' | 'Spot';
  suspended: boolean;
  workerGroups: readonly Readonly<{
    name: string;
    replicas: number;
    minReplicas: number | undefined;
    maxReplicas: number | undefined;
    devicesPerWorker: number;
    models: readonly string[];
  }>[];
  devices: number | undefined;
  priceMicroUsdPerHour: number | undefined;
  payment: Readonly<{ asset: Asset; perHour: Decimal; hold: Decimal }> | undefined;
  spend:
    | Readonly<{ asset: Asset; settled: Decimal; held: Decimal; unsettled: Decimal; time: Instant }>
    | undefined;
  lease:
    | Readonly<{
        id: string;
        member: string;
        country: string | undefined;
        startTime: Instant;
        devices: number;
      }>
    | undefined;
  workers: Readonly<{ desired: number; ready: number }> | undefined;
  /** Where dashboard, jobs and Serve are, while it is ready. */
  endpoint: string | undefined;
  /** Why it is not placed, the most frequent reason first. */
  refusals: readonly Readonly<{ reason: string; members: number; devices: number }>[];
  /** Its place among the clusters that wait, from 1; undefined while it does not wait. */
  queuePosition: number | undefined;
}>;

/** An IODevice as its supplier sees it. */
export type DeviceView = Readonly<{
  member: string;
  name: string;
  /** IOAccount that earns, as namespace/name. */
  account: string | undefined;
  uuid: string | undefined;
  node: string;
  index: number;
  product: string;
  model: string | undefined;
  migProfile: string | undefined;
  memoryMiB: number;
  driverVersion: string | undefined;
  conditions: readonly ConditionView[];
  /** The first rung of the verification ladder that it has not climbed; undefined when it can be rented. */
  blockedBy: 'Identified' | 'Verified' | 'Staked' | 'Healthy' | 'Offered' | undefined;
  onDemandMicroUsdPerHour: number | undefined;
  spotMicroUsdPerHour: number | undefined;
  health: Readonly<{ state: string; reason: string; message: string; since: Instant }> | undefined;
  lease: Readonly<{ id: string; since: Instant }> | undefined;
  stake:
    | Readonly<{
        amount: Decimal;
        required: Decimal;
        escrowed: Decimal;
        unlockTime: Instant | undefined;
        address: string | undefined;
      }>
    | undefined;
}>;

/** An IOMember as those see it who run it. */
export type MemberView = Readonly<{
  name: string;
  displayName: string | undefined;
  account: string | undefined;
  accepted: boolean;
  denied: boolean;
  cordoned: boolean;
  drainDeadline: Instant | undefined;
  country: string;
  region: string | undefined;
  city: string | undefined;
  certifications: readonly string[];
  conditions: readonly ConditionView[];
  createdAt: Instant;
  devices: Readonly<{ total: number; free: number; leased: number; broken: number }>;
  capacity: readonly Readonly<{
    model: string;
    devices: number;
    verified: number;
    leased: number;
    free: number;
    onDemandMicroUsdPerHour: number | undefined;
    spotMicroUsdPerHour: number | undefined;
  }>[];
  versions: Readonly<{
    kubernetes: string | undefined;
    kuberay: string | undefined;
    agent: string | undefined;
  }>;
}>;

/** An IOSlashCase as the accused sees it. */
export type CaseView = Readonly<{
  member: string;
  name: string;
  account: string | undefined;
  device: string;
  reason: string;
  evidenceSha256: string;
  evidenceUrl: string | undefined;
  amount: Decimal;
  conditions: readonly ConditionView[];
  createdAt: Instant;
  chainAddress: string | undefined;
  owner: string | undefined;
  openedAt: Instant | undefined;
  appealDeadline: Instant | undefined;
  appeal: Readonly<{ time: Instant; statement: string | undefined }> | undefined;
  outcome: Readonly<{ decision: string; time: Instant; statement: string | undefined }> | undefined;
}>;

/** An IOAccount as its owner sees it. */
export type AccountView = Readonly<{
  namespace: string;
  name: string;
  kind: 'Renter' | 'Supplier' | 'Both';
  displayName: string | undefined;
  wallet: string | undefined;
  /** Whether the wallet was proved by a signature. */
  walletProved: boolean;
  createdAt: Instant;
  devicesInUse: number;
  maxDevices: number | undefined;
  balances: readonly Readonly<{
    asset: Asset;
    available: Decimal;
    held: Decimal;
    earned: Decimal;
  }>[];
  deposit:
    | Readonly<{
        reference: string;
        accounts: readonly Readonly<{ asset: Asset; address: string }>[];
      }>
    | undefined;
}>;
