import { type IOPlacement, ioPlacementResource } from '../../crds/schema/index.ts';
import { Informer } from '../../operator/runtime/informer.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import type { Resource } from '../../operator/runtime/resource.ts';
import type { World } from '../federation/world.ts';

const LEASE_LABEL = 'compute.io.net/lease';

type ReadyPod = KubeObject & {
  readonly metadata: { readonly deletionGracePeriodSeconds?: number };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly {
      readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
    }[];
  };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
  };
};

const podResource: Resource<ReadyPod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
};

/** Half-open, in whole seconds since 1970; `to` is undefined while it goes on. */
export type Span = { readonly from: number; to: number | undefined };

/** What was seen of one pod. */
export type WitnessedPod = {
  readonly uid: string;
  readonly member: string;
  readonly lease: string;
  node: string;
  readonly isHead: boolean;
  readonly devices: number;
  readonly spans: Span[];
};

/** How many devices a lease had on each node from a second on. */
export type WitnessedPlacement = {
  readonly from: number;
  readonly devices: ReadonlyMap<string, number>;
};

/**
 * Watches the pods of all leases on the members' own API servers and writes down when each was Ready.
 * It knows nothing of the product, is never killed, and so can say what should have been billed.
 */
export class Witness {
  readonly pods = new Map<string, WitnessedPod>();
  /** By lease, oldest first. */
  readonly placements = new Map<string, WitnessedPlacement[]>();
  /** When each lease was given back, by lease. */
  readonly released = new Map<string, number>();
  readonly #placements: Informer<IOPlacement>;
  readonly #stop = new AbortController();
  readonly #informers: readonly (readonly [string, Informer<ReadyPod>])[];
  readonly #now: () => number;

  constructor(world: World, now: () => number) {
    this.#now = now;
    this.#informers = world.memberNames.map(
      (name) =>
        [
          name,
          new Informer({
            client: world.member(name),
            resource: podResource,
            labelSelector: LEASE_LABEL,
          }),
        ] as const,
    );
    this.#placements = new Informer({ client: world.hub, resource: ioPlacementResource });
    this.#placements.onChange(({ object }) => {
      this.#seePlacement(object);
    });
    for (const [member, informer] of this.#informers) {
      informer.onChange(({ type, object }) => this.#see(member, object, type === 'deleted'));
    }
  }

  /** Returns when everything that exists was seen. */
  async start(): Promise<void> {
    const all = [this.#placements, ...this.#informers.map(([, informer]) => informer)];
    for (const informer of all) void informer.start(this.#stop.signal);
    await Promise.all(all.map((informer) => informer.waitForSync(this.#stop.signal)));
  }

  stop(): void {
    this.#stop.abort();
  }

  #seePlacement({ metadata, spec }: IOPlacement): void {
    const released = seconds(metadata.deletionTimestamp);
    if (released !== undefined) this.released.set(spec.leaseId, released);
    const devices = new Map<string, number>();
    for (const { node } of spec.workerGroups.flatMap((group) => group.devices)) {
      devices.set(node, (devices.get(node) ?? 0) + 1);
    }
    const known = this.placements.get(spec.leaseId) ?? [];
    if (isSame(known.at(-1)?.devices, devices)) return;
    this.placements.set(spec.leaseId, [...known, { from: this.#now(), devices }]);
  }

  #see(member: string, pod: ReadyPod, gone: boolean): void {
    const { spans } = this.#known(member, pod);
    const open = spans.findLast(({ to }) => to === undefined);
    const readyFrom = readySince(pod);
    const end = endOf(pod) ?? (gone ? this.#now() : undefined);
    if (open === undefined) {
      if (readyFrom !== undefined && end === undefined) {
        spans.push({ from: readyFrom, to: undefined });
      }
    } else if (end !== undefined || readyFrom === undefined) {
      open.to = end ?? unreadySince(pod) ?? this.#now();
    }
  }

  #known(member: string, pod: ReadyPod): WitnessedPod {
    const { uid = '', labels = {} } = pod.metadata;
    const known = this.pods.get(uid) ?? {
      uid,
      member,
      lease: labels[LEASE_LABEL] ?? '',
      node: '',
      isHead: labels['ray.io/node-type'] === 'head',
      devices: devicesOf(pod),
      spans: [],
    };
    known.node = pod.spec.nodeName ?? '';
    this.pods.set(uid, known);
    return known;
  }
}

function isSame(
  a: ReadonlyMap<string, number> | undefined,
  b: ReadonlyMap<string, number>,
): boolean {
  return a?.size === b.size && [...b].every(([node, count]) => a.get(node) === count);
}

function readyCondition({ status }: ReadyPod) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

function readySince(pod: ReadyPod): number | undefined {
  const condition = readyCondition(pod);
  return condition?.status === 'True' ? seconds(condition.lastTransitionTime) : undefined;
}

function unreadySince(pod: ReadyPod): number | undefined {
  const condition = readyCondition(pod);
  return condition?.status === 'True' ? undefined : seconds(condition?.lastTransitionTime);
}

/** When deletion was asked for: deletionTimestamp is that and the grace period. */
function endOf({ metadata }: ReadyPod): number | undefined {
  const at = seconds(metadata.deletionTimestamp);
  return at === undefined ? undefined : at - (metadata.deletionGracePeriodSeconds ?? 0);
}

const seconds = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Math.floor(Date.parse(text) / 1000);

function devicesOf({ spec }: ReadyPod): number {
  return spec.containers
    .flatMap(({ resources }) => Object.entries(resources?.limits ?? {}))
    .filter(([name]) => name.startsWith('nvidia.com/'))
    .reduce((sum, [, quantity]) => sum + Number(quantity), 0);
}
