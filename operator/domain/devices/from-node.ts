import type { IODevice } from '../../../crds/schema/index.ts';
import { deviceName } from './device-name.ts';
import type { Sha256Hex } from './device-name.ts';
import type { ModelTable } from './model-table.ts';
import type { InventoryProblem, NodeFacts } from './node-facts.ts';
import { resourceGroups, unknownResources } from './resource-group.ts';
import type { ResourceGroup } from './resource-group.ts';

/** Most whole GPUs of one machine, and most slices of them. */
export const maxGpusPerNode = 16;
export const maxSlicesPerNode = maxGpusPerNode * 7;

/** An IODevice to be: its name and what the agent states of it. The price is not among it. */
export type DeviceFacts = Readonly<{ name: string; spec: IODevice['spec'] }>;

export type NodeInventory =
  /** Problems are for an event; devices that they concern are listed and will be refused. */
  | Readonly<{
      kind: 'Devices';
      devices: readonly DeviceFacts[];
      problems: readonly InventoryProblem[];
    }>
  /** The node says what no machine has; what was known of it stays as it is. */
  | Readonly<{ kind: 'Refused'; problems: readonly InventoryProblem[] }>;

export type FromNodeOptions = Readonly<{
  member: string;
  table: ModelTable;
  sha256Hex: Sha256Hex;
}>;

/**
 * The devices of a node, by NVIDIA's labels and the node's capacity: one for each GPU or MIG slice,
 * in the order of their index. A shared GPU is one device, whatever the number of its replicas.
 * Labels that are missing or contradict the capacity are no reason to leave a device out: it is
 * listed with memory 0 and not allocatable, so that it is refused where people look.
 *
 * The device plugin does not tell which devices are unhealthy, only how many are allocatable: the
 * last ones count as not allocatable.
 */
export function devicesOfNode(node: NodeFacts, options: FromNodeOptions): NodeInventory {
  const groups = resourceGroups(node);
  const tooMany = groups.flatMap((group) => tooManyProblem(group));
  if (tooMany.length > 0) return { kind: 'Refused', problems: tooMany };
  const devices = groups.flatMap((group) => devicesOfGroup(group, node, options));
  const problems = [...groups.flatMap((group) => group.problems), ...unknownResources(node)];
  if (
    groups.length === 0 &&
    problems.length === 0 &&
    node.labels['nvidia.com/gpu.present'] === 'true'
  ) {
    const message =
      'label nvidia.com/gpu.present is true, but the node has neither GPU capacity nor a label ' +
      'nvidia.com/gpu.count: are device plugin and GPU feature discovery running?';
    return { kind: 'Devices', devices, problems: [{ reason: 'NoDevicePlugin', message }] };
  }
  return { kind: 'Devices', devices, problems };
}

function tooManyProblem(group: ResourceGroup): InventoryProblem[] {
  const limit = group.migProfile === undefined ? maxGpusPerNode : maxSlicesPerNode;
  if (group.devices <= limit) return [];
  const what = group.migProfile === undefined ? 'GPUs' : 'MIG slices';
  const message =
    `${group.devices} ${what} of ${group.resourceName} on one node, at most ${limit} are believed; ` +
    'if the GPUs are shared, label nvidia.com/gpu.replicas has to say so';
  return [{ reason: 'TooManyDevices', message }];
}

function devicesOfGroup(
  group: ResourceGroup,
  node: NodeFacts,
  options: FromNodeOptions,
): readonly DeviceFacts[] {
  const { member, sha256Hex } = options;
  const common = {
    member,
    node: { name: node.name, uid: node.uid, ready: node.ready, schedulable: node.schedulable },
    kind: group.migProfile === undefined ? ('GPU' as const) : ('MIG' as const),
    product: group.productLabel,
    memoryMiB: group.memoryMiB,
    ...versionsOf(node.labels),
    ...(group.migProfile === undefined ? {} : { migProfile: group.migProfile }),
    resourceName: group.resourceName,
    sharing: group.sharing,
    ...nvlinkOf(group, node, options.table),
    confidential: isConfidential(node.labels),
  };
  return Array.from({ length: group.devices }, (_, index) => ({
    name: deviceName(node.name, group.migProfile, index, sha256Hex),
    spec: { ...common, index, allocatable: index < group.usable },
  }));
}

type Versions = Pick<
  IODevice['spec'],
  'family' | 'computeCapability' | 'driverVersion' | 'cudaVersion'
>;

const maxVersionLength = 64;

function versionsOf(labels: NodeFacts['labels']): Versions {
  const family = labels['nvidia.com/gpu.family'];
  const capability = joined(labels, [
    'nvidia.com/gpu.compute.major',
    'nvidia.com/gpu.compute.minor',
  ]);
  const driver =
    labels['nvidia.com/cuda.driver-version.full'] ??
    joined(
      labels,
      ['major', 'minor', 'rev'].map((part) => `nvidia.com/cuda.driver.${part}`),
    );
  const cuda =
    labels['nvidia.com/cuda.runtime-version.full'] ??
    joined(
      labels,
      ['major', 'minor'].map((part) => `nvidia.com/cuda.runtime.${part}`),
    );
  return {
    ...(family === undefined || family === '' ? {} : { family }),
    ...(/^\d{1,2}\.\d{1,2}$/.test(capability) ? { computeCapability: capability } : {}),
    ...(driver === '' ? {} : { driverVersion: driver.slice(0, maxVersionLength) }),
    ...(cuda === '' ? {} : { cudaVersion: cuda.slice(0, maxVersionLength) }),
  };
}

function joined(labels: NodeFacts['labels'], names: readonly string[]): string {
  return names.flatMap((name) => labels[name] ?? []).join('.');
}

const noFabric = '00000000-0000-0000-0000-000000000000.0';

/** The fabric's name where there is one; else, of GPUs that are always joined, the machine. */
export function nvlinkOf(
  group: Pick<ResourceGroup, 'migProfile' | 'sharing' | 'product' | 'devices'>,
  node: NodeFacts,
  table: ModelTable,
): Pick<IODevice['spec'], 'nvlinkDomain'> {
  if (group.migProfile !== undefined || group.sharing.strategy !== 'None') return {};
  const clique = node.labels['nvidia.com/gpu.clique'];
  if (clique !== undefined && clique !== '' && clique !== noFabric) return { nvlinkDomain: clique };
  const alwaysJoined = table.find(group.product.model)?.nvlink === true && group.devices > 1;
  return alwaysJoined ? { nvlinkDomain: `node-${node.uid}` } : {};
}

/** The confidential computing manager says both: the mode, and that it is in force. */
export function isConfidential(labels: NodeFacts['labels']): boolean {
  return (
    labels['nvidia.com/cc.mode.state'] === 'on' && labels['nvidia.com/cc.ready.state'] === 'true'
  );
}
