import type { Parties, Settlement } from '../ledger/journal.ts';
import type { Charge } from '../ledger/types.ts';

type Sum = { -readonly [Part in keyof Charge]: Charge[Part] };

type Total = Omit<Settlement, 'regular' | 'correction' | 'renewed'> & {
  readonly regular: Sum;
  readonly correction: Sum;
  renewed: bigint;
};

/** Names who pays whom in a map. */
export function partiesKey({ renter, supplier, asset }: Parties): string {
  return `${renter} ${supplier} ${asset}`;
}

/** Settlements of one epoch, added up by who pays whom: transfers are sums, so nothing else is needed. */
export class Settlements {
  readonly #totals = new Map<string, Total>();

  /** @param key of its parties, which the caller keeps: there are many settlements of the same lease */
  add(key: string, { regular, correction, renewed, ...parties }: Settlement): void {
    let total = this.#totals.get(key);
    if (total === undefined) {
      total = { ...parties, regular: { ...noCost }, correction: { ...noCost }, renewed: 0n };
      this.#totals.set(key, total);
    }
    addTo(total.regular, regular);
    if (correction !== noCost) addTo(total.correction, correction);
    total.renewed += renewed;
  }

  get all(): readonly Settlement[] {
    return [...this.#totals.values()];
  }
}

/** Where nothing is to be corrected. */
export const noCost: Charge = {
  total: 0n,
  usage: 0n,
  renterFee: 0n,
  supplierFee: 0n,
  rounding: 0n,
};

function addTo(sum: Sum, charge: Charge): void {
  sum.total += charge.total;
  sum.usage += charge.usage;
  sum.renterFee += charge.renterFee;
  sum.supplierFee += charge.supplierFee;
  sum.rounding += charge.rounding;
}
