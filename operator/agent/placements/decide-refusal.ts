import { ioPlacementSchema, violationsOf } from '../../../crds/schema/index.ts';
import { quantityMilli } from '../../../crds/schema/quantity.ts';
import { boundedMessage, type ConditionIntent } from '../../domain/condition-intent.ts';
import { leasedDeviceNames } from '../../domain/lease.ts';
import { isAllowedImage, staysMs } from '../../domain/member/policy.ts';
import { clusterUidLabel, groupNames } from '../../domain/raycluster/manifest.ts';
import { headPodSet, maxQueuedWorkerGroups, queueLabel } from '../../domain/raycluster/queue.ts';
import type { Observed } from './snapshot.ts';

/** The form of a label's value: what has another one cannot be written to a RayCluster. */
const labelValue = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** What the container of Ray's autoscaler, which KubeRay adds to the head, asks for. */
const autoscaler = { milliCpu: 500n, milliBytes: 512n * 1024n ** 2n * 1000n };

/**
 * The data centre has the last word: what this member cannot or must not run is refused here,
 * whatever the hub believes. The first violation is told. What runs and is refused is ended.
 */
export function refusalOf(observed: Observed): ConditionIntent | undefined {
  for (const rule of rules) {
    const found = rule(observed);
    if (found !== undefined) {
      const [reason, message] = found;
      return { type: 'Accepted', status: 'False', reason, message: boundedMessage(message) };
    }
  }
  return undefined;
}

const rules = [
  wrongMember,
  malformed,
  forbiddenImage,
  tooLarge,
  cordoned,
  unqueueable,
  unknownDevice,
  takenDevice,
] as const;

type Violation = readonly [reason: string, message: string] | undefined;

function wrongMember({ placement, member }: Observed): Violation {
  if (placement.spec.member === member) return undefined;
  return ['RefusedWrongMember', `It is for member ${placement.spec.member}, this is ${member}.`];
}

/** The hub's API server judged it by the same schema, if it is the one that it should be. */
function malformed({ placement }: Observed): Violation {
  const [wrong] = violationsOf(ioPlacementSchema, { ...placement, status: undefined });
  if (wrong !== undefined) return ['RefusedInvalid', `${wrong.path}: ${wrong.message}.`];
  const clusterUid = placement.metadata.labels?.[clusterUidLabel];
  if (clusterUid === undefined) {
    return ['RefusedInvalid', `metadata.labels: ${clusterUidLabel} is missing.`];
  }
  if (!labelValue.test(clusterUid)) {
    return ['RefusedInvalid', `metadata.labels: ${clusterUidLabel} must be the uid of a cluster.`];
  }
  const names = leasedDeviceNames(placement.spec);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return ['RefusedInvalid', `Device ${twice} is named twice.`];
  return undefined;
}

function forbiddenImage({ placement, policy }: Observed): Violation {
  const { image } = placement.spec.ray;
  if (policy.allowedImages === undefined || isAllowedImage(image, policy.allowedImages)) {
    return undefined;
  }
  return ['RefusedImage', `The data centre does not allow the image ${image}.`];
}

function tooLarge({ placement, policy }: Observed): Violation {
  const { head, workerGroups, autoscaling } = placement.spec;
  const beside = autoscaling === undefined ? undefined : autoscaler;
  const pods = [
    { what: 'The head', ...head, beside },
    ...workerGroups.map(({ name, cpu, memory }) => ({
      ...{ what: `A worker of ${name}`, cpu, memory, beside: undefined },
    })),
  ];
  for (const { what, cpu, memory, beside: more } of pods) {
    const milliCpu = (quantityMilli(cpu) ?? 0n) + (more?.milliCpu ?? 0n);
    if (policy.maxMilliCpuPerPod !== undefined && milliCpu > policy.maxMilliCpuPerPod) {
      const most = `${policy.maxMilliCpuPerPod}m`;
      return ['RefusedTooLarge', `${what} has ${milliCpu}m CPU; at most ${most} are allowed here.`];
    }
    const bytes = ((quantityMilli(memory) ?? 0n) + (more?.milliBytes ?? 0n)) / 1000n;
    const most = policy.maxMilliBytesPerPod;
    if (most !== undefined && bytes > most / 1000n) {
      const limit = `at most ${most / 1000n} are allowed here`;
      return ['RefusedTooLarge', `${what} has ${bytes} bytes of memory; ${limit}.`];
    }
  }
  const devices = workerGroups.reduce((sum, group) => sum + group.devices.length, 0);
  const { maxDevicesPerLease = devices } = policy;
  if (devices <= maxDevicesPerLease) return undefined;
  const limit = `at most ${maxDevicesPerLease} are allowed here`;
  return ['RefusedTooLarge', `The lease has ${devices} devices; ${limit}.`];
}

/** What runs, or was applied and is not seen yet, stays until the data centre's own deadline. */
function cordoned({ rayCluster, applied, policy, nowMs }: Observed): Violation {
  const leftMs = staysMs(policy, nowMs);
  if (leftMs === 0) {
    const by = `by ${policy.drainDeadline}`;
    return ['RefusedCordoned', `The data centre wanted everything off this member ${by}.`];
  }
  if (rayCluster !== undefined || applied !== undefined) return undefined;
  if (leftMs !== undefined) {
    return ['RefusedCordoned', 'The data centre takes everything off this member.'];
  }
  if (!policy.cordoned) return undefined;
  return ['RefusedCordoned', 'The data centre takes nothing new on this member.'];
}

/**
 * What Kueue would not take, so that another member is asked. One that is in a queue already may have
 * grown since; whether something can begin there at all is asked of new ones only.
 */
function unqueueable({ placement, rayCluster, applied, queue, hash }: Observed): Violation {
  const isNew = rayCluster === undefined && applied === undefined;
  const isQueued = rayCluster?.metadata.labels?.[queueLabel] !== undefined;
  if (!isQueued && (!isNew || queue === undefined)) return undefined;
  const { autoscaling, workerGroups } = placement.spec;
  if (autoscaling !== undefined) {
    return [
      'RefusedQueue',
      'Kueue runs this data centre, and takes no cluster with an autoscaler.',
    ];
  }
  const names = new Set([
    ...groupNames(workerGroups, hash),
    ...(rayCluster?.workerGroups ?? []).map(({ groupName }) => groupName),
  ]);
  if (names.has(headPodSet)) {
    return ['RefusedQueue', `Kueue runs this data centre, and takes no group named ${headPodSet}.`];
  }
  if (names.size > maxQueuedWorkerGroups) {
    const most = `Kueue, which runs this data centre, takes at most ${maxQueuedWorkerGroups}`;
    return ['RefusedQueue', `The lease has ${names.size} groups, one for each node; ${most}.`];
  }
  const fault = isNew ? queue?.fault : undefined;
  return fault === undefined ? undefined : ['RefusedQueue', fault];
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
