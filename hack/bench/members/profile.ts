import { modelTable } from '../../../operator/domain/devices/model-table.ts';
import { type DeviceFacts, devicesOfNode } from '../../../operator/domain/devices/from-node.ts';
import { sha256 } from '../../../operator/runtime/sha256.ts';
import { gpuLabels, gpuResources } from '../../federation/gpu-labels.ts';
import { gpuKinds, type MemberProfile } from '../../federation/member-profiles.ts';

const GPUS_PER_NODE = 10;
const GENESIS_SECONDS = 1_793_491_200;

/** A member with nothing but a name of its own. */
export function lightProfile(index: number): MemberProfile {
  return {
    name: `light-${index + 1}`,
    displayName: `Bench ${index + 1}`,
    location: {
      country: 'DE',
      region: 'eu-central',
      city: 'Frankfurt',
      latitude: '50.11',
      longitude: '8.68',
    },
    certifications: ['SOC2'],
    gpuPools: [],
    cpuNodes: 0,
    offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_490_000 }],
  };
}

/** Devices of the nodes of a member, as an agent makes them from NVIDIA's labels. */
export function lightDevices(
  { name: member, offers }: MemberProfile,
  count: number,
): DeviceFacts[] {
  const pool = { ...gpuKinds.hopper, name: 'h100', nodes: 1, gpusPerNode: GPUS_PER_NODE };
  const labels = gpuLabels(pool, { timestamp: GENESIS_SECONDS });
  const resources = gpuResources(pool);
  const devices: DeviceFacts[] = [];
  for (let node = 1; devices.length < count; node += 1) {
    const facts = {
      ...{ name: `h100-${node}`, uid: `${member}-h100-${node}`, ready: true, schedulable: true },
      ...{ labels, capacity: resources, allocatable: resources },
    };
    const found = devicesOfNode(facts, { member, table: modelTable, sha256Hex: sha256 });
    if (found.kind === 'Refused') throw new Error('a node of the bench is no node');
    devices.push(...found.devices);
  }
  const [offer] = offers;
  if (offer === undefined) return devices.slice(0, count);
  const { onDemandMicroUsdPerHour } = offer;
  return devices
    .slice(0, count)
    .map(({ name, spec }) => ({ name, spec: { ...spec, offer: { onDemandMicroUsdPerHour } } }));
}
