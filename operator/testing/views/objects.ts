import {
  type Condition,
  computeApiVersion,
  type IOAccount,
  type IOCluster,
  type IODevice,
  type IOMember,
  type IOSlashCase,
} from '../../../crds/schema/index.ts';

/** When everything in these tests began. */
export const madeAt = '2026-11-24T08:00:00Z';

/** Conditions by type: `True Reason` or `False Reason`. */
export function conditionsOf(words: Readonly<Record<string, string>>): readonly Condition[] {
  return Object.entries(words).map(([type, text]) => {
    const [status = 'Unknown', reason = 'Unknown'] = text.split(' ');
    return {
      type,
      status: status as Condition['status'],
      reason,
      message: `${type} is ${status}.`,
      lastTransitionTime: madeAt,
      observedGeneration: 1,
    };
  });
}

/** Of a device that nobody has hired and that can be hired. */
export const freeConditions = {
  Identified: 'True Identified',
  Verified: 'True InventoryMatches',
  Staked: 'Unknown StakingDisabled',
  Healthy: 'True Healthy',
  Offered: 'True Offered',
  Leased: 'False Free',
};

const metadata = (name: string, version: number) => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: String(version),
  generation: 1,
  creationTimestamp: madeAt,
});

/** An H100 of `fra-1`; say only what matters. */
export function viewDevice(
  name: string,
  {
    member = 'fra-1',
    version = 1,
    spec = {},
    status = {},
    conditions = freeConditions,
  }: Readonly<{
    member?: string;
    version?: number;
    spec?: Partial<IODevice['spec']>;
    status?: Partial<NonNullable<IODevice['status']>>;
    conditions?: Readonly<Record<string, string>>;
  }> = {},
): IODevice {
  return {
    apiVersion: computeApiVersion,
    kind: 'IODevice',
    metadata: { ...metadata(name, version), namespace: `io-member-${member}` },
    spec: {
      member,
      node: { name: 'gpu-0', uid: 'node-1', ready: true, schedulable: true },
      index: 0,
      uuid: `GPU-${name}`,
      kind: 'GPU',
      product: 'NVIDIA-H100-80GB-HBM3',
      memoryMiB: 81_559,
      driverVersion: '580.82.07',
      resourceName: 'nvidia.com/gpu',
      sharing: { strategy: 'None', replicas: 1 },
      confidential: false,
      allocatable: true,
      ...spec,
    },
    status: { model: 'H100-80GB-HBM3', conditions: conditionsOf(conditions), ...status },
  };
}

/** A member in Germany that earns for `suppliers/acme`; say only what matters. */
export function viewMember(
  name: string,
  {
    version = 1,
    spec = {},
    status = {},
  }: Readonly<{
    version?: number;
    spec?: Partial<IOMember['spec']>;
    status?: Partial<NonNullable<IOMember['status']>>;
  }> = {},
): IOMember {
  return {
    apiVersion: computeApiVersion,
    kind: 'IOMember',
    metadata: metadata(name, version),
    spec: {
      accepted: true,
      denied: false,
      enrolment: 1,
      accountRef: { namespace: 'suppliers', name: 'acme' },
      location: { country: 'DE' },
      certifications: ['ISO27001'],
      cordoned: false,
      offers: [
        {
          model: 'H100-80GB-HBM3',
          onDemandMicroUsdPerHour: 2_490_000,
          spotMicroUsdPerHour: 1_000_000,
        },
      ],
      ...spec,
    },
    status: {
      conditions: conditionsOf({ Accepted: 'True Accepted', Schedulable: 'True Schedulable' }),
      ...status,
    },
  };
}

/** `team/<name>`, which waits for two devices; say only what matters. */
export function viewCluster(
  name: string,
  {
    namespace = 'team',
    version = 1,
    createdAt = madeAt,
    deletedAt,
    spec = {},
    status = {},
    conditions = { Valid: 'True Accepted', Admitted: 'False NoCapacity', Placed: 'False Waiting' },
  }: Readonly<{
    namespace?: string;
    version?: number;
    createdAt?: string;
    deletedAt?: string;
    spec?: Partial<IOCluster['spec']>;
    status?: Partial<NonNullable<IOCluster['status']>>;
    conditions?: Readonly<Record<string, string>>;
  }> = {},
): IOCluster {
  return {
    apiVersion: computeApiVersion,
    kind: 'IOCluster',
    metadata: {
      ...metadata(name, version),
      namespace,
      creationTimestamp: createdAt,
      ...(deletedAt === undefined ? {} : { deletionTimestamp: deletedAt }),
    },
    spec: {
      accountRef: { name: 'renter' },
      paymentAsset: 'USDC',
      ray: { version: '2.52.1' },
      head: { cpu: '2', memory: '8Gi' },
      workerGroups: [{ name: 'gpu', replicas: 2, devicesPerWorker: 1, cpu: '4', memory: '16Gi' }],
      capacity: 'OnDemand',
      failover: { policy: 'AfterFence', fenceAfterSeconds: 30 },
      suspend: false,
      ...spec,
    },
    status: { conditions: conditionsOf(conditions), ...status },
  };
}

/** A renter's account without a wallet; say only what matters. */
export function viewAccount(
  name: string,
  {
    namespace = 'team',
    version = 1,
    spec = {},
    status = {},
  }: Readonly<{
    namespace?: string;
    version?: number;
    spec?: Partial<IOAccount['spec']>;
    status?: Partial<NonNullable<IOAccount['status']>>;
  }> = {},
): IOAccount {
  return {
    apiVersion: computeApiVersion,
    kind: 'IOAccount',
    metadata: { ...metadata(name, version), namespace },
    spec: { kind: 'Renter', ...spec },
    status,
  };
}

/** A case against a device of `fra-1`; say only what matters. */
export function viewCase(
  name: string,
  {
    member = 'fra-1',
    version = 1,
    status = {},
  }: Readonly<{
    member?: string;
    version?: number;
    status?: Partial<NonNullable<IOSlashCase['status']>>;
  }> = {},
): IOSlashCase {
  return {
    apiVersion: computeApiVersion,
    kind: 'IOSlashCase',
    metadata: { ...metadata(name, version), namespace: `io-member-${member}` },
    spec: {
      deviceRef: { name: 'gpu-0-gpu-0' },
      reason: 'FailedChallenges',
      evidence: { sha256: 'ab'.repeat(32) },
      amountBaseUnits: '300000000000',
    },
    status,
  };
}
