import type {
  Condition,
  IOCluster,
  IOClusterReason,
  IOClusterWorkerGroup,
} from '../../../crds/schema/index.ts';
import { conditionOf, conditionViews, isTrue } from './conditions.ts';
import type { ClusterView } from './types.ts';

type Conditions = readonly Condition[] | undefined;

/** Reasons for which a cluster waits that no device that becomes free would change. */
const notForDevices: ReadonlySet<string> = new Set<IOClusterReason<'Admitted'>>([
  'Pending',
  'InsufficientFunds',
  'BudgetExhausted',
  'LedgerUnavailable',
  'PriceUnknown',
]);

/** An IOCluster as its renter sees it. `countryOf` knows where members are. */
export function clusterView(
  cluster: IOCluster,
  countryOf: (member: string) => string | undefined,
): ClusterView {
  const { metadata, spec, status } = cluster;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    account: spec.accountRef?.name,
    createdAt: metadata.creationTimestamp ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    phase: clusterPhase(cluster),
    conditions: conditionViews(status?.conditions),
    rayVersion: spec.ray.version,
    image: spec.ray.image,
    stack: spec.ray.stack,
    capacity: spec.capacity,
    suspended: spec.suspend,
    workerGroups: spec.workerGroups.map(groupView),
    ...quoteOf(status?.quote),
    spend: spendOf(cluster),
    lease: leaseOf(cluster, countryOf),
    workers: workersOf(cluster),
    endpoint: status?.endpoint,
    refusals: status?.refusals ?? [],
    queuePosition: undefined,
  };
}

/** Where an IOCluster stands, in one word for people. */
export function clusterPhase({ metadata, spec, status }: IOCluster): ClusterView['phase'] {
  const conditions = status?.conditions;
  if (metadata.deletionTimestamp !== undefined) return 'Ending';
  if (isTrue(conditions, 'Finished')) return isReleasing(conditions) ? 'Ending' : 'Ended';
  if (conditionOf(conditions, 'Valid')?.status === 'False') return 'Refused';
  if (spec.suspend) return isQuote(status) ? 'Quoted' : 'Suspended';
  if (!isTrue(conditions, 'Placed')) return 'Waiting';
  return isTrue(conditions, 'Ready') ? 'Running' : 'Starting';
}

/** One that never had a lease was made to be told its price. */
function isQuote(status: IOCluster['status']): boolean {
  const wasLeased = (status?.leaseGeneration ?? 0) > 0 || status?.lease !== undefined;
  return status?.quote !== undefined && !wasLeased;
}

/** Whether an IOCluster stands in line for devices: they are there, or would do, but are taken. */
export function waitsForDevices(cluster: IOCluster): boolean {
  if (clusterPhase(cluster) !== 'Waiting') return false;
  const admitted = conditionOf(cluster.status?.conditions, 'Admitted');
  return admitted?.status === 'False' && !notForDevices.has(admitted.reason);
}

function isReleasing(conditions: Conditions): boolean {
  const reason: IOClusterReason<'Provisioned'> = 'Releasing';
  return conditionOf(conditions, 'Provisioned')?.reason === reason;
}

function groupView(group: IOClusterWorkerGroup): ClusterView['workerGroups'][number] {
  return {
    name: group.name,
    replicas: group.replicas,
    minReplicas: group.minReplicas,
    maxReplicas: group.maxReplicas,
    devicesPerWorker: group.devicesPerWorker,
    models: group.devices?.models ?? [],
  };
}

type Quote = NonNullable<IOCluster['status']>['quote'];

function quoteOf(quote: Quote): Pick<ClusterView, 'devices' | 'priceMicroUsdPerHour' | 'payment'> {
  return {
    devices: quote?.devices,
    priceMicroUsdPerHour: quote?.priceMicroUsdPerHour,
    payment: quote?.payment,
  };
}

function spendOf({ status }: IOCluster): ClusterView['spend'] {
  if (status?.spend === undefined) return undefined;
  const { asset, settled, held, unsettled, time } = status.spend;
  return { asset, settled, held, unsettled, time };
}

function leaseOf(
  { status }: IOCluster,
  countryOf: (member: string) => string | undefined,
): ClusterView['lease'] {
  if (status?.lease === undefined) return undefined;
  const { id, member, startTime, devices } = status.lease;
  return { id, member, country: countryOf(member), startTime, devices };
}

function workersOf({ status }: IOCluster): ClusterView['workers'] {
  if (status?.workers === undefined) return undefined;
  const { desired, ready } = status.workers;
  return { desired, ready };
}
