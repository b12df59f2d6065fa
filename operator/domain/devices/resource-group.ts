import { countOf, wholeNumber } from './node-facts.ts';
import type { InventoryProblem, NodeFacts } from './node-facts.ts';
import { isMigProfile, parseProduct } from './product-label.ts';
import type { Product } from './product-label.ts';

const gpuResource = 'nvidia.com/gpu';
const migPrefix = 'nvidia.com/mig-';
const renamedSuffix = '.shared';

/** One extended resource of a node with the labels that describe its devices. */
export type ResourceGroup = Readonly<{
  /** What a pod asks for. */
  resourceName: string;
  /** Profile by the resource's name (MIG strategy mixed) or the product label (single). */
  migProfile: string | undefined;
  product: Product;
  productLabel: string;
  memoryMiB: number;
  /** Devices, not their replicas. */
  devices: number;
  /** The first so many of them can be used. */
  usable: number;
  sharing: Readonly<{ strategy: 'None' | 'TimeSlicing' | 'MPS'; replicas: number }>;
  problems: readonly InventoryProblem[];
}>;

/** A resource as the node lists it. */
type Found = Readonly<{
  resourceName: string;
  /** Labels of the devices begin with this and a dot; a renamed resource keeps its labels. */
  labelPrefix: string;
  renamed: boolean;
  capacity: number;
  allocatable: number;
}>;

/** The GPU resources of a node that can be devices: whole GPUs first, then slices by profile. */
export function resourceGroups(node: NodeFacts): readonly ResourceGroup[] {
  const found = resourcesOf(node).filter((resource) => !isUnknown(resource));
  const groups = found.map((resource) => groupOf(node, resource));
  if (groups.length > 0) return onePerProfile(groups);
  const labelled = wholeNumber(node.labels[`${gpuResource}.count`]) ?? 0;
  // GPUs that labels know and the kubelet does not are shown, so that someone sees why they idle.
  return labelled > 0 ? [groupOf(node, foundOf(node, gpuResource))] : [];
}

/** Resources that look like slices and name no profile that the API could take. */
export function unknownResources(node: NodeFacts): readonly InventoryProblem[] {
  return resourcesOf(node)
    .filter(isUnknown)
    .map(({ resourceName, capacity }) => ({
      reason: 'UnknownResource',
      message:
        `capacity ${resourceName} is ${capacity}, ` +
        'but a slice is named like nvidia.com/mig-1g.10gb or nvidia.com/mig-1g.10gb.me',
    }));
}

function resourcesOf(node: NodeFacts): readonly Found[] {
  return Object.keys(node.capacity)
    .filter((name) => name.startsWith(migPrefix) || isGpu(name))
    .toSorted()
    .map((name) => foundOf(node, name))
    .filter((resource) => resource.capacity > 0);
}

function isUnknown({ labelPrefix }: Found): boolean {
  return labelPrefix.startsWith(migPrefix) && !isMigProfile(labelPrefix.slice(migPrefix.length));
}

/**
 * For some minutes after a device plugin was set up anew, a node lists the devices under the old
 * and under the new resource; those that can be used count.
 */
function onePerProfile(groups: readonly ResourceGroup[]): readonly ResourceGroup[] {
  return groups.filter((group, at) =>
    groups.every(
      (other, position) =>
        other.migProfile !== group.migProfile ||
        other.usable < group.usable ||
        (other.usable === group.usable && position >= at),
    ),
  );
}

function isGpu(name: string): boolean {
  return name === gpuResource || name === `${gpuResource}${renamedSuffix}`;
}

function foundOf(node: NodeFacts, name: string): Found {
  const renamed = name.endsWith(renamedSuffix);
  const labelPrefix = renamed ? name.slice(0, -renamedSuffix.length) : name;
  return {
    resourceName: name,
    labelPrefix,
    renamed,
    capacity: countOf(node.capacity, name) ?? 0,
    allocatable: countOf(node.allocatable, name) ?? 0,
  };
}

function groupOf(node: NodeFacts, found: Found): ResourceGroup {
  const label = (suffix: string): string | undefined =>
    node.labels[`${found.labelPrefix}.${suffix}`];
  const productLabel = label('product') ?? '';
  const product = parseProduct(productLabel);
  const memoryMiB = wholeNumber(label('memory')) ?? 0;
  const count = wholeNumber(label('count'));
  const sharing = sharingOf(found, product, label('sharing-strategy'), label('replicas'), count);
  const physical = Math.ceil(found.capacity / sharing.replicas);
  const mixed = node.labels['nvidia.com/mig.strategy'] === 'mixed' && isGpu(found.resourceName);
  const profileByName = found.labelPrefix.startsWith(migPrefix)
    ? found.labelPrefix.slice(migPrefix.length)
    : undefined;
  const check: Check = { found, product, productLabel, memoryMiB, count, sharing, physical, mixed };
  const problems = [...labelProblems(check, profileByName), ...countProblems(check)];
  // Labels that contradict the node describe some of its devices at best, so none is believed.
  const trusted = problems.length === 0;
  const migProfile = profileByName ?? product.migProfile;
  return {
    // Of a shared slice the plain resource is named: nobody rents it anyway.
    resourceName: migProfile === undefined ? found.resourceName : found.labelPrefix,
    migProfile,
    product,
    productLabel,
    memoryMiB: trusted ? memoryMiB : 0,
    devices: mixed ? physical : Math.max(physical, count ?? 0),
    usable: trusted ? Math.floor(found.allocatable / sharing.replicas) : 0,
    sharing,
    problems,
  };
}

function sharingOf(
  found: Found,
  product: Product,
  strategy: string | undefined,
  replicasLabel: string | undefined,
  count: number | undefined,
): ResourceGroup['sharing'] {
  const replicas = wholeNumber(replicasLabel) ?? 1;
  const named = strategy !== undefined && strategy !== 'none';
  if (!found.renamed && !product.shared && !named && replicas <= 1) {
    return { strategy: 'None', replicas: 1 };
  }
  const derived = count === undefined || count === 0 ? 1 : Math.round(found.capacity / count);
  return {
    strategy: strategy === 'mps' ? 'MPS' : 'TimeSlicing',
    replicas: Math.max(1, replicas > 1 ? replicas : derived),
  };
}

type Check = Readonly<{
  found: Found;
  product: Product;
  productLabel: string;
  memoryMiB: number;
  count: number | undefined;
  sharing: ResourceGroup['sharing'];
  physical: number;
  /** Whole GPUs on a node where others are cut: the label counts both kinds. */
  mixed: boolean;
}>;

function labelProblems(check: Check, profileByName: string | undefined): InventoryProblem[] {
  const { found, product, productLabel, memoryMiB } = check;
  const name = found.labelPrefix;
  if (productLabel === '') {
    const message = `label ${name}.product is missing: is GPU feature discovery running?`;
    return [{ reason: 'NoProductLabel', message }];
  }
  if (product.migInvalid) {
    const message =
      `label ${name}.product is ${productLabel}: ` +
      'with MIG strategy single all GPUs of a node must be cut alike';
    return [{ reason: 'InvalidMigConfiguration', message }];
  }
  if (profileByName !== undefined && product.migProfile !== profileByName) {
    const message = `label ${name}.product is ${productLabel}, which is no slice of ${profileByName}`;
    return [{ reason: 'InvalidMigConfiguration', message }];
  }
  if (memoryMiB > 0) return [];
  return [{ reason: 'NoMemoryLabel', message: `label ${name}.memory is missing or 0` }];
}

function countProblems(check: Check): InventoryProblem[] {
  const { found, count, sharing, physical, mixed } = check;
  const name = found.labelPrefix;
  if (found.capacity % sharing.replicas !== 0) {
    const message =
      `capacity ${found.resourceName} is ${found.capacity}, ` +
      `which is no multiple of the ${sharing.replicas} replicas of a shared GPU`;
    return [{ reason: 'SharingMismatch', message }];
  }
  if (physical === 0) {
    const message =
      `label ${name}.count says ${count ?? 0}, but the node has no capacity of ` +
      `${found.resourceName}: is the device plugin running?`;
    return [{ reason: 'NoCapacity', message }];
  }
  if (count === physical || (mixed && count !== undefined && count >= physical)) return [];
  const message =
    `label ${name}.count says ${count ?? 'nothing'}, ` +
    `but capacity ${found.resourceName} has ${physical} devices`;
  return [{ reason: 'CountMismatch', message }];
}
