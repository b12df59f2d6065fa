import { z } from 'zod';
import { countryPattern } from './countries.ts';
import {
  asset,
  cpuQuantity,
  deviceModel,
  dnsLabel,
  dnsName,
  duration,
  int32,
  latitude,
  listOf,
  longitude,
  mapOf,
  memoryQuantity,
  microUsd,
  migProfile,
  prose,
  setOf,
  term,
  text,
} from './fields.ts';
import {
  budgetRules,
  clusterSpecRules,
  deviceRules,
  lifetimeRules,
  placementRules,
  rayRules,
  workerGroupRules,
} from './io-cluster-rules.ts';
import { rayImage, rayStartParams, rayVersion } from './ray.ts';
import { ruled } from './rule.ts';

const ray = ruled(
  z.object({
    version: rayVersion().describe(
      'Ray version, for example 2.52.1. At least 2.52.0: older ones cannot ask for a token, so anybody who reaches the head could run code.',
    ),
    image: rayImage()
      .optional()
      .describe(
        'Container image with Ray of this version. It needs a tag or a digest, so that head and workers run the same. Excludes stack.',
      ),
    stack: z
      .enum(['Ray', 'RayLLM'])
      .optional()
      .describe(
        'Ready-made image of this version: Ray (the default when there is no image) or RayLLM (with an inference engine). Excludes image.',
      ),
  }),
  ...rayRules,
).describe('Ray itself: version and image.');

const head = z
  .object({
    cpu: cpuQuantity().prefault('2').describe('CPU cores of the head, for example 2 or 500m.'),
    memory: memoryQuantity().prefault('8Gi').describe('Memory of the head, for example 8Gi.'),
    rayStartParams: rayStartParams()
      .optional()
      .describe('Parameters of ray start on the head, without the leading dashes.'),
  })
  .prefault({})
  .describe('The pod that holds the control of Ray. It has no device.');

const devices = ruled(
  z.object({
    models: setOf(deviceModel().describe('Name of a GPU model, for example H100-80GB-HBM3.'), 16)
      .optional()
      .describe(
        'GPU models of which any will do, for example H100-80GB-HBM3. Any model when left out.',
      ),
    minMemoryMiB: int32(1, 4_194_304)
      .optional()
      .describe(
        'Least memory of each device in MiB. GPUs report a little less than their name says: 80000 asks for 80 GB.',
      ),
    migProfile: migProfile()
      .optional()
      .describe('Rent MIG slices of this profile, for example 1g.10gb, instead of whole GPUs.'),
    nvlink: z
      .boolean()
      .optional()
      .describe('True: only devices that are joined by NVLink. Left out or false: any.'),
  }),
  ...deviceRules,
).describe('Which devices will do. Any whole GPU when left out.');

const workerGroup = ruled(
  z.object({
    name: dnsLabel(40).describe('Name of the group, unique in the cluster. Part of pod names.'),
    replicas: int32(0, 1000).default(1).describe('Number of workers that should run.'),
    minReplicas: int32(0, 1000)
      .optional()
      .describe('Fewest workers the autoscaler may leave. Needed when autoscaling is enabled.'),
    maxReplicas: int32(0, 1000)
      .optional()
      .describe(
        'Most workers the autoscaler may start. Needed when autoscaling is enabled; the lease covers this many.',
      ),
    devicesPerWorker: int32(0, 16)
      .default(1)
      .describe('Devices of each worker, all in one node. 0 makes CPU workers.'),
    devices: devices.optional(),
    cpu: cpuQuantity().prefault('4').describe('CPU cores of each worker, for example 4 or 500m.'),
    memory: memoryQuantity().prefault('16Gi').describe('Memory of each worker, for example 16Gi.'),
    rayStartParams: rayStartParams()
      .optional()
      .describe('Parameters of ray start on these workers, without the leading dashes.'),
  }),
  ...workerGroupRules,
).describe('Workers that are alike.');

const autoscaling = z
  .object({
    enabled: z
      .boolean()
      .default(true)
      .describe('Whether the autoscaler of Ray adds and removes workers.'),
    idleTimeoutSeconds: int32(1, 86_400)
      .default(60)
      .describe('Seconds without work after which a worker is removed.'),
    upscalingMode: z
      .enum(['Default', 'Aggressive', 'Conservative'])
      .default('Default')
      .describe(
        'How fast workers are added: Default and Aggressive at once, Conservative at most as many as there are.',
      ),
  })
  .describe('The autoscaler of Ray. Left out: the number of workers is what replicas says.');

const latency = z
  .object({
    from: z
      .object({
        latitude: latitude().describe(
          'Latitude in decimal degrees as a string, for example "52.37".',
        ),
        longitude: longitude().describe(
          'Longitude in decimal degrees as a string, for example "4.9".',
        ),
      })
      .describe('The place from which the latency counts.'),
    maxMilliseconds: int32(1, 1000).describe('Longest round trip in milliseconds.'),
  })
  .describe('Only members within this round-trip time of a place.');

const countryCode = text({
  max: 2,
  min: 2,
  pattern: countryPattern,
  what: 'an ISO 3166 country code of two capital letters, for example NL (the United Kingdom is GB)',
}).describe('ISO 3166 alpha-2 code, for example NL.');

const memberName = () => dnsLabel(53).describe('Name of an IOMember.');

const placement = ruled(
  z.object({
    countries: setOf(countryCode, 50)
      .optional()
      .describe(
        'Only members in these countries, as ISO 3166 alpha-2 codes, for example NL and DE.',
      ),
    regions: setOf(
      term('a region such as eu-west').describe('Region as members state it, for example eu-west.'),
      50,
    )
      .optional()
      .describe('Only members in these regions.'),
    certifications: setOf(
      term('a certification such as ISO27001').describe('A certification, for example ISO27001.'),
      32,
    )
      .optional()
      .describe('Only members that have all of these certifications, for example ISO27001.'),
    latency: latency.optional(),
    members: setOf(memberName(), 50).optional().describe('Only these members.'),
    excludedMembers: setOf(memberName(), 50).optional().describe('Never these members.'),
    strategy: z
      .enum(['Cheapest', 'Fastest', 'Balanced'])
      .default('Cheapest')
      .describe(
        'Which of the members that fit is taken: the cheapest, the one with the fastest devices, or the best mix of both.',
      ),
    topology: z
      .enum(['Any', 'SameNode', 'SameNvlinkDomain'])
      .default('Any')
      .describe(
        'How close the devices must be: Any, all in one node, or all in one NVLink domain.',
      ),
  }),
  ...placementRules,
).describe('Where the cluster may run. All that is stated must hold; left out means anywhere.');

const security = z
  .object({
    confidential: z
      .boolean()
      .default(false)
      .describe('True: only devices in confidential computing mode.'),
  })
  .describe('What protects the work from its host.');

const budget = ruled(
  z.object({
    maxPriceMicroUsdPerGpuHour: microUsd()
      .optional()
      .describe('Highest price of one device for one hour in micro-USD; 2000000 is 2 USD.'),
    maxSpendMicroUsd: microUsd()
      .optional()
      .describe(
        'Most that all leases of this cluster may cost together, fees included, in micro-USD; 20000000 is 20 USD. Then the cluster is Finished and its devices are given back.',
      ),
  }),
  ...budgetRules,
).describe('What the cluster may cost.');

const lifetime = ruled(
  z.object({
    ttl: duration()
      .optional()
      .describe(
        'How long the lease may last, for example 2h30m, counted from its start. Then the cluster is Finished and its devices are given back.',
      ),
  }),
  ...lifetimeRules,
).describe('When the cluster ends by itself.');

const failover = z
  .object({
    policy: z
      .enum(['AfterFence', 'Never'])
      .default('AfterFence')
      .describe(
        'What happens when the member is lost. AfterFence: it stops the work by its own clock, and then the cluster is placed anew. Never: the work goes on there, and nothing is placed anew.',
      ),
    fenceAfterSeconds: int32(20, 3600)
      .default(30)
      .describe(
        'Seconds without contact to the hub after which the member stops the work. The cluster is placed anew some seconds later.',
      ),
    checkpoint: z
      .object({
        command: listOf(prose(1024).describe('One argument.'), 32)
          .min(1)
          .describe('Program and arguments, run in the container of the head. No shell.'),
        timeoutSeconds: int32(1, 600)
          .default(10)
          .describe('Seconds that it may take; then the pods are killed.'),
      })
      .optional()
      .describe(
        'Run in the head before the cluster is stopped in order: released, drained, suspended or fenced.',
      ),
  })
  .prefault({})
  .describe('What happens when the member is lost or has to give the devices back.');

const accountRef = z
  .object({ name: dnsName().describe('Name of an IOAccount in the same namespace.') })
  .describe('The account that pays. It cannot change once it is set.');

/** What a renter asks for. */
export const ioClusterSpecSchema = ruled(
  z.object({
    accountRef: accountRef.optional(),
    paymentAsset: asset()
      .default('USDC')
      .describe(
        'What the account pays in: USDC, or IO, which saves the fee for paying in USDC. It cannot change.',
      ),
    ray,
    head,
    workerGroups: mapOf(workerGroup, 'name', { min: 1, max: 16 }).describe(
      'Groups of workers, at least one of them with devices. All of them are placed together on one member, or none is.',
    ),
    autoscaling: autoscaling.optional(),
    placement: placement.optional(),
    security: security.optional(),
    capacity: z
      .enum(['OnDemand', 'Spot'])
      .default('OnDemand')
      .describe('OnDemand stays until it is given back. Spot is cheaper and may be taken back.'),
    priorityClassName: dnsName()
      .optional()
      .describe('A PriorityClass of the hub that orders the queue. The default one when left out.'),
    budget: budget.optional(),
    lifetime: lifetime.optional(),
    failover,
    suspend: z
      .boolean()
      .default(false)
      .describe(
        'True: give the devices back and keep this object. False again: queue and place it anew.',
      ),
  }),
  ...clusterSpecRules,
).describe('What should run, where, and at what price.');
