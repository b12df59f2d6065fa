import type { DeviceSlice, SliceDevice } from '../../domain/devices/from-resource-slice.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Resource } from '../../runtime/resource.ts';

/** NVIDIA's DRA driver for GPUs. */
const gpuDriver = 'gpu.nvidia.com';
/** Only slices of that driver. */
export const gpuSliceSelector = `spec.driver=${gpuDriver}`;

/** A ResourceSlice, reduced to what devices are made from. */
export type ResourceSlice = KubeObject & Readonly<{ node: string; slice: DeviceSlice }>;

type Value = { string?: string; version?: string; int?: number; bool?: boolean };
type RawDevice = {
  name: string;
  attributes?: Record<string, Value>;
  capacity?: Record<string, { value?: string }>;
  taints?: readonly { effect?: string }[];
  allowMultipleAllocations?: boolean;
};
type RawSlice = KubeObject & {
  spec?: {
    nodeName?: string;
    pool?: { name?: string; generation?: number; resourceSliceCount?: number };
    devices?: readonly RawDevice[];
  };
};

/** resource.k8s.io/v1 ResourceSlice. */
export const resourceSliceResource: Resource<ResourceSlice> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  namespaced: false,
  decode: (raw) => {
    const { apiVersion, kind, metadata, spec = {} } = raw as RawSlice;
    const { name, uid, resourceVersion } = metadata;
    const { name: pool = '', generation = 0, resourceSliceCount = 1 } = spec.pool ?? {};
    const devices = (spec.devices ?? []).map(deviceOf);
    return {
      apiVersion,
      kind,
      metadata: { name, uid, resourceVersion },
      node: spec.nodeName ?? '',
      slice: { pool, generation, slicesOfPool: resourceSliceCount, devices },
    };
  },
};

/** An index that the informer of ResourceSlices has to have. */
export const resourceSliceIndex = {
  node: ({ node }: ResourceSlice): readonly string[] => (node === '' ? [] : [node]),
};

function deviceOf(device: RawDevice): SliceDevice {
  const { name, attributes = {}, capacity = {}, taints = [] } = device;
  const memory = capacity['memory'] ?? capacity[`${gpuDriver}/memory`];
  return {
    name,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [plain(key), textOf(value)]),
    ),
    memory: memory?.value,
    tainted: taints.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute'),
    shared: device.allowMultipleAllocations === true,
  };
}

/** A name without a domain is in that of the driver. */
const plain = (key: string): string =>
  key.startsWith(`${gpuDriver}/`) ? key.slice(gpuDriver.length + 1) : key;

const textOf = ({ string, version, int, bool }: Value): string =>
  String(string ?? version ?? int ?? bool ?? '');
