import type { IOCluster } from '../../../crds/schema/index.ts';
import { parseCoordinates } from './latency.ts';
import type { GroupRequest, PlacementRequest } from './types.ts';

type Spec = IOCluster['spec'];
type Group = Spec['workerGroups'][number];

/** What the hub adds to a renter's wishes. */
export type RequestOptions = Readonly<{
  /** Members to leave out now, for example one that has just refused this cluster. */
  excludedMembers?: readonly string[];
  /** Devices that the account may still take; undefined: no quota. */
  quotaRemainingDevices?: number | undefined;
  /** Whether the hub charges for the lease. */
  paid?: boolean;
}>;

/** The placement request of an IOCluster. The lease covers maxReplicas while autoscaling is on. */
export function requestOf(spec: Spec, options: RequestOptions = {}): PlacementRequest {
  const { quotaRemainingDevices } = options;
  const price = spec.budget?.maxPriceMicroUsdPerGpuHour;
  return {
    groups: spec.workerGroups.map((group) => groupOf(group, spec.autoscaling?.enabled === true)),
    capacity: spec.capacity,
    confidential: spec.security?.confidential === true,
    ...whereOf(spec.placement, options.excludedMembers ?? []),
    ...(price === undefined ? {} : { maxPriceMicroUsdPerGpuHour: BigInt(price) }),
    ...(quotaRemainingDevices === undefined ? {} : { quotaRemainingDevices }),
    ...(options.paid === true ? { paid: true } : {}),
  };
}

const anywhere = {
  topology: 'Any',
  strategy: 'Cheapest',
  countries: [],
  regions: [],
  certifications: [],
  members: [],
} as const;

type Where =
  | 'topology'
  | 'strategy'
  | 'countries'
  | 'regions'
  | 'certifications'
  | 'members'
  | 'excludedMembers'
  | 'latency';

function whereOf(
  placement: Spec['placement'],
  excluded: readonly string[],
): Pick<PlacementRequest, Where> {
  const {
    latency,
    excludedMembers = [],
    ...wish
  }: Partial<NonNullable<Spec['placement']>> = placement ?? {};
  return {
    ...anywhere,
    ...wish,
    excludedMembers: [...excludedMembers, ...excluded],
    ...latencyOf(latency),
  };
}

function groupOf(group: Group, autoscaled: boolean): GroupRequest {
  const { devices } = group;
  return {
    name: group.name,
    workers: autoscaled ? (group.maxReplicas ?? group.replicas) : group.replicas,
    devicesPerWorker: group.devicesPerWorker,
    models: devices?.models ?? [],
    minMemoryMiB: devices?.minMemoryMiB ?? 0,
    nvlink: devices?.nvlink === true,
    ...(devices?.migProfile === undefined ? {} : { migProfile: devices.migProfile }),
  };
}

type Latency = NonNullable<NonNullable<Spec['placement']>['latency']>;

function latencyOf(latency: Latency | undefined): Pick<PlacementRequest, 'latency'> {
  if (latency === undefined) return {};
  const { latitude, longitude } = latency.from;
  const from = parseCoordinates(latitude, longitude);
  if (from === undefined) {
    // The API server checks them; a limit that cannot be read must not count as no limit.
    const what = `latitude "${latitude}", longitude "${longitude}"`;
    throw new Error(`spec.placement.latency.from: ${what} are not decimal degrees`);
  }
  return { latency: { from, maxMilliseconds: latency.maxMilliseconds } };
}
