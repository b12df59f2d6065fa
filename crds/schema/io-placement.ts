import { z } from 'zod';
import { ioPlacementReasons } from './conditions.ts';
import { ageColumn, conditionColumn, resourceOf, type CustomResource } from './custom-resource.ts';
import {
  cpuQuantity,
  dnsLabel,
  dnsName,
  int32,
  int64,
  leaseId,
  listOf,
  mapOf,
  memoryQuantity,
  microUsd,
  prose,
  text,
} from './fields.ts';
import {
  conditions,
  customObject,
  observedGeneration,
  type CustomObject,
  type Wire,
} from './kube-object.ts';
import { rayImage, rayStartParams, rayVersion } from './ray.ts';
import { ruled, type Rule } from './rule.ts';

const device = z
  .object({
    name: prose(253).describe('Name of an IODevice of the member.'),
    node: prose(253).describe('The Node that the device sits in.'),
  })
  .describe('One device of the lease.');

type Group = {
  replicas: number;
  minReplicas: number;
  maxReplicas: number;
  devicesPerWorker: number;
  devices: unknown[];
  resourceName?: string | undefined;
};

const groupRules: readonly Rule<Group>[] = [
  {
    cel: 'self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas',
    message: 'replicas must lie between minReplicas and maxReplicas',
    fieldPath: '.replicas',
    holds: (group) => group.minReplicas <= group.replicas && group.replicas <= group.maxReplicas,
  },
  {
    cel: 'self.devices.size() >= self.replicas * self.devicesPerWorker',
    message: 'devices must name at least replicas times devicesPerWorker devices',
    fieldPath: '.devices',
    holds: (group) => group.devices.length >= group.replicas * group.devicesPerWorker,
  },
  {
    cel: 'self.devicesPerWorker > 0 || self.devices.size() == 0',
    message: 'CPU workers (devicesPerWorker: 0) have no devices; leave them out',
    fieldPath: '.devices',
    holds: (group) => group.devicesPerWorker > 0 || group.devices.length === 0,
  },
  {
    cel: 'self.devicesPerWorker == 0 ? !has(self.resourceName) : has(self.resourceName) || self.devices.size() == 0',
    message:
      'resourceName says what devices are asked for as; it is needed with devices and excluded for CPU workers',
    fieldPath: '.resourceName',
    holds: ({ devicesPerWorker, resourceName, devices }) =>
      devicesPerWorker === 0
        ? resourceName === undefined
        : resourceName !== undefined || devices.length === 0,
  },
];

const workerGroup = ruled(
  z.object({
    name: dnsLabel(40).describe('Name of the group.'),
    replicas: int32(0, 1000).describe('Workers that should run.'),
    minReplicas: int32(0, 1000).describe('Fewest workers; equal to replicas without autoscaling.'),
    maxReplicas: int32(0, 1000).describe('Most workers; equal to replicas without autoscaling.'),
    devicesPerWorker: int32(0, 16).describe('Devices of each worker.'),
    resourceName: text({
      max: 63,
      pattern: /^nvidia\.com\/(gpu|mig-([1-7]c\.)?[1-7]g\.[0-9]{1,3}gb(\.(me|gfx))?)$/,
      what: 'a resource of the device plugin, for example nvidia.com/gpu or nvidia.com/mig-1g.10gb',
    })
      .optional()
      .describe('Resource that each worker asks for. Left out for CPU workers.'),
    cpu: cpuQuantity().describe('CPU cores of each worker.'),
    memory: memoryQuantity().describe('Memory of each worker.'),
    rayStartParams: rayStartParams()
      .optional()
      .describe('Parameters of ray start on these workers.'),
    devices: mapOf(device, 'name', { max: 1024 }).describe('The devices that the lease holds.'),
  }),
  ...groupRules,
).describe('Workers that are alike, with the devices they may use.');

const fixed = (field: string): Rule<unknown> => ({
  cel: `self.${field} == oldSelf.${field}`,
  message: `${field} says which lease this is and cannot change; another lease is another IOPlacement`,
  fieldPath: `.${field}`,
  reason: 'FieldValueForbidden',
});

const ioPlacementSpecSchema = ruled(
  z.object({
    leaseId: leaseId().describe('Id of the lease. Equal to the name of this object.'),
    leaseGeneration: int64(1, Number.MAX_SAFE_INTEGER).describe(
      'Counts the leases of the IOCluster; the agent never goes back to an older one.',
    ),
    tenant: text({
      max: 16,
      pattern: /^[0-9a-f]{16}$/,
      what: '16 lower-case hexadecimal digits',
    }).describe('Hash of the renter’s namespace; the member does not learn the namespace itself.'),
    member: dnsLabel(53).describe('The member that is to run it.'),
    priceMicroUsdPerHour: microUsd().describe(
      'What all devices of the lease cost for one hour in micro-USD, as agreed when it was placed or rescaled.',
    ),
    ray: z
      .object({
        version: rayVersion().describe('Ray version, for example 2.52.1.'),
        image: rayImage().describe('Container image of head and workers.'),
      })
      .describe('Ray itself.'),
    head: z
      .object({
        cpu: cpuQuantity().describe('CPU cores of the head.'),
        memory: memoryQuantity().describe('Memory of the head.'),
        rayStartParams: rayStartParams()
          .optional()
          .describe('Parameters of ray start on the head.'),
      })
      .describe('The pod that holds the control of Ray.'),
    workerGroups: mapOf(workerGroup, 'name', { min: 1, max: 16 }).describe('Groups of workers.'),
    fencing: z
      .object({
        policy: z
          .enum(['AfterFence', 'Never'])
          .describe('Whether the member stops the work when it has lost contact to the hub.'),
        afterSeconds: int32(20, 3600).describe(
          'Seconds since the last heartbeat that the hub acknowledged, by the clock of the agent.',
        ),
      })
      .optional()
      .describe('What the member does without contact to the hub. Left out: nothing.'),
    checkpoint: z
      .object({
        command: listOf(prose(1024).describe('One argument.'), 32)
          .min(1)
          .describe('Program and arguments, run in the container of the head.'),
        timeoutSeconds: int32(1, 600).describe('Seconds that it may take.'),
      })
      .optional()
      .describe('Run in the head before the cluster is stopped in order.'),
    autoscaling: z
      .object({
        idleTimeoutSeconds: int32(1, 86_400).describe(
          'Seconds after which an idle worker is removed.',
        ),
        upscalingMode: z
          .enum(['Default', 'Aggressive', 'Conservative'])
          .describe('How fast workers are added.'),
      })
      .optional()
      .describe('The autoscaler of Ray. Left out when it is off.'),
  }),
  fixed('leaseId'),
  fixed('leaseGeneration'),
  fixed('tenant'),
  fixed('member'),
).describe('The RayCluster that the member is to run. Written by the hub only.');

const ioPlacementStatusSchema = z
  .object({
    observedGeneration: observedGeneration(),
    conditions: conditions(Object.keys(ioPlacementReasons)),
    rayCluster: z
      .object({
        namespace: dnsLabel().describe('Namespace on the member.'),
        name: dnsName().describe('Name of the RayCluster.'),
        state: prose(32).optional().describe('State as KubeRay reports it, for example ready.'),
      })
      .optional()
      .describe('The RayCluster on the member.'),
    workers: z
      .object({
        desired: int32(0, 16_000).describe('Workers that should run.'),
        ready: int32(0, 16_000).describe('Workers that run and are ready.'),
        summary: prose(16)
          .optional()
          .describe('Both in one word for kubectl get, for example 2/2.'),
      })
      .optional()
      .describe('Workers of all groups together.'),
    headServiceName: dnsName().optional().describe('Service of the head on the member.'),
  })
  .describe('What runs on the member. Written by the agent only.');

export const ioPlacementSchema = ruled(
  customObject('IOPlacement', ioPlacementSpecSchema, ioPlacementStatusSchema),
  {
    cel: 'self.metadata.name == self.spec.leaseId',
    message: 'spec.leaseId must be the name of the IOPlacement',
    fieldPath: '.spec.leaseId',
    holds: (placement) => placement.metadata.name === placement.spec.leaseId,
  },
).describe(
  'The order to one member to run the RayCluster of one lease on the devices of that lease.',
);

export type IOPlacementSpec = Wire<z.output<typeof ioPlacementSpecSchema>>;
export type IOPlacementStatus = Wire<z.output<typeof ioPlacementStatusSchema>>;
export type IOPlacement = CustomObject<'IOPlacement', IOPlacementSpec, IOPlacementStatus>;
export type IOPlacementWorkerGroup = IOPlacementSpec['workerGroups'][number];

export const ioPlacementDefinition: CustomResource = {
  kind: 'IOPlacement',
  plural: 'ioplacements',
  singular: 'ioplacement',
  shortNames: ['iop'],
  namespaced: true,
  maxNameLength: 22,
  schema: ioPlacementSchema,
  printerColumns: [
    conditionColumn('Accepted', 'Whether the member took it.'),
    conditionColumn('Applied', 'Whether the RayCluster exists as ordered.'),
    conditionColumn('Ready', 'Whether head and workers are ready.'),
    {
      name: 'Ray',
      type: 'string',
      jsonPath: '.status.rayCluster.state',
      description: 'State as KubeRay reports it.',
    },
    {
      name: 'Workers',
      type: 'string',
      jsonPath: '.status.workers.summary',
      description: 'Ready and desired workers.',
    },
    {
      name: 'Since',
      type: 'date',
      jsonPath: '.status.conditions[?(@.type=="Ready")].lastTransitionTime',
      description: 'Time since it became ready or stopped being so.',
    },
    ageColumn,
    {
      name: 'Tenant',
      type: 'string',
      jsonPath: '.spec.tenant',
      description: 'Hash of the renter’s namespace.',
      priority: 1,
    },
    {
      name: 'Generation',
      type: 'integer',
      jsonPath: '.spec.leaseGeneration',
      description: 'Which lease of the IOCluster it is.',
      priority: 1,
    },
  ],
};

export const ioPlacementResource = resourceOf<IOPlacement>(ioPlacementDefinition);
export const decodeIOPlacement = ioPlacementResource.decode;
