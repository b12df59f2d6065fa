import type { IODevice } from '../../../crds/schema/index.ts';
import { compareText } from '../order.ts';
import { deviceName } from './device-name.ts';
import {
  type DeviceFacts,
  type FromNodeOptions,
  isConfidential,
  maxGpusPerNode,
  maxSlicesPerNode,
  type NodeInventory,
  nvlinkOf,
} from './from-node.ts';
import type { InventoryProblem, NodeFacts } from './node-facts.ts';
import { isMigProfile, parseProduct } from './product-label.ts';

/** One device of NVIDIA's DRA driver, as a ResourceSlice lists it. */
export type SliceDevice = Readonly<{
  /** `gpu-3` of a whole GPU: its number is part of the name. */
  name: string;
  /** By name without the driver's domain; booleans and numbers as text. */
  attributes: Readonly<Record<string, string>>;
  /** Quantity, such as 81559Mi or 85520809984. */
  memory: string | undefined;
  /** It has a taint by which nothing new may use it. */
  tainted: boolean;
  /** Several claims may share it. */
  shared: boolean;
}>;

/** One ResourceSlice of a node. */
export type DeviceSlice = Readonly<{
  pool: string;
  generation: number;
  /** Slices that the pool has in this generation. */
  slicesOfPool: number;
  devices: readonly SliceDevice[];
}>;

export type SliceInventory = Readonly<{
  inventory: NodeInventory;
  /** Ids of whole GPUs by their number. */
  uuids: ReadonlyMap<number, string>;
}>;

const none: ReadonlyMap<number, string> = new Map();
const uuidPattern = /^GPU-[-0-9a-fA-F]{1,64}$/;
/** As much as the API takes of a product and of a version. */
const maxProductLength = 128;
const maxVersionLength = 64;

/**
 * The devices of a node by what NVIDIA's DRA driver publishes of it: named and numbered as by labels,
 * so that a member can change from one source to the other. Of each pool the newest generation counts.
 * While a pool is published only in part, what was known of the node stays as it is.
 */
export function devicesOfSlices(
  node: NodeFacts,
  slices: readonly DeviceSlice[],
  options: FromNodeOptions,
): SliceInventory {
  const pools = [...Map.groupBy(slices, ({ pool }) => pool).values()].map(newest);
  const isPartial = pools.some((pool) => pool.length < (pool[0]?.slicesOfPool ?? 0));
  if (isPartial) return { inventory: { kind: 'Refused', problems: [] }, uuids: none };
  const all = pools.flat().flatMap(({ devices }) => devices);
  const gpus = all.filter(({ attributes }) => attributes['type'] === 'gpu');
  const cuts = all.filter(({ attributes }) => attributes['type'] === 'mig');
  const tooMany = [
    ...tooManyProblem(gpus.length, maxGpusPerNode, 'GPUs'),
    ...tooManyProblem(cuts.length, maxSlicesPerNode, 'MIG slices'),
  ];
  if (tooMany.length > 0) return { inventory: { kind: 'Refused', problems: tooMany }, uuids: none };
  const numbered = [...numberedGpus(gpus), ...numberedCuts(cuts)];
  const devices = numbered.map((one) => deviceOf(one, gpus.length, node, options));
  const problems = [...gpus, ...cuts].flatMap(problemsOf);
  return { inventory: { kind: 'Devices', devices, problems }, uuids: uuidsOf(numbered) };
}

function newest(slices: readonly DeviceSlice[]): readonly DeviceSlice[] {
  const last = Math.max(...slices.map(({ generation }) => generation));
  return slices.filter(({ generation }) => generation === last);
}

function tooManyProblem(count: number, limit: number, what: string): readonly InventoryProblem[] {
  if (count <= limit) return [];
  const message = `ResourceSlices list ${count} ${what} of one node, at most ${limit} are believed`;
  return [{ reason: 'TooManyDevices', message }];
}

type Numbered = Readonly<{ device: SliceDevice; index: number; migProfile: string | undefined }>;

/** By the number in its name, so that a GPU that is gone moves no other one. */
function numberedGpus(gpus: readonly SliceDevice[]): readonly Numbered[] {
  return gpus
    .flatMap((device) => {
      const index = numberOf(device);
      return index === undefined ? [] : [{ device, index, migProfile: undefined }];
    })
    .toSorted((left, right) => left.index - right.index);
}

const numberOf = ({ name }: SliceDevice): number | undefined => {
  const digits = /^gpu-(\d{1,3})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Counted for each profile, in the order of their names. */
function numberedCuts(cuts: readonly SliceDevice[]): readonly Numbered[] {
  const valid = cuts.filter(({ attributes }) => isMigProfile(attributes['profile'] ?? ''));
  const profiles = Map.groupBy(valid, ({ attributes }) => attributes['profile'] ?? '');
  return [...profiles]
    .toSorted(([left], [right]) => compareText(left, right))
    .flatMap(([migProfile, devices]) =>
      devices
        .toSorted((left, right) => compareText(left.name, right.name))
        .map((device, index) => ({ device, index, migProfile })),
    );
}

function deviceOf(
  { device, index, migProfile }: Numbered,
  gpus: number,
  node: NodeFacts,
  { member, table, sha256Hex }: FromNodeOptions,
): DeviceFacts {
  const { attributes } = device;
  const product = productLabel(attributes['productName'] ?? '', migProfile);
  const memoryMiB = mebibytes(device.memory);
  const sharing = { strategy: 'None' as const, replicas: 1 };
  const group = { migProfile, sharing, product: parseProduct(product), devices: gpus };
  return {
    name: deviceName(node.name, migProfile, index, sha256Hex),
    spec: {
      member,
      node: { name: node.name, uid: node.uid, ready: node.ready, schedulable: node.schedulable },
      index,
      kind: migProfile === undefined ? 'GPU' : 'MIG',
      product,
      memoryMiB,
      ...versionsOf(attributes),
      ...(migProfile === undefined ? {} : { migProfile }),
      resourceName: migProfile === undefined ? 'nvidia.com/gpu' : `nvidia.com/mig-${migProfile}`,
      sharing,
      ...nvlinkOf(group, node, table),
      confidential: isConfidential(node.labels),
      allocatable: problemsOf(device).length === 0 && !device.tainted,
    },
  };
}

/** NVIDIA H100 80GB HBM3 is NVIDIA-H100-80GB-HBM3 where GPU feature discovery writes it. */
function productLabel(productName: string, migProfile: string | undefined): string {
  const plain = productName.replace(/[^-A-Za-z0-9_. ]/g, '').replaceAll(' ', '-');
  const suffix = plain === '' || migProfile === undefined ? '' : `-MIG-${migProfile}`;
  return `${plain}${suffix}`.slice(0, maxProductLength);
}

type Versions = Pick<
  IODevice['spec'],
  'family' | 'computeCapability' | 'driverVersion' | 'cudaVersion'
>;

function versionsOf(attributes: SliceDevice['attributes']): Versions {
  const family = (attributes['architecture'] ?? '').toLowerCase().replaceAll(' ', '-');
  const capability = /^\d{1,2}\.\d{1,2}/.exec(attributes['cudaComputeCapability'] ?? '')?.[0];
  const driver = attributes['driverVersion'] ?? '';
  const cuda = /^\d{1,3}\.\d{1,3}/.exec(attributes['cudaDriverVersion'] ?? '')?.[0];
  return {
    ...(/^[a-z][-a-z]{0,61}[a-z]$/.test(family) ? { family } : {}),
    ...(capability === undefined ? {} : { computeCapability: capability }),
    ...(driver === '' ? {} : { driverVersion: driver.slice(0, maxVersionLength) }),
    ...(cuda === undefined ? {} : { cudaVersion: cuda }),
  };
}

const units: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** 0: it does not say, or something that no GPU has. */
function mebibytes(quantity = ''): number {
  const [, digits = '', unit = ''] = /^(\d{1,15})(Ki|Mi|Gi)?$/.exec(quantity) ?? [];
  const found = Math.floor((Number(digits) * (units[unit] ?? 0)) / 2 ** 20);
  return found <= 4_194_304 ? found : 0;
}

function problemsOf(device: SliceDevice): readonly InventoryProblem[] {
  const { name, attributes, shared } = device;
  const is = `device ${name} of the ResourceSlice`;
  const problem = (reason: InventoryProblem['reason'], what: string) => [
    { reason, message: `${is} ${what}` },
  ];
  const profile = attributes['profile'] ?? '';
  if (attributes['type'] === 'gpu' && numberOf(device) === undefined) {
    return problem('UnknownResource', 'has no number in its name; a GPU is named like gpu-0');
  }
  if (attributes['type'] === 'mig' && !isMigProfile(profile)) {
    return problem('InvalidMigConfiguration', `has profile "${profile}"; one is like 1g.10gb`);
  }
  if ((attributes['productName'] ?? '') === '') {
    return problem('NoProductLabel', 'has no attribute productName');
  }
  if (mebibytes(device.memory) === 0) return problem('NoMemoryLabel', 'has no capacity memory');
  return shared ? problem('SharingMismatch', 'may be shared; it has to be offered whole') : [];
}

/** None that is no id, or is told of two GPUs. */
function uuidsOf(numbered: readonly Numbered[]): ReadonlyMap<number, string> {
  const told = numbered.flatMap(({ device, index, migProfile }) => {
    const uuid = device.attributes['uuid'] ?? '';
    return migProfile === undefined && uuidPattern.test(uuid) ? [[index, uuid] as const] : [];
  });
  const byUuid = Map.groupBy(told, ([, uuid]) => uuid);
  return new Map(told.filter(([, uuid]) => byUuid.get(uuid)?.length === 1));
}
