/** MIG devices of one profile on each GPU of a node. */
export type MigLayout = {
  /** `mixed`: each profile is a resource of its own; `single`: the slices are called nvidia.com/gpu. */
  readonly strategy: 'single' | 'mixed';
  /** NVIDIA's name, such as `1g.10gb`. */
  readonly profile: string;
  readonly slicesPerGpu: number;
  readonly memoryMiB: number;
  readonly multiprocessors: number;
};

/** GPUs of one kind, as a group of equal nodes has them. */
export type GpuKind = {
  /** As NVIDIA's GPU feature discovery writes it, such as `NVIDIA-H100-80GB-HBM3`. */
  readonly product: string;
  readonly memoryMiB: number;
  readonly family: 'ampere' | 'ada-lovelace' | 'hopper' | 'blackwell';
  /** CUDA compute capability, such as `9.0`. */
  readonly computeCapability: string;
  readonly gpusPerNode: number;
  /** Driver version, such as `570.148.08`. */
  readonly driverVersion: string;
  /** CUDA version of the driver, such as `12.8`. */
  readonly cudaVersion: string;
  /** The server's product name. */
  readonly machine: string;
  readonly sharing?: { readonly strategy: 'time-slicing' | 'mps'; readonly replicas: number };
  readonly mig?: MigLayout;
  /** The node's GPUs compute confidentially and have been attested. */
  readonly confidential?: boolean;
};

/** Labels that do not follow from the kind. */
export type NodeFacts = {
  /** `<cluster uuid>.<clique id>`: nodes with the same value share an NVLink domain. */
  readonly clique?: string;
  /** When the labels were written, Unix seconds. */
  readonly timestamp: number;
};

type Labels = Record<string, string>;

/**
 * All labels that NVIDIA's GPU feature discovery puts on such a node, and those by which the GPU
 * operator and node feature discovery mark it. The rules are the label writer's own: a shared GPU's
 * product ends in `-SHARED`, a MIG node counts whole GPUs with 0 replicas.
 */
export function gpuLabels(kind: GpuKind, facts: NodeFacts): Labels {
  return {
    ...presenceLabels(kind),
    ...versionLabels(kind),
    ...wholeGpuLabels(kind),
    ...(kind.mig === undefined ? {} : migLabels(kind, kind.mig)),
    ...(facts.clique === undefined ? {} : { 'nvidia.com/gpu.clique': facts.clique }),
    ...(kind.confidential === true ? confidentialLabels : {}),
    'nvidia.com/gfd.timestamp': String(facts.timestamp),
  };
}

/** The extended resources of such a node: what its device plugin would register. */
export function gpuResources(kind: GpuKind): Labels {
  const { mig, sharing, gpusPerNode } = kind;
  if (mig === undefined)
    return { 'nvidia.com/gpu': String(gpusPerNode * (sharing?.replicas ?? 1)) };
  const slices = String(gpusPerNode * mig.slicesPerGpu);
  if (mig.strategy === 'single') return { 'nvidia.com/gpu': slices };
  return { 'nvidia.com/gpu': '0', [`nvidia.com/mig-${mig.profile}`]: slices };
}

const confidentialLabels: Labels = {
  'nvidia.com/cc.capable': 'true',
  'nvidia.com/cc.mode.state': 'on',
  'nvidia.com/cc.ready.state': 'true',
};

function presenceLabels(kind: GpuKind): Labels {
  const { mig, sharing, family } = kind;
  return {
    'feature.node.kubernetes.io/pci-10de.present': 'true',
    'nvidia.com/gpu.present': 'true',
    'nvidia.com/vgpu.present': 'false',
    'nvidia.com/gpu.mode': 'compute',
    'nvidia.com/gpu.machine': kind.machine,
    'nvidia.com/mig.capable': String(family !== 'ada-lovelace'),
    'nvidia.com/mig.strategy': mig?.strategy ?? 'none',
    'nvidia.com/mps.capable': String(sharing?.strategy === 'mps'),
  };
}

function versionLabels({ driverVersion, cudaVersion }: GpuKind): Labels {
  const [driverMajor = '', driverMinor = '', driverRevision = ''] = driverVersion.split('.');
  const [cudaMajor = '', cudaMinor = ''] = cudaVersion.split('.');
  return {
    'nvidia.com/cuda.driver-version.major': driverMajor,
    'nvidia.com/cuda.driver-version.minor': driverMinor,
    'nvidia.com/cuda.driver-version.revision': driverRevision,
    'nvidia.com/cuda.driver-version.full': driverVersion,
    'nvidia.com/cuda.runtime-version.major': cudaMajor,
    'nvidia.com/cuda.runtime-version.minor': cudaMinor,
    'nvidia.com/cuda.runtime-version.full': cudaVersion,
    // Deprecated, still written beside the new ones.
    'nvidia.com/cuda.driver.major': driverMajor,
    'nvidia.com/cuda.driver.minor': driverMinor,
    'nvidia.com/cuda.driver.rev': driverRevision,
    'nvidia.com/cuda.runtime.major': cudaMajor,
    'nvidia.com/cuda.runtime.minor': cudaMinor,
  };
}

function wholeGpuLabels(kind: GpuKind): Labels {
  const { product, sharing, mig, computeCapability } = kind;
  const [major = '', minor = ''] = computeCapability.split('.');
  return {
    'nvidia.com/gpu.product': sharing === undefined ? product : `${product}-SHARED`,
    'nvidia.com/gpu.count': String(kind.gpusPerNode),
    'nvidia.com/gpu.memory': String(kind.memoryMiB),
    'nvidia.com/gpu.family': kind.family,
    'nvidia.com/gpu.compute.major': major,
    'nvidia.com/gpu.compute.minor': minor,
    'nvidia.com/gpu.replicas': mig === undefined ? String(sharing?.replicas ?? 1) : '0',
    'nvidia.com/gpu.sharing-strategy': sharing?.strategy ?? 'none',
  };
}

function migLabels({ product, gpusPerNode }: GpuKind, mig: MigLayout): Labels {
  const resource = mig.strategy === 'single' ? 'gpu' : `mig-${mig.profile}`;
  const [slices = '1'] = mig.profile.split('g');
  const attributes: Labels = {
    product: `${product}-MIG-${mig.profile}`,
    count: String(gpusPerNode * mig.slicesPerGpu),
    replicas: '1',
    'sharing-strategy': 'none',
    memory: String(mig.memoryMiB),
    multiprocessors: String(mig.multiprocessors),
    'slices.gi': slices,
    'slices.ci': slices,
    'engines.copy': slices,
    'engines.decoder': slices,
    'engines.encoder': '0',
    'engines.jpeg': slices,
    'engines.ofa': '0',
  };
  const entries = Object.entries(attributes);
  return Object.fromEntries([
    ['nvidia.com/mig.config', `all-${mig.profile}`],
    ['nvidia.com/mig.config.state', 'success'],
    ...entries.map(([name, value]) => [`nvidia.com/${resource}.${name}`, value] as const),
  ]);
}
