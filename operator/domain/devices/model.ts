/** A GPU model as NVIDIA ships it. */
export type GpuModel = Readonly<{
  /** Canonical name: the product label without the maker. */
  name: string;
  /** Other product labels of the same model, without the maker. */
  aliases: readonly string[];
  /** Memory that drivers report in MiB, one figure with and one without error correction. */
  memoryMiB: readonly number[];
  /** How far a driver's figure may be off, in percent. */
  tolerancePercent: number;
  /** Values of nvidia.com/gpu.family that fit; older label writers know fewer families. */
  families: readonly string[];
  computeCapability: string;
  migProfiles: readonly string[];
  /** All GPUs of one machine reach each other over NVLink. */
  nvlink: boolean;
  /** Can run in confidential computing mode. */
  confidential: boolean;
}>;

type Details = Partial<
  Pick<GpuModel, 'aliases' | 'migProfiles' | 'nvlink' | 'confidential' | 'tolerancePercent'>
>;

const defaultTolerancePercent = 3;

/** Models of one family and compute capability. */
export function family(
  families: readonly string[],
  computeCapability: string,
  common: Details = {},
): (name: string, memoryMiB: readonly number[], details?: Details) => GpuModel {
  return (name, memoryMiB, details = {}) => ({
    name,
    aliases: [],
    memoryMiB,
    tolerancePercent: defaultTolerancePercent,
    families,
    computeCapability,
    migProfiles: [],
    nvlink: false,
    confidential: false,
    ...common,
    ...details,
  });
}
