import type { GpuKind } from './gpu-labels.ts';

/** A group of equal GPU nodes. */
export type GpuPool = GpuKind & {
  /** Nodes are named `<name>-<number>`, counted from 1. */
  readonly name: string;
  readonly nodes: number;
  /** With it, so many nodes after another share an NVLink domain (label nvidia.com/gpu.clique). */
  readonly nodesPerNvlinkDomain?: number;
};

/** The price of one device for one hour, in micro-USD: 2_000_000 is 2 USD. */
export type Offer = {
  /** The model as IODevices name it; for MIG slices `<model>-MIG-<profile>`. */
  readonly model: string;
  readonly onDemandMicroUsdPerHour: number;
  readonly spotMicroUsdPerHour?: number;
};

/** A data centre: where it is, what it has, what it asks. */
export type MemberProfile = {
  /** A DNS label; names the cluster and the IOMember. */
  readonly name: string;
  readonly displayName: string;
  readonly location: {
    /** ISO 3166 alpha-2. */
    readonly country: string;
    readonly region: string;
    readonly city: string;
    /** Decimal degrees. */
    readonly latitude: string;
    readonly longitude: string;
  };
  readonly certifications: readonly string[];
  readonly gpuPools: readonly GpuPool[];
  /** Nodes without GPUs, for Ray heads; large, since simulated nodes cost nothing. */
  readonly cpuNodes: number;
  readonly offers: readonly Offer[];
  /** A node that runs its pods, besides the simulated ones; see `whyNoRealNode`. */
  readonly realNode?: {
    readonly name: string;
    /** What it says it has: its pods see none. */
    readonly gpus: GpuKind;
  };
};

const hopper = {
  product: 'NVIDIA-H100-80GB-HBM3',
  memoryMiB: 81_559,
  family: 'hopper',
  computeCapability: '9.0',
  driverVersion: '570.148.08',
  cudaVersion: '12.8',
  machine: 'DGXH100',
} as const;

const ampere = {
  product: 'NVIDIA-A100-SXM4-80GB',
  memoryMiB: 81_920,
  family: 'ampere',
  computeCapability: '8.0',
  driverVersion: '550.163.01',
  cudaVersion: '12.4',
  machine: 'AS-4124GO-NART',
} as const;

const ada = {
  product: 'NVIDIA-L40S',
  memoryMiB: 46_068,
  family: 'ada-lovelace',
  computeCapability: '8.9',
  driverVersion: '570.148.08',
  cudaVersion: '12.8',
  machine: 'SYS-421GE-TNRT',
} as const;

/** Kinds of GPUs for profiles of one's own: `{ ...gpuKinds.hopper, gpusPerNode: 8 }`. */
export const gpuKinds = { hopper, ampere, ada };

const frankfurt: MemberProfile = {
  name: 'frankfurt-1',
  displayName: 'Main GPU, Frankfurt',
  location: {
    country: 'DE',
    region: 'eu-central',
    city: 'Frankfurt',
    latitude: '50.11',
    longitude: '8.68',
  },
  certifications: ['ISO27001', 'SOC2'],
  gpuPools: [{ ...hopper, name: 'h100', nodes: 4, gpusPerNode: 8, nodesPerNvlinkDomain: 2 }],
  cpuNodes: 1,
  offers: [
    {
      model: 'H100-80GB-HBM3',
      onDemandMicroUsdPerHour: 2_490_000,
      spotMicroUsdPerHour: 1_490_000,
    },
  ],
};

const ashburn: MemberProfile = {
  name: 'ashburn-1',
  displayName: 'Dominion Compute, Ashburn',
  location: {
    country: 'US',
    region: 'us-east',
    city: 'Ashburn',
    latitude: '39.04',
    longitude: '-77.49',
  },
  certifications: ['SOC2', 'HIPAA'],
  gpuPools: [
    { ...ampere, name: 'a100', nodes: 3, gpusPerNode: 8 },
    { ...ada, name: 'l40s', nodes: 2, gpusPerNode: 4 },
  ],
  cpuNodes: 1,
  offers: [
    {
      model: 'A100-SXM4-80GB',
      onDemandMicroUsdPerHour: 1_290_000,
      spotMicroUsdPerHour: 790_000,
    },
    { model: 'L40S', onDemandMicroUsdPerHour: 860_000 },
  ],
};

/** Every way in which GPUs are cut: whole and confidential, MIG, time-sliced. */
const singapore: MemberProfile = {
  name: 'singapore-1',
  displayName: 'Straits GPU, Singapore',
  location: {
    country: 'SG',
    region: 'ap-southeast',
    city: 'Singapore',
    latitude: '1.35',
    longitude: '103.82',
  },
  certifications: ['ISO27001'],
  gpuPools: [
    { ...hopper, name: 'h100', nodes: 2, gpusPerNode: 8, confidential: true },
    {
      ...hopper,
      name: 'h100-mig',
      nodes: 1,
      gpusPerNode: 2,
      mig: {
        strategy: 'mixed',
        profile: '1g.10gb',
        slicesPerGpu: 7,
        memoryMiB: 9_984,
        multiprocessors: 16,
      },
    },
    {
      ...ada,
      name: 'l40s-shared',
      nodes: 1,
      gpusPerNode: 2,
      sharing: { strategy: 'time-slicing', replicas: 4 },
    },
  ],
  cpuNodes: 1,
  offers: [
    { model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_290_000 },
    { model: 'H100-80GB-HBM3-MIG-1g.10gb', onDemandMicroUsdPerHour: 390_000 },
    { model: 'L40S', onDemandMicroUsdPerHour: 790_000 },
  ],
};

/** A data centre whose one node runs its pods on this machine; the GPUs are advertised, not there. */
export const realMember: MemberProfile = {
  name: 'zurich-1',
  displayName: 'This machine, Zurich',
  location: {
    country: 'CH',
    region: 'eu-central',
    city: 'Zurich',
    latitude: '47.37',
    longitude: '8.54',
  },
  certifications: ['ISO27001'],
  gpuPools: [],
  cpuNodes: 0,
  // More than the same kind elsewhere: only who asks for it gets it.
  offers: [{ model: 'L4', onDemandMicroUsdPerHour: 950_000 }],
  realNode: {
    name: 'real-1',
    gpus: {
      ...ada,
      ...{ product: 'NVIDIA-L4', memoryMiB: 23_034, machine: 'this-machine', gpusPerNode: 4 },
    },
  },
};

/** Three data centres that differ in country, models and prices. */
export const defaultMembers: readonly MemberProfile[] = [frankfurt, ashburn, singapore];
