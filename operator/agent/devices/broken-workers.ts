import type { IOPlacement } from '../../../crds/schema/index.ts';
import { leasedDeviceNames } from '../../domain/lease.ts';
import type { Lister } from '../../runtime/cache.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { DeviceHealthWatch } from './health.ts';

/** A pod of a lease; `group` is the worker group of its RayCluster. */
type WorkerPod = KubeObject &
  Readonly<{ facts: Readonly<{ uid: string; role: string; group: string }> }>;

export type BrokenWorkersOptions = Readonly<{
  health: Pick<DeviceHealthWatch, 'broken' | 'podOf'>;
  /** With an index `lease`. */
  pods: Lister<WorkerPod>;
  /** Uid of the pod that worked on a device when it broke. */
  hit: (device: string) => string | undefined;
}>;

/**
 * Knows which pods have to go since their device broke. KubeRay counts pods and does not know of
 * devices: without a name it would stop any of a group, and on a node that has a spare GPU none at all.
 */
export class BrokenWorkers {
  readonly #options: BrokenWorkersOptions;

  constructor(options: BrokenWorkersOptions) {
    this.#options = options;
  }

  /**
   * Names of the pods, by group, whose broken device the lease has given back. While it has the device
   * still nothing is stopped: there is nothing to go on with.
   */
  of({ spec }: Pick<IOPlacement, 'spec'>): ReadonlyMap<string, readonly string[]> {
    const { health, pods, hit } = this.#options;
    const leased = new Set(leasedDeviceNames(spec));
    const groups = new Map<string, readonly string[]>();
    const given = health.broken().filter((device) => !leased.has(device));
    // What the exporter says now is asked only where nobody saw it break.
    const wanted = new Set(given.flatMap((device) => hit(device) ?? health.podOf(device) ?? []));
    if (wanted.size === 0) return groups;
    for (const { metadata, facts } of pods.byIndex('lease', spec.leaseId)) {
      const key = `${metadata.namespace}/${metadata.name}`;
      if (facts.role !== 'worker' || !(wanted.has(facts.uid) || wanted.has(key))) continue;
      groups.set(facts.group, [...(groups.get(facts.group) ?? []), metadata.name].toSorted());
    }
    return groups;
  }
}
