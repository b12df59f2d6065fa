import {
  byRule,
  bySchema,
  manifest,
  type BadVector,
  type GoodVector,
  type Manifest,
} from './vector.ts';

const defined = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** A member that states only its country; a field that is undefined is left out. */
export const member = (spec: object = {}, name = 'amsterdam'): Manifest =>
  manifest('IOMember', name, defined({ location: { country: 'NL' }, ...spec }));

/** An H100 as an agent finds it. */
export const device = (spec: object = {}): Manifest =>
  manifest(
    'IODevice',
    'node-1-gpu-0',
    defined({
      member: 'amsterdam',
      node: { name: 'node-1', uid: '6f2b', ready: true, schedulable: true },
      index: 0,
      kind: 'GPU',
      product: 'NVIDIA-H100-80GB-HBM3',
      memoryMiB: 81_559,
      resourceName: 'nvidia.com/gpu',
      allocatable: true,
      ...spec,
    }),
  );

const slice = (spec: object = {}): Manifest =>
  device({ kind: 'MIG', migProfile: '1g.10gb', resourceName: 'nvidia.com/mig-1g.10gb', ...spec });

export const leaseName = 'lease-0123456789abcdef';

/** One worker with one device. */
export const placementGroup = (fields: object = {}): Record<string, unknown> =>
  defined({
    name: 'gpu',
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 1,
    devicesPerWorker: 1,
    resourceName: 'nvidia.com/gpu',
    cpu: '4',
    memory: '16Gi',
    devices: [{ name: 'node-1-gpu-0', node: 'node-1' }],
    ...fields,
  });

export const placement = (spec: object = {}, name = leaseName): Manifest =>
  manifest('IOPlacement', name, {
    leaseId: leaseName,
    leaseGeneration: 1,
    tenant: '0123456789abcdef',
    member: 'amsterdam',
    priceMicroUsdPerHour: 2_400_000,
    ray: { version: '2.52.1', image: 'ray.example/ray:2.52.1' },
    head: { cpu: '2', memory: '8Gi' },
    workerGroups: [placementGroup()],
    ...spec,
  });

export const slashCase = (spec: object = {}): Manifest =>
  manifest('IOSlashCase', 'case-1', {
    deviceRef: { name: 'node-1-gpu-0' },
    reason: 'FalseInventory',
    evidence: { sha256: 'ab'.repeat(32) },
    amountBaseUnits: '20000000000',
    ...spec,
  });

export const goodMemberSide: readonly GoodVector[] = [
  { name: 'a member that states only its country', object: member() },
  {
    name: 'a member with everything',
    object: member({
      accepted: true,
      displayName: 'Amsterdam 1',
      accountRef: { namespace: 'suppliers', name: 'ams' },
      location: {
        country: 'NL',
        region: 'eu-west',
        city: 'Amsterdam',
        latitude: '52.370216',
        longitude: '4.895168',
      },
      certifications: ['ISO27001', 'SOC2'],
      cordoned: true,
      offers: [
        {
          model: 'H100-80GB-HBM3',
          onDemandMicroUsdPerHour: 2_400_000,
          spotMicroUsdPerHour: 2_400_000,
        },
        { model: 'L4', onDemandMicroUsdPerHour: 0 },
      ],
    }),
  },
  { name: 'a member with the longest name', object: member({}, 'm'.repeat(53)) },
  { name: 'a GPU', object: device() },
  {
    name: 'a GPU of a node without labels',
    object: device({ product: '', memoryMiB: 0, allocatable: false }),
  },
  {
    name: 'a GPU with everything',
    object: device({
      uuid: 'GPU-5d3c8b51-5c6f-4a21-9c2e-0f0a3f6f7a11',
      family: 'hopper',
      computeCapability: '9.0',
      driverVersion: '580.82.07',
      cudaVersion: '13.0',
      sharing: { strategy: 'None', replicas: 1 },
      nvlinkDomain: 'b5e1.0',
      confidential: true,
      offer: { onDemandMicroUsdPerHour: 2_400_000, spotMicroUsdPerHour: 1_200_000 },
    }),
  },
  {
    name: 'a GPU that has fallen off the bus',
    object: device({
      allocatable: false,
      health: {
        state: 'Broken',
        reason: 'XidError',
        message: 'XID 79: the GPU has fallen off the bus; restart the machine.',
        xid: 79,
        since: '2026-11-25T09:00:00.123Z',
        boot: '7d8c6b1e-94b2-4d7a-a1ce-2a6a5b0c9f10 580.82.07',
      },
    }),
  },
  {
    name: 'a time-sliced GPU',
    object: device({
      resourceName: 'nvidia.com/gpu.shared',
      sharing: { strategy: 'TimeSlicing', replicas: 4 },
    }),
  },
  { name: 'a MIG slice', object: slice() },
  {
    name: 'a MIG slice of a node whose slices are all alike',
    object: slice({ resourceName: 'nvidia.com/gpu' }),
  },
  {
    name: 'a MIG slice with media engines',
    object: slice({ migProfile: '1g.10gb.me', resourceName: 'nvidia.com/mig-1g.10gb.me' }),
  },
  { name: 'a placement', object: placement() },
  {
    name: 'a placement of CPU workers beside others, with room to grow',
    object: placement({
      autoscaling: { idleTimeoutSeconds: 60, upscalingMode: 'Default' },
      workerGroups: [
        placementGroup({ replicas: 1, maxReplicas: 4 }),
        placementGroup({
          name: 'cpu',
          devicesPerWorker: 0,
          resourceName: undefined,
          devices: [],
        }),
        placementGroup({
          name: 'empty',
          replicas: 0,
          minReplicas: 0,
          maxReplicas: 0,
          resourceName: undefined,
          devices: [],
        }),
      ],
    }),
  },
  { name: 'a case', object: slashCase() },
  {
    name: 'a case with evidence to read',
    object: slashCase({
      evidence: { sha256: '0'.repeat(64), url: 'https://hub.example/evidence/1' },
    }),
  },
];

const offered = (offer: object): Manifest =>
  member({ offers: [{ model: 'L4', onDemandMicroUsdPerHour: 500_000, ...offer }] });

export const badMembers: readonly BadVector[] = [
  byRule(
    'accepted and denied',
    member({ accepted: true, denied: true }),
    'spec.denied: a member is accepted or denied, not both; set the other one to false',
  ),
  bySchema('no location', member({ location: undefined }), 'spec.location: Required value'),
  byRule(
    'a country that does not exist',
    member({ location: { country: 'XX' } }),
    'spec.location.country: must be an ISO 3166 country code of two capital letters',
  ),
  byRule(
    'a latitude without a longitude',
    member({ location: { country: 'NL', latitude: '52.37' } }),
    'spec.location: latitude and longitude belong together; set both or none',
  ),
  byRule(
    'a longitude beyond the date line',
    member({ location: { country: 'NL', latitude: '52.37', longitude: '-180.5' } }),
    'spec.location.longitude: must be decimal degrees between -180 and 180 as a string, for example "4.9"',
  ),
  byRule(
    'a name with dots',
    member({}, 'ams.example'),
    '(root): metadata.name must be a DNS label of at most 53 characters, since the namespace io-member-<name> is named after it',
  ),
  bySchema(
    'a model with two prices',
    member({
      offers: [
        { model: 'L4', onDemandMicroUsdPerHour: 1 },
        { model: 'L4', onDemandMicroUsdPerHour: 2 },
      ],
    }),
    'spec.offers[1]: {"model":"L4"}',
  ),
  byRule(
    'Spot dearer than on demand',
    offered({ spotMicroUsdPerHour: 500_001 }),
    'spec.offers[0].spotMicroUsdPerHour: spotMicroUsdPerHour 500001 must be at most onDemandMicroUsdPerHour 500000',
  ),
  bySchema(
    'a negative price',
    offered({ onDemandMicroUsdPerHour: -1 }),
    'spec.offers[0].onDemandMicroUsdPerHour: should be greater than or equal to 0',
  ),
  byRule(
    'an offer for a model with its maker',
    offered({ model: 'NVIDIA-L4' }),
    'spec.offers[0].model: leave out the maker',
  ),
  byRule(
    'a certification that is a sentence',
    member({ certifications: ['certified by us'] }),
    'spec.certifications[0]: must be a certification such as ISO27001',
  ),
  byRule(
    'an account without a namespace that can be',
    member({ accountRef: { namespace: 'a/b', name: 'ams' } }),
    'spec.accountRef.namespace: must be lower-case letters, digits and dashes',
  ),
];

export const badDevices: readonly BadVector[] = [
  byRule(
    'a slice without a profile',
    slice({ migProfile: undefined, resourceName: 'nvidia.com/gpu' }),
    'spec.migProfile: migProfile is needed for kind MIG and excluded for kind GPU',
  ),
  byRule(
    'a whole GPU with a profile',
    device({ migProfile: '1g.10gb' }),
    'spec.migProfile: migProfile is needed for kind MIG and excluded for kind GPU',
  ),
  byRule(
    'a whole GPU that is asked for as a slice',
    device({ resourceName: 'nvidia.com/mig-1g.10gb' }),
    'spec.resourceName: a whole GPU is asked for as nvidia.com/gpu',
  ),
  byRule(
    'a slice that is asked for as another profile',
    slice({ resourceName: 'nvidia.com/mig-2g.20gb' }),
    'spec.resourceName: a slice is asked for as nvidia.com/mig-<migProfile>',
  ),
  byRule(
    'a resource of another maker',
    device({ resourceName: 'amd.com/gpu' }),
    'spec.resourceName: must be a resource of the device plugin, for example nvidia.com/gpu or nvidia.com/mig-1g.10gb',
  ),
  bySchema('no member', device({ member: undefined }), 'spec.member: Required value'),
  bySchema(
    'a negative index',
    device({ index: -1 }),
    'spec.index: should be greater than or equal to 0',
  ),
  bySchema(
    'a kind that does not exist',
    device({ kind: 'TPU' }),
    'spec.kind: supported values: "GPU", "MIG"',
  ),
  byRule(
    'an id that NVIDIA does not give',
    device({ uuid: 'TPU-1' }),
    'spec.uuid: must be the id that NVIDIA gives a device',
  ),
  byRule(
    'a family that is a sentence',
    device({ family: 'the new one' }),
    'spec.family: must be a GPU family such as hopper',
  ),
  byRule(
    'a compute capability without a minor version',
    device({ computeCapability: '9' }),
    'spec.computeCapability: must be major and minor version, for example 9.0',
  ),
  byRule(
    'Spot dearer than on demand',
    device({ offer: { onDemandMicroUsdPerHour: 1, spotMicroUsdPerHour: 2 } }),
    'spec.offer.spotMicroUsdPerHour: spotMicroUsdPerHour 2 must be at most onDemandMicroUsdPerHour 1',
  ),
  bySchema(
    'a sharing strategy that does not exist',
    device({ sharing: { strategy: 'Shared' } }),
    'spec.sharing.strategy: supported values: "None", "TimeSlicing", "MPS"',
  ),
];

export const badCases: readonly BadVector[] = [
  bySchema(
    'a reason that does not exist',
    slashCase({ reason: 'Dislike' }),
    'spec.reason: supported values: "FalseInventory"',
  ),
  byRule(
    'evidence without a whole hash',
    slashCase({ evidence: { sha256: 'AB'.repeat(32) } }),
    'spec.evidence.sha256: must be 64 lower-case hexadecimal digits',
  ),
  byRule(
    'evidence over an open line',
    slashCase({ evidence: { sha256: '0'.repeat(64), url: 'http://hub.example/1' } }),
    'spec.evidence.url: must be an address that begins with https://',
  ),
  byRule(
    'nothing at stake',
    slashCase({ amountBaseUnits: '0' }),
    'spec.amountBaseUnits: must be more than 0; a case without stake at risk is no case',
  ),
  byRule(
    'an amount with a fraction',
    slashCase({ amountBaseUnits: '1.5' }),
    'spec.amountBaseUnits: must be a whole number of base units in decimal digits, for example 20000000000',
  ),
  bySchema(
    'an amount as a number',
    slashCase({ amountBaseUnits: 5 }),
    'spec.amountBaseUnits: must be of type string',
  ),
];
