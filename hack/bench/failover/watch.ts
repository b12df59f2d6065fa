import {
  type IOMember,
  ioMemberResource,
  type IOPlacement,
  ioPlacementResource,
} from '../../../crds/schema/index.ts';
import { Informer } from '../../../operator/runtime/informer.ts';
import { eventually } from '../../../operator/testing/eventually.ts';
import type { World } from '../../federation/world.ts';

const CLUSTER_UID_LABEL = 'compute.io.net/cluster-uid';

/** When a member was noticed to be lost, and when leases were placed, as an administrator sees it. */
export class Watch {
  /** Since when each member is as it is: Connected or not. */
  readonly #connected = new Map<string, { readonly status: string; readonly sinceMs: number }>();
  /** Leases of each cluster by its uid, in the order in which they came. */
  readonly #placed = new Map<string, { lease: string; member: string; atMs: number }[]>();
  readonly #stop = new AbortController();
  readonly #informers: readonly [Informer<IOMember>, Informer<IOPlacement>];

  constructor({ hub }: World) {
    const members = new Informer({ client: hub, resource: ioMemberResource });
    members.onChange(({ object }) => {
      this.#seeMember(object);
    });
    const placements = new Informer({ client: hub, resource: ioPlacementResource });
    placements.onChange(({ type, object }) => {
      if (type === 'added') this.#seePlacement(object);
    });
    this.#informers = [members, placements];
  }

  async start(): Promise<void> {
    const { signal } = this.#stop;
    for (const informer of this.#informers) void informer.start(signal);
    await Promise.all(this.#informers.map((informer) => informer.waitForSync(signal)));
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Returns since when the member is Connected (`True`) or not (`False`). */
  connected(member: string, wanted: 'True' | 'False', withinMs: number): Promise<number> {
    return eventually(
      () => {
        const found = this.#connected.get(member);
        if (found?.status === wanted) return found.sinceMs;
        throw new Error(`${member} is Connected=${found?.status ?? 'unknown'}`);
      },
      { withinMs },
    );
  }

  /** Returns where and when the next lease of the cluster came after this one. */
  placedAfter(clusterUid: string, lease: string, withinMs: number) {
    return eventually(
      () => {
        const leases = this.#placed.get(clusterUid) ?? [];
        const next = leases[leases.findIndex((each) => each.lease === lease) + 1];
        if (next === undefined) throw new Error(`cluster ${clusterUid} is not placed anew`);
        return next;
      },
      { withinMs },
    );
  }

  #seeMember({ metadata, status }: IOMember): void {
    const condition = status?.conditions?.find(({ type }) => type === 'Connected');
    if (condition === undefined) return;
    if (this.#connected.get(metadata.name)?.status === condition.status) return;
    const sinceMs = performance.now();
    this.#connected.set(metadata.name, { status: condition.status, sinceMs });
  }

  #seePlacement({ metadata, spec }: IOPlacement): void {
    const uid = metadata.labels?.[CLUSTER_UID_LABEL] ?? '';
    const leases = this.#placed.get(uid) ?? [];
    leases.push({ lease: spec.leaseId, member: spec.member, atMs: performance.now() });
    this.#placed.set(uid, leases);
  }
}
