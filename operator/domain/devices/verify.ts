import type { IODevice, IODeviceReason } from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../condition-intent.ts';
import type { GpuModel } from './model.ts';
import type { ModelTable } from './model-table.ts';
import { parseProduct } from './product-label.ts';

/** What an agent claims of a device, and what only the hub can know. */
export type DeviceClaim = Readonly<{
  spec: IODevice['spec'];
  /** Another IODevice of the federation has the same uuid: one of them is not what it says. */
  duplicateUuid: boolean;
}>;

export type DeviceVerdict = Readonly<{
  /** Canonical model; absent while not identified. */
  model?: string;
  identified: ConditionIntent<'Identified'>;
  verified: ConditionIntent<'Verified'>;
}>;

type Spec = IODevice['spec'];
type Finding = Readonly<{ reason: IODeviceReason<'Verified'>; message: string }>;

/**
 * Compares a device's inventory with the table of models. Identified says which model it is,
 * Verified that memory, family, compute capability and MIG profile are that model's and that the
 * device is not shared. It proves nothing that a well-forged node could not state.
 */
export function verifyInventory(claim: DeviceClaim, table: ModelTable): DeviceVerdict {
  const { spec } = claim;
  const missing = missingLabels(spec);
  if (missing.length > 0) {
    const message =
      `the node does not tell ${missing.join(' and ')}, or its labels contradict its capacity; ` +
      'see the events of the node on the member';
    return unidentified('IncompleteLabels', message, 'NotIdentified');
  }
  if (claim.duplicateUuid) {
    const message = `${spec.uuid ?? 'the uuid'} is claimed by another IODevice too`;
    return unidentified('DuplicateUuid', message, 'NotIdentified');
  }
  const product = parseProduct(spec.product);
  const model = product.migInvalid ? undefined : table.find(product.model);
  if (model === undefined) {
    const message =
      `${spec.product} is not in the table of GPU models of ${table.date}: ` +
      'a release that knows it is needed, or the label is not NVIDIA’s';
    return unidentified('UnknownProduct', message, 'UnknownModel');
  }
  return {
    model: model.name,
    identified: identified(`${spec.product} is ${named(model)}.`),
    verified: verifiedAs(spec, model),
  };
}

function missingLabels(spec: Spec): readonly string[] {
  return [
    ...(spec.product === '' ? ['its product'] : []),
    ...(spec.memoryMiB === 0 ? ['its memory'] : []),
  ];
}

function unidentified(
  reason: IODeviceReason<'Identified'>,
  message: string,
  verified: IODeviceReason<'Verified'>,
): DeviceVerdict {
  return {
    identified: { type: 'Identified', status: 'False', reason, message },
    verified: { type: 'Verified', status: 'False', reason: verified, message },
  };
}

function identified(message: string): ConditionIntent<'Identified'> {
  return { type: 'Identified', status: 'True', reason: 'Identified', message };
}

/** `an H100-80GB-HBM3`, as one says it. */
function named(model: GpuModel): string {
  return `${/^(A|H|L|RTX)/.test(model.name) ? 'an' : 'a'} ${model.name}`;
}

/** The first thing that does not fit the model. */
function verifiedAs(spec: Spec, model: GpuModel): ConditionIntent<'Verified'> {
  for (const check of [sharing, memory, generation, capability, slice, protection]) {
    const finding = check(spec, model);
    if (finding !== undefined) return { type: 'Verified', status: 'False', ...finding };
  }
  const message = `Memory, family and compute capability are those of ${named(model)}.`;
  return { type: 'Verified', status: 'True', reason: 'InventoryMatches', message };
}

function sharing(spec: Spec): Finding | undefined {
  const { strategy, replicas } = spec.sharing;
  const { shared } = parseProduct(spec.product);
  if (strategy === 'None' && replicas === 1 && !shared) return undefined;
  const message =
    `the GPU is shared (${strategy}, ${replicas} replicas); ` +
    'turn sharing off in the device plugin to offer it whole';
  return { reason: 'SharedDevice', message };
}

function memory(spec: Spec, model: GpuModel): Finding | undefined {
  if (spec.migProfile !== undefined) return sliceMemory(spec, spec.migProfile);
  const percent = model.tolerancePercent;
  const fits = model.memoryMiB.some(
    (expected) => Math.abs(spec.memoryMiB - expected) * 100 <= expected * percent,
  );
  if (fits) return undefined;
  const expected = model.memoryMiB.join(' or ');
  const message = `memory is ${spec.memoryMiB} MiB, ${named(model)} has ${expected} MiB ± ${percent} %`;
  return { reason: 'MemoryMismatch', message };
}

/** A profile's name rounds up: drivers give 16,384 MiB to a 1g.18gb, 9,728 to a 1g.10gb. */
const leastSlicePercent = 85;
const mostSlicePercent = 102;

function sliceMemory(spec: Spec, profile: string): Finding | undefined {
  const nominalMiB = Number(/(\d+)gb/.exec(profile)?.[1] ?? 0) * 1024;
  const least = Math.floor((nominalMiB * leastSlicePercent) / 100);
  const most = Math.ceil((nominalMiB * mostSlicePercent) / 100);
  if (spec.memoryMiB >= least && spec.memoryMiB <= most) return undefined;
  const message = `memory is ${spec.memoryMiB} MiB, a ${profile} slice has ${least} to ${most} MiB`;
  return { reason: 'MemoryMismatch', message };
}

function generation(spec: Spec, model: GpuModel): Finding | undefined {
  if (spec.family === undefined || model.families.includes(spec.family)) return undefined;
  const message = `family is ${spec.family}, ${named(model)} is ${model.families[0]}`;
  return { reason: 'FamilyMismatch', message };
}

function capability(spec: Spec, model: GpuModel): Finding | undefined {
  const { computeCapability } = spec;
  if (computeCapability === undefined || computeCapability === model.computeCapability) {
    return undefined;
  }
  const message =
    `compute capability is ${computeCapability}, ` +
    `${named(model)} has ${model.computeCapability}`;
  return { reason: 'ComputeCapabilityMismatch', message };
}

function slice(spec: Spec, model: GpuModel): Finding | undefined {
  const labelled = parseProduct(spec.product).migProfile;
  const { migProfile } = spec;
  if (labelled !== undefined && migProfile === undefined) {
    const message = `the product is a slice (${labelled}), the device says it is a whole GPU`;
    return { reason: 'MigProfileMismatch', message };
  }
  if (migProfile === undefined || model.migProfiles.includes(migProfile)) return undefined;
  const known = model.migProfiles.length === 0 ? 'none' : model.migProfiles.join(', ');
  const message = `MIG profile is ${migProfile}, ${named(model)} has ${known}`;
  return { reason: 'MigProfileMismatch', message };
}

function protection(spec: Spec, model: GpuModel): Finding | undefined {
  if (!spec.confidential || model.confidential) return undefined;
  const message = `the node claims confidential mode, which ${named(model)} does not have`;
  return { reason: 'FamilyMismatch', message };
}
