import type { AccountKey, Asset, LeaseDevice, LeaseTerms } from '../domain/ledger/types.ts';
import { withRenterFee } from '../domain/pricing/fees.ts';
import type { HoldResult, DevicesByLease, LeaseLedger, LeaseMoney } from '../ports/lease-ledger.ts';

type Balance = { asset: Asset; available: bigint; held: bigint; earned: bigint };

type Lease = {
  terms: LeaseTerms;
  devices: readonly LeaseDevice[];
  held: bigint;
  settled: bigint;
  unsettled: bigint;
  firstUsageSeconds: number | undefined;
  observedUntilSeconds: number | undefined;
  state: LeaseMoney['state'];
  endSeconds: number | undefined;
  evidence: string;
};

/** A ledger for tests of those who use one: it keeps its promises, and forgets all with the process. */
export class MemoryLedger implements LeaseLedger {
  readonly leases = new Map<string, Lease>();
  readonly #balances = new Map<string, Balance>();

  deposit(account: AccountKey, amount: bigint, asset: Asset = 'USDC'): void {
    this.#balance(account, asset).available += amount;
  }

  /** Seconds that a member reported since the last settlement, as their cost. */
  use(leaseId: string, unsettled: bigint, observedUntilSeconds: number): void {
    const lease = this.#lease(leaseId);
    lease.unsettled = unsettled;
    lease.firstUsageSeconds ??= observedUntilSeconds;
    lease.observedUntilSeconds = observedUntilSeconds;
  }

  /** Settles what was used; of a lease that ended the rest of the hold is given back. */
  settle(leaseId: string): void {
    const lease = this.#lease(leaseId);
    const balance = this.#balance(lease.terms.renter, lease.terms.asset);
    lease.settled += lease.unsettled;
    lease.held -= lease.unsettled;
    balance.held -= lease.unsettled;
    lease.unsettled = 0n;
    if (lease.state !== 'Closing') return;
    balance.held -= lease.held;
    balance.available += lease.held;
    lease.held = 0n;
    lease.state = 'Closed';
  }

  async open(terms: LeaseTerms, hold: bigint): Promise<HoldResult> {
    const before = this.leases.get(terms.leaseId);
    if (before !== undefined) {
      const same = before.state === 'Open' && agreed(before.terms) === agreed(terms);
      return same ? { kind: 'Held', held: before.held } : { kind: 'Taken' };
    }
    const refusal = this.#hold(terms, hold);
    if (refusal !== undefined) return refusal;
    this.leases.set(terms.leaseId, {
      terms,
      devices: terms.devices,
      held: hold,
      settled: 0n,
      unsettled: 0n,
      firstUsageSeconds: undefined,
      observedUntilSeconds: undefined,
      state: 'Open',
      endSeconds: undefined,
      evidence: '',
    });
    return { kind: 'Held', held: hold };
  }

  async extend(
    leaseId: string,
    devices: readonly LeaseDevice[],
    hold: bigint,
  ): Promise<HoldResult> {
    const lease = this.#lease(leaseId);
    if (lease.state !== 'Open') return { kind: 'Taken' };
    const more = hold > lease.held ? hold - lease.held : 0n;
    const refusal = this.#hold(lease.terms, more);
    if (refusal !== undefined) return refusal;
    const known = new Set(lease.devices.map(({ device }) => device));
    lease.devices = [...lease.devices, ...devices.filter(({ device }) => !known.has(device))];
    lease.held += more;
    return { kind: 'Held', held: lease.held };
  }

  async close(leaseId: string, endSeconds: number, evidence: string): Promise<void> {
    const lease = this.leases.get(leaseId);
    if (lease?.state !== 'Open') return;
    lease.state = 'Closing';
    lease.endSeconds = Math.max(endSeconds, lease.terms.openedAtSeconds);
    lease.evidence = evidence;
  }

  async openLeases(after: string, limit: number): Promise<readonly string[]> {
    return [...this.leases]
      .filter(([id, { state }]) => state === 'Open' && id > after)
      .map(([id]) => id)
      .toSorted()
      .slice(0, limit);
  }

  async money(
    leaseIds: readonly string[],
    leased?: DevicesByLease,
  ): Promise<readonly LeaseMoney[]> {
    return leaseIds.flatMap((leaseId) => {
      const lease = this.leases.get(leaseId);
      if (lease === undefined) return [];
      const { terms, devices, held, settled, unsettled, state } = lease;
      const { firstUsageSeconds, observedUntilSeconds } = lease;
      const has = leased?.get(leaseId);
      const rate = devices
        .filter(({ device }) => has?.includes(device) !== false)
        .reduce((sum, { ratePerHour }) => sum + ratePerHour, 0n);
      return [
        {
          leaseId,
          asset: terms.asset,
          held,
          settled,
          unsettled,
          available: this.#balance(terms.renter, terms.asset).available,
          ratePerHour: withRenterFee(rate, terms.fees),
          firstUsageSeconds,
          observedUntilSeconds,
          state,
        },
      ];
    });
  }

  async balances(account: AccountKey): Promise<readonly Balance[]> {
    return (['USDC', 'IO'] as const).flatMap((asset) => {
      const balance = this.#balances.get(`${account} ${asset}`);
      return balance === undefined ? [] : [{ ...balance }];
    });
  }

  #hold({ renter, asset }: LeaseTerms, amount: bigint): HoldResult | undefined {
    const balance = this.#balance(renter, asset);
    const { available } = balance;
    if (available < amount) {
      return { kind: 'InsufficientFunds', asset, available, missing: amount - available };
    }
    balance.available -= amount;
    balance.held += amount;
    return undefined;
  }

  #lease(leaseId: string): Lease {
    const lease = this.leases.get(leaseId);
    if (lease === undefined) throw new Error(`${leaseId} was never opened`);
    return lease;
  }

  #balance(account: AccountKey, asset: Asset): Balance {
    const key = `${account} ${asset}`;
    let balance = this.#balances.get(key);
    if (balance === undefined) {
      balance = { asset, available: 0n, held: 0n, earned: 0n };
      this.#balances.set(key, balance);
    }
    return balance;
  }
}

/** All that was agreed; when it was does not count. */
function agreed(terms: LeaseTerms): string {
  return JSON.stringify({ ...terms, openedAtSeconds: 0 }, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
}
