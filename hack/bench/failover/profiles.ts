import { gpuKinds, type MemberProfile } from '../../federation/member-profiles.ts';

const NAMES = ['north', 'east', 'south', 'west'];

/** Data centres with the same GPUs at the same price, each with room for all that is ever leased. */
export const equalMembers = (nodes: number): readonly MemberProfile[] =>
  NAMES.map((name) => ({
    name: `${name}-1`,
    displayName: name,
    location: {
      ...{ country: 'DE', region: 'eu-central', city: name },
      ...{ latitude: '50.11', longitude: '8.68' },
    },
    certifications: [],
    gpuPools: [{ ...gpuKinds.hopper, name: 'h100', nodes, gpusPerNode: 8 }],
    cpuNodes: 1,
    offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_000_000 }],
  }));
