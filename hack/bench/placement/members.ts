import { gpuKinds, type MemberProfile } from '../../federation/member-profiles.ts';

const GPUS_PER_NODE = 8;
const PRICE_MICRO_USD = 1_500_000;

/**
 * Three members with one GPU model each. Renters ask for one of the models in turn, so the work is
 * spread over all members, as it is when renters differ.
 */
const kinds = [
  { name: 'north', country: 'SE', kind: gpuKinds.hopper, model: 'H100-80GB-HBM3' },
  { name: 'west', country: 'US', kind: gpuKinds.ampere, model: 'A100-SXM4-80GB' },
  { name: 'south', country: 'SG', kind: gpuKinds.ada, model: 'L40S' },
] as const;

/** The models that the members have, one each. */
export const models: readonly string[] = kinds.map(({ model }) => model);

/** The three members, each with at least `devices` GPUs. */
export function benchMembers(devices: number): readonly MemberProfile[] {
  const nodes = Math.ceil(devices / GPUS_PER_NODE);
  return kinds.map(({ name, country, kind, model }) => ({
    name,
    displayName: `Bench ${name}`,
    location: { country, region: name, city: name, latitude: '0', longitude: '0' },
    certifications: [],
    gpuPools: [{ ...kind, name: 'gpu', nodes, gpusPerNode: GPUS_PER_NODE }],
    cpuNodes: 1,
    offers: [{ model, onDemandMicroUsdPerHour: PRICE_MICRO_USD }],
  }));
}
