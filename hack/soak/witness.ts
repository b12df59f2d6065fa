import { type IOPlacement, ioPlacementResource } from '../../crds/schema/index.ts';
import { Informer } from '../../operator/runtime/informer.ts';
import type { Resource } from '../../operator/runtime/resource.ts';
import type { World } from '../federation/world.ts';
import type { Seen, WitnessedLease, WitnessedPod } from './seen.ts';
import { deletionAskedAt, follow, type Readiness, type Span } from './spans.ts';

const LEASE_LABEL = 'compute.io.net/lease';

type Pod = Readiness & {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly {
      readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
    }[];
  };
};

const podResource: Resource<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
};

const nodeResource: Resource<Readiness> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
};

/**
 * Watches the pods of all leases and their nodes on the members' own API servers, and the leases'
 * devices on the hub's, and writes down when each was there. It knows nothing of the product, is never
 * killed, and so can say what should have been billed.
 */
export class Witness {
  /** What is older than this it has not seen. */
  readonly sinceSeconds: number;
  readonly #pods = new Map<string, WitnessedPod>();
  readonly #nodes = new Map<string, readonly Span[]>();
  readonly #leases = new Map<string, WitnessedLease>();
  /** Objects of which it has heard that they are to go. */
  readonly #leaving = new Set<string>();
  #gapSeconds = 1;
  readonly #stop = new AbortController();
  readonly #informers: readonly Pick<Informer<Readiness>, 'start' | 'waitForSync'>[];
  readonly #now: () => number;

  /** `now`: whole seconds since 1970. */
  constructor(world: World, now: () => number) {
    this.#now = now;
    this.sinceSeconds = now();
    const placements = new Informer({ client: world.hub, resource: ioPlacementResource });
    placements.onChange(({ type, object }) => {
      this.#seePlacement(object, type === 'deleted');
    });
    const ofMembers = world.memberNames.flatMap((member) => this.#watch(world, member));
    this.#informers = [placements, ...ofMembers];
  }

  /** Returns when everything that exists was seen. */
  async start(): Promise<void> {
    for (const informer of this.#informers) void informer.start(this.#stop.signal);
    await Promise.all(this.#informers.map((informer) => informer.waitForSync(this.#stop.signal)));
  }

  stop(): void {
    this.#stop.abort();
  }

  /** All that it saw so far. */
  seen(): Omit<Seen, 'absences'> {
    const [pods, nodes, leases] = [[...this.#pods.values()], this.#nodes, this.#leases];
    return { pods, nodes, leases, gapSeconds: this.#gapSeconds };
  }

  #watch(world: World, member: string) {
    const client = world.member(member);
    const pods = new Informer({ client, resource: podResource, labelSelector: LEASE_LABEL });
    pods.onChange(({ type, object }) => {
      this.#seePod(member, object, type === 'deleted');
    });
    const nodes = new Informer({ client, resource: nodeResource });
    nodes.onChange(({ type, object }) => {
      const key = `${member}/${object.metadata.name}`;
      const how = { gone: type === 'deleted', heardAt: this.#now() };
      this.#nodes.set(key, follow(this.#nodes.get(key) ?? [], object, how));
    });
    return [pods, nodes];
  }

  #seePlacement(placement: IOPlacement, gone: boolean): void {
    const { metadata, spec } = placement;
    this.#measure(placement);
    const at = deletionAskedAt(metadata);
    const heardAt = this.#now();
    const unstamped = gone && at === undefined ? ({ unstamped: true } as const) : {};
    const nodeOf = new Map(
      spec.workerGroups.flatMap(({ devices }) => devices.map(({ name, node }) => [name, node])),
    );
    const known = this.#leases.get(spec.leaseId)?.versions ?? [];
    const isKnown = isSame(known.at(-1)?.nodeOf, nodeOf);
    this.#leases.set(spec.leaseId, {
      versions: isKnown ? known : [...known, { heardAt, nodeOf }],
      life: { from: -Infinity, to: at ?? (gone ? heardAt : Infinity), ...unstamped },
    });
  }

  #seePod(member: string, pod: Pod, gone: boolean): void {
    const { uid = '', labels = {} } = pod.metadata;
    this.#measure(pod);
    const heardAt = this.#now();
    this.#pods.set(uid, {
      uid,
      member,
      lease: labels[LEASE_LABEL] ?? '',
      node: pod.spec.nodeName ?? '',
      isHead: labels['ray.io/node-type'] === 'head',
      devices: devicesOf(pod),
      spans: follow(this.#pods.get(uid)?.spans ?? [], pod, { gone, heardAt }),
      goneAt: gone ? heardAt : undefined,
    });
  }

  /** A deletion is stamped by the API server itself: what it is old when it is heard of is the gap. */
  #measure({ metadata }: Readiness): void {
    const at = deletionAskedAt(metadata);
    const { uid = '' } = metadata;
    if (at === undefined || at < this.sinceSeconds || this.#leaving.has(uid)) return;
    this.#leaving.add(uid);
    this.#gapSeconds = Math.max(this.#gapSeconds, this.#now() - at);
  }
}

function isSame(
  a: ReadonlyMap<string, string> | undefined,
  b: ReadonlyMap<string, string>,
): boolean {
  return a?.size === b.size && [...b].every(([device, node]) => a.get(device) === node);
}

function devicesOf({ spec }: Pod): number {
  return spec.containers
    .flatMap(({ resources }) => Object.entries(resources?.limits ?? {}))
    .filter(([name]) => name.startsWith('nvidia.com/'))
    .reduce((sum, [, quantity]) => sum + Number(quantity), 0);
}
