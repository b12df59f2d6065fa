import { gpuKinds, type MemberProfile } from '../../federation/member-profiles.ts';

/** One member with many equal GPU nodes. */
export function memberWithNodes(nodes: number, gpusPerNode: number): MemberProfile {
  return {
    name: 'large',
    displayName: 'Bench large',
    location: {
      country: 'DE',
      region: 'eu-central',
      city: 'Frankfurt',
      latitude: '50.11',
      longitude: '8.68',
    },
    certifications: ['SOC2'],
    gpuPools: [{ ...gpuKinds.hopper, name: 'h100', nodes, gpusPerNode, nodesPerNvlinkDomain: 8 }],
    cpuNodes: 1,
    offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_490_000 }],
  };
}
