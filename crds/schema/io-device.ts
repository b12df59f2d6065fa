import { z } from 'zod';
import { ioDeviceReasons } from './conditions.ts';
import { ageColumn, conditionColumn, resourceOf, type CustomResource } from './custom-resource.ts';
import {
  baseUnits,
  deviceModel,
  dnsLabel,
  dnsName,
  int32,
  leaseId,
  microUsd,
  migProfile,
  prose,
  solanaAddress,
  term,
  text,
  timestamp,
} from './fields.ts';
import {
  conditions,
  customObject,
  observedGeneration,
  type CustomObject,
  type Wire,
} from './kube-object.ts';
import { offerRules } from './offer.ts';
import { ruled, type Rule } from './rule.ts';

const resourcePattern =
  /^nvidia\.com\/(gpu(\.shared)?|mig-([1-7]c\.)?[1-7]g\.[0-9]{1,3}gb(\.(me|gfx))?)$/;

const node = z
  .object({
    name: dnsName().describe('Name of the Node.'),
    uid: prose(64).describe('Unique id of the Node; another one means that the node was replaced.'),
    ready: z.boolean().describe('Whether the Node is Ready.'),
    schedulable: z
      .boolean()
      .describe('Whether the Node takes new pods; false when it is cordoned.'),
  })
  .describe('The Node that the device sits in.');

const sharing = z
  .object({
    strategy: z
      .enum(['None', 'TimeSlicing', 'MPS'])
      .default('None')
      .describe('How one GPU is shared by several pods: None, TimeSlicing or MPS.'),
    replicas: int32(1, 1024)
      .default(1)
      .describe('Pods that share the GPU; 1 when it is not shared.'),
  })
  .prefault({})
  .describe('Sharing as the device plugin is configured. A shared device is not rented.');

const offer = ruled(
  z.object({
    onDemandMicroUsdPerHour: microUsd().describe(
      'Price of the device for one hour in micro-USD; 2000000 is 2 USD.',
    ),
    spotMicroUsdPerHour: microUsd()
      .optional()
      .describe('Price of the device for one hour as Spot. Not offered as Spot when left out.'),
  }),
  ...offerRules,
).describe('Price at which the member offers the device. Not offered when left out.');

const health = z
  .object({
    state: z
      .enum(['Healthy', 'Degraded', 'Broken'])
      .describe(
        'Degraded: it gets no new lease. Broken: it does no work; it is not billed, and a lease on it is repaired.',
      ),
    reason: z
      .enum([
        'XidError',
        'EccError',
        'RowRemapFailure',
        'Overheated',
        'DeviceMissing',
        'NodeReportsFault',
        'Recovered',
        'Checked',
      ])
      .describe('Why, in a word.'),
    message: prose(256).describe('Why, in a sentence.'),
    xid: int32(1, 9999)
      .optional()
      .describe('XID of the driver that says so, or that was seen to and still stands.'),
    since: timestamp().describe('Since when.'),
    boot: prose(160)
      .optional()
      .describe('Boot id and driver of the machine then; a broken device needs another.'),
  })
  .describe('What the agent sees of the health of the device. Left out while nothing was wrong.');

const fixed = (field: string): Rule<unknown> => ({
  cel: `self.${field} == oldSelf.${field}`,
  message: `${field} is part of the identity of the device and cannot change; delete the IODevice and make a new one`,
  fieldPath: `.${field}`,
  reason: 'FieldValueForbidden',
});

type DeviceSpec = {
  kind: string;
  migProfile?: string | undefined;
  resourceName: string;
};

const kindRules: readonly Rule<DeviceSpec>[] = [
  {
    cel: "(self.kind == 'MIG') == has(self.migProfile)",
    message: 'migProfile is needed for kind MIG and excluded for kind GPU',
    fieldPath: '.migProfile',
    holds: (spec) => (spec.kind === 'MIG') === (spec.migProfile !== undefined),
  },
  {
    cel: "self.kind == 'MIG' || !self.resourceName.startsWith('nvidia.com/mig-')",
    message: 'a whole GPU is asked for as nvidia.com/gpu',
    fieldPath: '.resourceName',
    holds: (spec) => spec.kind === 'MIG' || !spec.resourceName.startsWith('nvidia.com/mig-'),
  },
  {
    cel: "self.kind != 'MIG' || !has(self.migProfile) || self.resourceName == 'nvidia.com/gpu' || self.resourceName == 'nvidia.com/mig-' + self.migProfile",
    message:
      'a slice is asked for as nvidia.com/mig-<migProfile>, or as nvidia.com/gpu where all slices of a node are alike',
    fieldPath: '.resourceName',
    holds: (spec) =>
      spec.kind !== 'MIG' ||
      spec.migProfile === undefined ||
      spec.resourceName === 'nvidia.com/gpu' ||
      spec.resourceName === `nvidia.com/mig-${spec.migProfile}`,
  },
];

const identityRules: readonly Rule<unknown>[] = [
  fixed('member'),
  fixed('index'),
  fixed('kind'),
  {
    cel: 'self.node.name == oldSelf.node.name',
    message:
      'node.name is part of the identity of the device and cannot change; delete the IODevice and make a new one',
    fieldPath: '.node.name',
    reason: 'FieldValueForbidden',
  },
  {
    cel: '!has(oldSelf.uuid) || (has(self.uuid) && self.uuid == oldSelf.uuid)',
    message: 'uuid cannot change once it is known; another GPU is another IODevice',
    fieldPath: '.uuid',
    reason: 'FieldValueForbidden',
  },
];

const ioDeviceSpecSchema = ruled(
  ruled(
    z.object({
      member: dnsLabel(53).describe('The member that the device belongs to.'),
      node,
      index: int32(0, 4095).describe(
        'Number of the device in its node, counted per kind and profile.',
      ),
      uuid: text({
        max: 128,
        pattern: /^(GPU|MIG)-[-A-Za-z0-9/]+$/,
        what: 'the id that NVIDIA gives a device, for example GPU-5d3c8b51-5c6f-4a21-9c2e-0f0a3f6f7a11',
      })
        .optional()
        .describe('Id that NVIDIA gives the device; unique in the world. Left out while unknown.'),
      kind: z.enum(['GPU', 'MIG']).describe('GPU for a whole GPU, MIG for a slice of one.'),
      product: prose(128).describe(
        'Label nvidia.com/gpu.product as it stands on the Node; empty when the Node has none.',
      ),
      memoryMiB: int32(0, 4_194_304).describe(
        'Memory of the device in MiB; 0 when the Node does not say.',
      ),
      family: term('a GPU family such as hopper')
        .optional()
        .describe('GPU family as the Node states it, for example hopper.'),
      computeCapability: text({
        max: 8,
        pattern: /^[0-9]{1,2}\.[0-9]{1,2}$/,
        what: 'major and minor version, for example 9.0',
      })
        .optional()
        .describe('CUDA compute capability, for example 9.0.'),
      driverVersion: prose(64)
        .optional()
        .describe('Version of the NVIDIA driver, for example 580.82.07.'),
      cudaVersion: prose(64)
        .optional()
        .describe('Newest CUDA that the driver runs, for example 13.0.'),
      migProfile: migProfile().optional().describe('MIG profile of a slice, for example 1g.10gb.'),
      resourceName: text({
        max: 63,
        pattern: resourcePattern,
        what: 'a resource of the device plugin, for example nvidia.com/gpu or nvidia.com/mig-1g.10gb',
      }).describe('Resource that a pod asks for to get the device, for example nvidia.com/gpu.'),
      sharing,
      nvlinkDomain: prose(128)
        .optional()
        .describe('Devices with the same value are joined by NVLink. Left out when there is none.'),
      confidential: z
        .boolean()
        .default(false)
        .describe('Whether the device is in confidential computing mode.'),
      allocatable: z
        .boolean()
        .describe('Whether the Node has the device among its allocatable ones.'),
      offer: offer.optional(),
      health: health.optional(),
    }),
    ...kindRules,
  ),
  ...identityRules,
).describe('The device as the agent finds it. Written by the agent only.');

const stake = z
  .object({
    amountBaseUnits: baseUnits().describe(
      'What the supplier has staked behind the device and is in no case, in base units of IO.',
    ),
    requiredBaseUnits: baseUnits().describe('What the device needs, in base units of IO.'),
    escrowedBaseUnits: baseUnits()
      .optional()
      .describe('What is in open cases, in base units of IO.'),
    unlockTime: timestamp()
      .optional()
      .describe('From when it can be withdrawn. Left out while nobody asked to.'),
    address: solanaAddress().optional().describe('Account on the chain that has the stake.'),
    coStake: z
      .object({
        wallet: solanaAddress().describe('Who stakes beside the supplier.'),
        amountBaseUnits: baseUnits().describe('What it has staked, in base units of IO.'),
        countedBaseUnits: baseUnits().describe('What of it counts, in base units of IO.'),
      })
      .optional()
      .describe('Stake of the wallet that the annotation compute.io.net/co-staker names.'),
  })
  .describe('A copy of the chain, which alone counts. Absent while nobody could stake.');

const ioDeviceStatusSchema = z
  .object({
    observedGeneration: observedGeneration(),
    model: deviceModel()
      .optional()
      .describe('Model by its canonical name, for example H100-80GB-HBM3. Left out while unknown.'),
    conditions: conditions(Object.keys(ioDeviceReasons)),
    lease: z
      .object({
        id: leaseId().describe('Id of the lease.'),
        placement: leaseId().describe('Name of the IOPlacement of the lease.'),
        since: timestamp().describe('Since when the lease holds the device.'),
      })
      .optional()
      .describe('The lease that holds the device. At most one.'),
    stake: stake.optional(),
  })
  .describe('What the hub makes of the device. Written by the hub only, on transitions.');

export const ioDeviceSchema = customObject(
  'IODevice',
  ioDeviceSpecSchema,
  ioDeviceStatusSchema,
).describe('One GPU, or one MIG slice of a GPU, that a member has.');

export type IODeviceSpec = Wire<z.output<typeof ioDeviceSpecSchema>>;
export type IODeviceStatus = Wire<z.output<typeof ioDeviceStatusSchema>>;
export type IODevice = CustomObject<'IODevice', IODeviceSpec, IODeviceStatus>;
export type IODeviceOffer = NonNullable<IODeviceSpec['offer']>;

export const ioDeviceDefinition: CustomResource = {
  kind: 'IODevice',
  plural: 'iodevices',
  singular: 'iodevice',
  shortNames: ['iod'],
  namespaced: true,
  schema: ioDeviceSchema,
  printerColumns: [
    {
      name: 'Model',
      type: 'string',
      jsonPath: '.status.model',
      description: 'Model by its canonical name.',
    },
    {
      name: 'MiB',
      type: 'integer',
      jsonPath: '.spec.memoryMiB',
      description: 'Memory in MiB.',
    },
    {
      name: 'Node',
      type: 'string',
      jsonPath: '.spec.node.name',
      description: 'The Node that it sits in.',
    },
    conditionColumn('Verified', 'Whether the device is what it says it is.'),
    conditionColumn('Staked', 'Whether the stake that it needs is there.'),
    conditionColumn('Offered', 'Whether it can be rented.'),
    {
      name: 'MicroUSD/h',
      type: 'integer',
      jsonPath: '.spec.offer.onDemandMicroUsdPerHour',
      description: 'Price on demand for one hour in micro-USD.',
    },
    { name: 'Lease', type: 'string', jsonPath: '.status.lease.id', description: 'Who holds it.' },
    {
      name: 'Leased',
      type: 'date',
      jsonPath: '.status.lease.since',
      description: 'Time since the lease holds it.',
    },
    ageColumn,
    {
      name: 'UUID',
      type: 'string',
      jsonPath: '.spec.uuid',
      description: 'Id by NVIDIA.',
      priority: 1,
    },
    {
      name: 'Stake',
      type: 'string',
      jsonPath: '.status.stake.amountBaseUnits',
      description: 'What is staked, in base units of IO.',
      priority: 1,
    },
    {
      name: 'Why',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Verified")].message',
      description: 'What verification found.',
      priority: 1,
    },
  ],
};

export const ioDeviceResource = resourceOf<IODevice>(ioDeviceDefinition);
export const decodeIODevice = ioDeviceResource.decode;
