import type { IOCluster, IOPlacement } from '../../crds/schema/index.ts';
import type { LeaseStanding, Spend } from '../domain/io-cluster/money-conditions.ts';
import { leaseIdOf } from '../domain/lease.ts';
import type { LeaseLedger } from '../ports/lease-ledger.ts';
import type { Clock } from '../runtime/clock.ts';
import type { WatchedInformer } from '../runtime/informer.ts';
import { sha256 } from '../runtime/sha256.ts';
import { isConditionTrue } from '../runtime/status.ts';
import { clusterUidOf } from './federation-state.ts';
import type { EndedLease } from './io-cluster/snapshot.ts';

/** How the money of a cluster's lease stood when that last changed. */
export type MoneyRecord = Readonly<{
  leaseId: string;
  /** Undefined once the lease has ended. */
  standing: LeaseStanding | undefined;
  spend: Spend;
  endedInLedger: boolean;
}>;

/** Ids of open leases in one answer of the ledger. */
const pageSize = 1_000;
/** Ends that are remembered until the ledger has taken them in; without one it is the time of asking. */
const maximumEnded = 10_000;
/** A lease in the ledger whose IOCluster was not found. */
const nobody = '';

/**
 * What this process knows of the ledger's leases: which may be open there, read once at its start
 * and kept since nobody else writes them, how placements ended, and how the money stood.
 */
export class LeaseBook {
  readonly #ledger: LeaseLedger;
  readonly #clusters: WatchedInformer<IOCluster>;
  readonly #placements: WatchedInformer<IOPlacement>;
  /** Leases that may be open, with the uid of their IOCluster. */
  readonly #open = new Map<string, string>();
  readonly #ended = new Map<string, EndedLease>();
  readonly #records = new Map<string, MoneyRecord>();
  #loading: Promise<void> | undefined;
  #loaded = false;

  constructor(options: {
    ledger: LeaseLedger;
    clusters: WatchedInformer<IOCluster>;
    placements: WatchedInformer<IOPlacement>;
    clock: Clock;
  }) {
    this.#ledger = options.ledger;
    this.#clusters = options.clusters;
    this.#placements = options.placements;
    options.placements.onChange(({ type, object }) => {
      const { leaseId } = object.spec;
      if (type !== 'deleted' || (this.#loaded && !this.#open.has(leaseId))) return;
      this.#ended.set(leaseId, endOf(object, this.#usedBy(object), options.clock.now()));
      const [oldest] = this.#ended.keys();
      if (this.#ended.size > maximumEnded && oldest !== undefined) this.#ended.delete(oldest);
    });
  }

  /** Reads the open leases, once; throws while the ledger is away. */
  async load(): Promise<void> {
    if (this.#loaded) return;
    this.#loading ??= this.#read().finally(() => (this.#loading = undefined));
    await this.#loading;
  }

  /** Whether the ledger may have a lease of this id that has not ended; only after `load`. */
  mayBeOpen(leaseId: string): boolean {
    return this.#open.has(leaseId);
  }

  /** It is about to be opened: from now on it may be open, whatever becomes of the call. */
  opening(leaseId: string, clusterUid: string): void {
    this.#open.set(leaseId, clusterUid);
  }

  /** The ledger knows that it ended. */
  closed(leaseId: string): void {
    this.#open.delete(leaseId);
    this.#ended.delete(leaseId);
  }

  ended(leaseId: string): EndedLease | undefined {
    return this.#ended.get(leaseId);
  }

  record(clusterUid: string): MoneyRecord | undefined {
    return this.#records.get(clusterUid);
  }

  keep(clusterUid: string, record: MoneyRecord): void {
    this.#records.set(clusterUid, record);
  }

  /** Open leases without a placement, with the uid of the IOCluster behind each, if there is one. */
  withoutPlacement(): readonly Readonly<{ leaseId: string; clusterUid: string | undefined }>[] {
    const found = [];
    for (const [leaseId, uid] of this.#open) {
      if (this.#placements.cache.byIndex('lease', leaseId).length > 0) continue;
      const known = uid !== nobody && this.#clusters.cache.byIndex('uid', uid).length > 0;
      found.push({ leaseId, clusterUid: known ? uid : undefined });
    }
    return found;
  }

  /** Forgets the money of IOClusters that are gone. */
  prune(): void {
    for (const uid of this.#records.keys()) {
      if (this.#clusters.cache.byIndex('uid', uid).length === 0) this.#records.delete(uid);
    }
  }

  async #read(): Promise<void> {
    const ids: string[] = [];
    for (;;) {
      const page = await this.#ledger.openLeases(ids.at(-1) ?? '', pageSize);
      ids.push(...page);
      if (page.length < pageSize) break;
    }
    const owners = this.#owners();
    for (const id of ids) {
      if (!this.#open.has(id)) this.#open.set(id, owners.get(id) ?? nobody);
    }
    for (const id of this.#ended.keys()) if (!this.#open.has(id)) this.#ended.delete(id);
    this.#loaded = true;
  }

  /** The leases that a cluster may have now: the one of its status, and one that was not placed. */
  #owners(): ReadonlyMap<string, string> {
    const owners = new Map<string, string>();
    for (const { metadata, status } of this.#clusters.cache.list()) {
      const uid = metadata.uid ?? '';
      const generation = status?.leaseGeneration ?? 0;
      for (const number of [generation, generation + 1]) {
        owners.set(leaseIdOf(uid, number, sha256), uid);
      }
    }
    for (const placement of this.#placements.cache.list()) {
      owners.set(placement.spec.leaseId, clusterUidOf(placement)[0] ?? nobody);
    }
    return owners;
  }

  #usedBy(placement: IOPlacement): boolean {
    const record = this.#records.get(clusterUidOf(placement)[0] ?? '');
    return record?.leaseId === placement.spec.leaseId && record.standing?.metering === 'Metering';
  }
}

/** A lease ends when its placement was deleted: from then on the member takes it down. */
function endOf({ metadata, status }: IOPlacement, used: boolean, nowMs: number): EndedLease {
  const deletedMs = Date.parse(metadata.deletionTimestamp ?? '');
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const was = used || isConditionTrue(status?.conditions, 'Ready');
  return {
    endSeconds: Math.floor((Number.isNaN(deletedMs) ? nowMs : deletedMs) / 1000),
    neverReady: was ? undefined : (ready?.message ?? 'the member has said nothing of it'),
  };
}
