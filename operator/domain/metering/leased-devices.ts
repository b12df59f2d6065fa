import type { IOPlacement } from '../../../crds/schema/index.ts';
import { compareText } from '../order.ts';
import { groupNameOn } from '../raycluster/manifest.ts';

/** The devices that a lease has for workers of a RayCluster group on a node. */
export type LeasedDevices = Readonly<{ devices: readonly string[]; devicesPerWorker: number }>;

const none: LeasedDevices = { devices: [], devicesPerWorker: 0 };

/** Lowest first. None for a group without devices, and on a node that the lease has left. */
export function leasedDevices(
  placement: IOPlacement | undefined,
  { group, node }: Readonly<{ group: string; node: string }>,
  hash: (text: string) => string,
): LeasedDevices {
  const found = placement?.spec.workerGroups.find(
    ({ name, devicesPerWorker }) => devicesPerWorker > 0 && groupNameOn(name, node, hash) === group,
  );
  if (found === undefined) return none;
  const devices = found.devices.filter((device) => device.node === node).map(({ name }) => name);
  // Devices of a node differ in their number only, which the shorter name has the lower of.
  const lowestFirst = devices.toSorted((a, b) => a.length - b.length || compareText(a, b));
  return { devices: lowestFirst, devicesPerWorker: found.devicesPerWorker };
}
