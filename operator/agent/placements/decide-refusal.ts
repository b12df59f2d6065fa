import { boundedMessage, type ConditionIntent } from '../../domain/condition-intent.ts';
import { clusterUidLabel } from '../../domain/raycluster/manifest.ts';
import type { Observed } from './snapshot.ts';

/**
 * The data centre has the last word: what this member cannot or must not run is refused here,
 * whatever the hub believes. The first violation is told.
 */
export function refusalOf(observed: Observed): ConditionIntent | undefined {
  for (const rule of [wrongMember, malformed, unknownDevice, takenDevice]) {
    const found = rule(observed);
    if (found !== undefined) {
      const [reason, message] = found;
      return { type: 'Accepted', status: 'False', reason, message: boundedMessage(message) };
    }
  }
  return undefined;
}

type Violation = readonly [reason: string, message: string] | undefined;

function wrongMember({ placement, member }: Observed): Violation {
  if (placement.spec.member === member) return undefined;
  return ['RefusedWrongMember', `It is for member ${placement.spec.member}, this is ${member}.`];
}

function malformed({ placement }: Observed): Violation {
  if (placement.metadata.labels?.[clusterUidLabel] === undefined) {
    return ['RefusedInvalid', `metadata.labels: ${clusterUidLabel} is missing.`];
  }
  const names = placement.spec.workerGroups.flatMap(({ devices }) => devices.map((d) => d.name));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return ['RefusedInvalid', `Device ${twice} is named twice.`];
  return undefined;
}

/** Only while it is new: what runs is not ended because the device list is being reported anew. */
function unknownDevice({ placement, rayCluster, device }: Observed): Violation {
  if (rayCluster !== undefined) return undefined;
  for (const group of placement.spec.workerGroups) {
    for (const { name, node } of group.devices) {
      const known = device(name);
      if (known === undefined) {
        return ['RefusedDeviceUnknown', `There is no device ${name} here.`];
      }
      if (known.spec.node.name !== node) {
        const where = `${known.spec.node.name}, not in ${node}`;
        return ['RefusedDeviceUnknown', `Device ${name} is in node ${where}.`];
      }
      if (!known.spec.node.ready || !known.spec.allocatable) {
        return ['RefusedDeviceUnhealthy', `Device ${name} in node ${node} is not usable now.`];
      }
    }
  }
  return undefined;
}

function takenDevice({ placement, earlierLease }: Observed): Violation {
  for (const group of placement.spec.workerGroups) {
    for (const { name } of group.devices) {
      const lease = earlierLease(name);
      if (lease !== undefined) {
        return ['RefusedInvalid', `Device ${name} belongs to ${lease}, which came first.`];
      }
    }
  }
  return undefined;
}
