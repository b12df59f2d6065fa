import { leaseIdOf } from '../domain/lease.ts';
import type { DevicesByLease, LeaseLedger, LeaseMoney } from '../ports/lease-ledger.ts';
import { sha256 } from '../runtime/sha256.ts';

/** Leases in one question to the ledger. */
const batchSize = 1_000;

type Known = {
  /** Leases up to this number were asked about. */
  upTo: number;
  /** All leases up to this number are settled for good, and cost `settled`. */
  through: number;
  settled: bigint;
  /** What those after it have cost so far. */
  open: bigint;
};

/** Names a cluster and the number of its lease now. */
export type LeaseNumber = Readonly<{ clusterUid: string; generation: number }>;

/** What the earlier leases of clusters have cost. Asked for once, and again until all are settled. */
export class EarlierSpend {
  readonly #ledger: Pick<LeaseLedger, 'money'>;
  readonly #known = new Map<string, Known>();

  constructor(ledger: Pick<LeaseLedger, 'money'>) {
    this.#ledger = ledger;
  }

  /** In base units, fees included, for a cluster that was asked about. */
  of(clusterUid: string): bigint {
    const known = this.#known.get(clusterUid);
    return known === undefined ? 0n : known.settled + known.open;
  }

  /** Whether all leases before this one were asked about, settled for good or not. */
  knows({ clusterUid, generation }: LeaseNumber): boolean {
    return (this.#known.get(clusterUid)?.upTo ?? 0) >= generation - 1;
  }

  /** Asks for what is not known for good of these clusters. */
  async ask(clusters: readonly LeaseNumber[]): Promise<void> {
    const unknown = clusters.flatMap(({ clusterUid, generation }) => {
      const { through } = this.#known.get(clusterUid) ?? { through: 0 };
      const ids: string[] = [];
      for (let number = through + 1; number < generation; number += 1) {
        ids.push(leaseIdOf(clusterUid, number, sha256));
      }
      return ids.length === 0 ? [] : [{ clusterUid, through, ids }];
    });
    if (unknown.length === 0) return;
    const money = await moneyOf(
      this.#ledger,
      unknown.flatMap(({ ids }) => ids),
    );
    for (const { clusterUid, through, ids } of unknown)
      this.#learn(clusterUid, through, ids, money);
  }

  forget(isGone: (clusterUid: string) => boolean): void {
    for (const uid of this.#known.keys()) if (isGone(uid)) this.#known.delete(uid);
  }

  #learn(
    clusterUid: string,
    through: number,
    ids: readonly string[],
    money: ReadonlyMap<string, LeaseMoney>,
  ): void {
    const { settled } = this.#known.get(clusterUid) ?? { settled: 0n };
    const known: Known = { upTo: through + ids.length, through, settled, open: 0n };
    let final = true;
    for (const id of ids) {
      const lease = money.get(id);
      // A number that was left out has cost nothing and never will.
      final &&= lease === undefined || lease.state === 'Closed';
      const spent = lease === undefined ? 0n : lease.settled + lease.unsettled;
      if (final) {
        known.through += 1;
        known.settled += spent;
      } else {
        known.open += spent;
      }
    }
    this.#known.set(clusterUid, known);
  }
}

/** How leases stand, by id, asked for in batches. */
export async function moneyOf(
  ledger: Pick<LeaseLedger, 'money'>,
  leaseIds: readonly string[],
  devices?: DevicesByLease,
): Promise<ReadonlyMap<string, LeaseMoney>> {
  const found = new Map<string, LeaseMoney>();
  for (let from = 0; from < leaseIds.length; from += batchSize) {
    const batch = await ledger.money(leaseIds.slice(from, from + batchSize), devices);
    for (const money of batch) found.set(money.leaseId, money);
  }
  return found;
}
