import type { IODevice, IOMember, IOPlacement } from '../../crds/schema/index.ts';
import { Inventory } from '../domain/inventory/inventory.ts';
import { deviceKey } from '../domain/inventory/types.ts';
import { leasedDeviceNames } from '../domain/lease.ts';
import type { Placement, PlacementRequest, Refusal } from '../domain/placement/types.ts';
import { place } from '../domain/placement/place.ts';
import { type Quote, quote } from '../domain/placement/quote.ts';
import type { WatchedInformer } from '../runtime/informer.ts';
import { keyOf } from '../runtime/kube-object.ts';
import { inventoryDevice, inventoryMember } from './inventory-facts.ts';

/** The uid of a placement's IOCluster, as an index. */
export const clusterUidOf = (placement: IOPlacement): readonly string[] => {
  const uid = placement.metadata.labels?.['compute.io.net/cluster-uid'];
  return uid === undefined ? [] : [uid];
};

/**
 * Of the placements of one cluster. There is one lease at a time; but a hub that was held up while
 * another took over may write one late. Then the newest lease counts, and of one lease the placement
 * that was there first.
 */
export function theOneThatCounts(placements: readonly IOPlacement[]): IOPlacement | undefined {
  const first = ({ metadata }: IOPlacement): string =>
    `${metadata.creationTimestamp ?? ''} ${metadata.namespace ?? ''}`;
  return placements.toSorted(
    (a, b) => b.spec.leaseGeneration - a.spec.leaseGeneration || (first(a) < first(b) ? -1 : 1),
  )[0];
}

/** Indexes that the informer of IOPlacements has to have. */
export const placementIndexes = {
  clusterUid: clusterUidOf,
  device: devicesIn,
  lease: ({ spec }: IOPlacement): readonly string[] => [spec.leaseId],
};

/** `namespace/name` of the IODevices that a placement holds. */
export function devicesIn({ metadata, spec }: IOPlacement): readonly string[] {
  const namespace = metadata.namespace ?? '';
  return leasedDeviceNames(spec).map((name) => `${namespace}/${name}`);
}

/** Refusals remembered for requests that were the same; more than this many are forgotten. */
const maximumRememberedRefusals = 10_000;

type Remembered = { openings: number; refusal: Refusal; quote?: Quote | undefined };

/** Equal for requests that ask for the same. */
const signatureOf = (request: PlacementRequest): string =>
  JSON.stringify(request, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

/**
 * What the hub's controllers know together: the inventory, fed by informers, and the placements,
 * those included that were written a moment ago and have not come back through a watch.
 */
export class FederationState {
  readonly inventory = new Inventory();
  readonly #placements: WatchedInformer<IOPlacement>;
  /** Written placements that the informer does not know yet, by key and by cluster. */
  readonly #written = new Map<string, IOPlacement>();
  readonly #writtenByUid = new Map<string, string>();
  readonly #refusals = new Map<string, Remembered>();

  constructor(informers: {
    devices: WatchedInformer<IODevice>;
    members: WatchedInformer<IOMember>;
    placements: WatchedInformer<IOPlacement>;
  }) {
    this.#placements = informers.placements;
    informers.devices.onChange(({ type, object }) => {
      const device = inventoryDevice(object);
      if (device === undefined) return;
      if (type === 'deleted') this.inventory.removeDevice(deviceKey(device.member, device.name));
      else this.inventory.upsertDevice(device);
    });
    informers.members.onChange(({ type, object }) => {
      if (type === 'deleted') this.inventory.removeMember(object.metadata.name);
      else this.inventory.upsertMember(inventoryMember(object));
    });
    informers.placements.onChange(({ type, object }) => {
      this.#forgetWritten(object, type === 'deleted');
      if (type === 'deleted') this.inventory.release(object.spec.leaseId);
      else this.#observe(object);
    });
  }

  /** The placement of the cluster's lease, as new as it is known. */
  placementOf(clusterUid: string): IOPlacement | undefined {
    const written = this.#writtenByUid.get(clusterUid);
    if (written !== undefined) return this.#written.get(written);
    return theOneThatCounts(this.#placements.cache.byIndex('clusterUid', clusterUid));
  }

  /** A placement was applied: it counts from now on, before the watch brings it. */
  wrote(placement: IOPlacement): void {
    const cached = this.#placements.cache.get(keyOf(placement));
    const known = cached?.metadata.generation ?? 0;
    this.#observe(placement);
    if (known >= (placement.metadata.generation ?? 0)) return;
    this.#written.set(keyOf(placement), placement);
    const [uid] = clusterUidOf(placement);
    if (uid !== undefined) this.#writtenByUid.set(uid, keyOf(placement));
  }

  /** Places a request, or says again what was said while nothing could have changed it. */
  place(request: PlacementRequest): Placement | Refusal {
    const signature = signatureOf(request);
    const { openings } = this.inventory;
    const known = this.#refusals.get(signature);
    if (known?.openings === openings) return known.refusal;
    const decided = place(request, this.inventory);
    this.#refusals.delete(signature);
    if (decided.kind === 'Refusal') {
      if (this.#refusals.size >= maximumRememberedRefusals) this.#refusals.clear();
      this.#refusals.set(signature, { openings, refusal: decided });
    }
    return decided;
  }

  /** What a refused request would cost if nobody held a device; computed once per refusal. */
  quote(request: PlacementRequest): Quote | undefined {
    const known = this.#refusals.get(signatureOf(request));
    if (known === undefined) return quote(request, this.inventory);
    known.quote ??= quote(request, this.inventory);
    return known.quote;
  }

  #observe(placement: IOPlacement): void {
    const { spec } = placement;
    const devices = leasedDeviceNames(spec).map((name) => deviceKey(spec.member, name));
    const generation = placement.metadata.generation ?? 1;
    this.inventory.observe(spec.leaseId, devices, generation);
  }

  #forgetWritten(seen: IOPlacement, gone: boolean): void {
    const key = keyOf(seen);
    const written = this.#written.get(key);
    if (written === undefined) return;
    const older = (seen.metadata.generation ?? 0) < (written.metadata.generation ?? 0);
    if (older && !gone) return;
    this.#written.delete(key);
    const [uid] = clusterUidOf(written);
    if (uid !== undefined) this.#writtenByUid.delete(uid);
  }
}
