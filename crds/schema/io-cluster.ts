import { z } from 'zod';
import { ioClusterReasons } from './conditions.ts';
import { ageColumn, conditionColumn, resourceOf, type CustomResource } from './custom-resource.ts';
import {
  asset,
  dnsLabel,
  exactDecimal,
  int32,
  int64,
  leaseId,
  listOf,
  maxMicroUsd,
  prose,
  timestamp,
} from './fields.ts';
import { leasedClusterRules } from './io-cluster-transitions.ts';
import { ioClusterSpecSchema } from './io-cluster-spec.ts';
import {
  conditions,
  customObject,
  observedGeneration,
  type CustomObject,
  type Wire,
} from './kube-object.ts';
import { ruled } from './rule.ts';

/** A sum over up to 1024 devices still is an exact JSON number. */
const totalMicroUsd = () => int64(0, maxMicroUsd);

const quote = z
  .object({
    devices: int32(0, 1024).describe('Devices that the price is for.'),
    priceMicroUsdPerHour: totalMicroUsd().describe(
      'Price of all of them for one hour in micro-USD.',
    ),
    payment: z
      .object({
        asset: asset().describe('What is paid in.'),
        perHour: exactDecimal().describe('All devices for one hour with fees, for example 5.1125.'),
        hold: exactDecimal().describe(
          'What is held when the lease begins, and given back as far as it is not used.',
        ),
      })
      .optional()
      .describe('What the account pays. Absent while the hub has no ledger.'),
  })
  .describe('What the cluster costs, or would cost on the member that fits best.');

const spend = z
  .object({
    asset: asset().describe('What is paid in.'),
    settled: exactDecimal().describe(
      'What was paid so far, for all leases of this cluster and with fees.',
    ),
    held: exactDecimal().describe('What is held for the lease and not settled yet.'),
    unsettled: exactDecimal().describe(
      'What was used and is not settled yet, when this was written.',
    ),
    summary: prose(64).describe('Settled and unsettled in one word, for example 12.50 USDC.'),
    time: timestamp().describe('When these figures were taken.'),
  })
  .describe(
    'What the cluster has cost. Written when something changes and when an epoch is closed.',
  );

const lease = z
  .object({
    id: leaseId().describe(
      'Id of the lease; also the name of the IOPlacement and of the RayCluster.',
    ),
    generation: int64(1, Number.MAX_SAFE_INTEGER).describe(
      'Counts the leases of this IOCluster, from 1.',
    ),
    member: dnsLabel(53).describe('The member that the devices belong to.'),
    placement: leaseId().describe('Name of the IOPlacement in the namespace of the member.'),
    startTime: timestamp().describe('When the lease began.'),
    devices: int32(0, 1024).describe('Devices that the lease holds.'),
    priceMicroUsdPerHour: totalMicroUsd().describe(
      'Price of all of them for one hour in micro-USD.',
    ),
  })
  .describe('The right to a set of devices on one member, from placement until release.');

const workers = z
  .object({
    desired: int32(0, 16_000).describe('Workers that should run.'),
    ready: int32(0, 16_000).describe('Workers that run and are ready.'),
    summary: prose(16).describe('Both in one word for kubectl get, for example 2/2.'),
  })
  .describe('Workers of all groups together.');

const refusal = z
  .object({
    reason: prose(64).describe(
      'Why devices do not fit, in one word, for example PriceAboveBudget.',
    ),
    members: int32(0, 10_000).describe('Members that this reason rules out.'),
    devices: int32(0, 1_000_000).describe('Devices that this reason rules out.'),
  })
  .describe('One reason and how often it applies.');

const ioClusterStatusSchema = z
  .object({
    observedGeneration: observedGeneration(),
    conditions: conditions(Object.keys(ioClusterReasons)),
    quote: quote.optional(),
    spend: spend.optional(),
    lease: lease.optional(),
    leaseGeneration: int64(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('How many leases this IOCluster has had. The next one gets the next number.'),
    workers: workers.optional(),
    endpoint: prose(512)
      .optional()
      .describe(
        'Where the renter reaches dashboard, jobs and Serve of the cluster while it is ready, with a Kubernetes token; kubectl io uses it.',
      ),
    refusals: listOf(refusal, 20)
      .optional()
      .describe('Why the cluster is not placed, by reason, the most frequent first.'),
  })
  .describe('What the hub has made of it. Written by the hub only.');

export const ioClusterSchema = ruled(
  customObject('IOCluster', ioClusterSpecSchema, ioClusterStatusSchema),
  ...leasedClusterRules,
).describe(
  'A Ray cluster on rented GPUs. The hub finds one member that has all of its devices, leases them and runs the RayCluster there.',
);

export type IOClusterSpec = Wire<z.output<typeof ioClusterSpecSchema>>;
export type IOClusterStatus = Wire<z.output<typeof ioClusterStatusSchema>>;
export type IOCluster = CustomObject<'IOCluster', IOClusterSpec, IOClusterStatus>;
export type IOClusterWorkerGroup = IOClusterSpec['workerGroups'][number];
export type IOClusterPlacement = NonNullable<IOClusterSpec['placement']>;
export type IOClusterSpend = NonNullable<IOClusterStatus['spend']>;
export type IOClusterLease = NonNullable<IOClusterStatus['lease']>;

export const ioClusterDefinition: CustomResource = {
  kind: 'IOCluster',
  plural: 'ioclusters',
  singular: 'iocluster',
  shortNames: ['ioc'],
  namespaced: true,
  schema: ioClusterSchema,
  printerColumns: [
    conditionColumn('Ready', 'Whether head and workers are ready.'),
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: 'Why it is ready or not.',
    },
    {
      name: 'Member',
      type: 'string',
      jsonPath: '.status.lease.member',
      description: 'The member that it runs on.',
    },
    {
      name: 'Workers',
      type: 'string',
      jsonPath: '.status.workers.summary',
      description: 'Ready and desired workers.',
    },
    {
      name: 'GPUs',
      type: 'integer',
      jsonPath: '.status.quote.devices',
      description: 'Devices that it asks for.',
    },
    {
      name: 'MicroUSD/h',
      type: 'integer',
      jsonPath: '.status.quote.priceMicroUsdPerHour',
      description: 'Price of all devices for one hour in micro-USD.',
    },
    {
      name: 'Spent',
      type: 'string',
      jsonPath: '.status.spend.summary',
      description: 'What it has cost so far, when last written.',
    },
    {
      name: 'Leased',
      type: 'date',
      jsonPath: '.status.lease.startTime',
      description: 'Time since the lease began.',
    },
    ageColumn,
    {
      name: 'Lease',
      type: 'string',
      jsonPath: '.status.lease.id',
      description: 'Id of the lease.',
      priority: 1,
    },
    {
      name: 'Endpoint',
      type: 'string',
      jsonPath: '.status.endpoint',
      description: 'Where dashboard, jobs and Serve are.',
      priority: 1,
    },
    {
      name: 'Admitted',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Admitted")].message',
      description: 'Whether the cluster got devices, and if not, why.',
      priority: 1,
    },
    {
      name: 'Funded',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Funded")].message',
      description: 'Whether the account can pay, and if not, what is missing.',
      priority: 1,
    },
  ],
};

export const ioClusterResource = resourceOf<IOCluster>(ioClusterDefinition);
export const decodeIOCluster = ioClusterResource.decode;
