import { type ChargeRow, chargeBetween, noCharge } from '../domain/ledger/charge.ts';
import { collect, heldOf } from '../domain/ledger/collect.ts';
import {
  type Account,
  balanceChanges,
  nameOf,
  type Settlement,
  type Transfer,
  transfersOf,
} from '../domain/ledger/journal.ts';
import type { LeaseTerms } from '../domain/ledger/types.ts';
import {
  type Cut,
  countedUntil,
  isSettledBy,
  type MeteredInterval,
  type TakenBack,
  usageIn,
} from '../domain/ledger/usage.ts';
import { epochEnd, epochStart } from '../domain/epoch.ts';

export type ModelInterval = MeteredInterval & {
  readonly slot: number;
  endSeconds: number | undefined;
  knownEpoch: number;
  settledEpoch: number | undefined;
};

export type ModelLease = {
  readonly terms: LeaseTerms;
  readonly devices: LeaseTerms['devices'][number][];
  holdBase: bigint;
  state: 'Open' | 'Closing' | 'Closed';
  endedAtSeconds: number | undefined;
  readonly intervals: ModelInterval[];
  takenBack: TakenBack[];
  row: ModelRow | undefined;
};

export type ModelRow = ChargeRow &
  Readonly<{
    epoch: number;
    countedUntilSeconds: number;
    seconds: bigint;
    lateSeconds: bigint;
    totalSum: bigint;
    final: boolean;
  }>;

/** What the ledger has to come to, computed by the pure core alone. */
export class LedgerModel {
  readonly #genesisSeconds: number;
  readonly leases = new Map<string, ModelLease>();
  /** Balances by the names of accounts, without those that never had an entry. */
  readonly balances = new Map<string, bigint>();
  readonly observedUntil = new Map<string, number>();
  readonly rows: (ModelRow & { readonly leaseId: string })[] = [];
  readonly transfers: Transfer[] = [];
  lastClosed = 0;

  constructor(genesisSeconds: number) {
    this.#genesisSeconds = genesisSeconds;
  }

  deposit(owner: string, amount: bigint): void {
    const credit = availableOf({ renter: owner, asset: 'USDC' });
    this.#post([
      this.#transfer('Deposit', { ...credit, kind: 'custody', owner: '' }, credit, amount),
    ]);
  }

  /** Returns whether it was held. */
  open(terms: LeaseTerms, hold: bigint): boolean {
    if (!this.#hold(terms, hold)) return false;
    this.leases.set(terms.leaseId, {
      terms,
      devices: [...terms.devices],
      holdBase: hold,
      state: 'Open',
      endedAtSeconds: undefined,
      intervals: [],
      takenBack: [],
      row: undefined,
    });
    return true;
  }

  /** Returns whether it was held. */
  extend(lease: ModelLease, device: LeaseTerms['devices'][number], hold: bigint): boolean {
    if (lease.state !== 'Open') return false;
    const wanted = hold > lease.holdBase ? hold : lease.holdBase;
    if (!this.#hold(lease.terms, wanted - lease.holdBase)) return false;
    lease.holdBase = wanted;
    lease.devices.push(device);
    return true;
  }

  /** Tells the end of an interval, for the first time or anew. */
  endInterval(lease: ModelLease, interval: ModelInterval, endSeconds: number): void {
    const { startSeconds, ratePerHour, endSeconds: before } = interval;
    if (interval.settledEpoch !== undefined && before !== undefined && before !== endSeconds) {
      lease.takenBack.push({ startSeconds, endSeconds: before, ratePerHour });
      interval.knownEpoch = this.lastClosed + 1;
      interval.settledEpoch = undefined;
    }
    interval.endSeconds = endSeconds;
  }

  close(lease: ModelLease, endSeconds: number): void {
    if (lease.state !== 'Open') return;
    lease.state = 'Closing';
    const counted = lease.row?.countedUntilSeconds ?? endSeconds;
    lease.endedAtSeconds = Math.max(endSeconds, lease.terms.openedAtSeconds, counted);
  }

  settleClosing(): number {
    const epoch = this.lastClosed + 1;
    const end = epochEnd(epoch, this.#genesisSeconds);
    const ready = [...this.leases.values()].filter(
      ({ state, endedAtSeconds = Number.POSITIVE_INFINITY, terms }) =>
        state === 'Closing' && endedAtSeconds <= end && this.#observed(terms) >= endedAtSeconds,
    );
    const renters = Map.groupBy(ready, ({ terms }) => terms.renter);
    for (const leases of renters.values()) {
      for (const [lease, settlement] of this.#settle(epoch, leases, true)) {
        this.#post(transfersOf(epoch, [settlement], lease.terms.leaseId));
        const rest = heldOf(lease.holdBase, lease.row ?? noCharge);
        const available = availableOf(lease.terms);
        this.#post([this.#transfer('HoldReleased', heldAccount(lease.terms), available, rest)]);
        lease.state = 'Closed';
      }
    }
    return ready.length;
  }

  closeEpoch(): void {
    const epoch = this.lastClosed + 1;
    const end = epochEnd(epoch, this.#genesisSeconds);
    const live = [...this.leases.values()].filter(
      ({ state, terms }) => state !== 'Closed' && terms.openedAtSeconds < end,
    );
    const settlements: Settlement[] = [];
    for (const leases of Map.groupBy(live, ({ terms }) => terms.renter).values()) {
      for (const [, settlement] of this.#settle(epoch, leases, false)) settlements.push(settlement);
    }
    this.#post(transfersOf(epoch, settlements));
    this.lastClosed = epoch;
  }

  balanceOf(account: Account): bigint {
    return this.balances.get(nameOf(account)) ?? 0n;
  }

  #settle(epoch: number, leases: readonly ModelLease[], final: boolean) {
    const settling = leases.map((lease) => {
      const at = this.#cut(epoch, lease, final);
      const open = lease.intervals.filter(({ settledEpoch }) => settledEpoch === undefined);
      const usage = usageIn(open, at, lease.takenBack);
      for (const each of open) if (isSettledBy(each, at)) each.settledEpoch = epoch;
      lease.takenBack = [];
      const before: ChargeRow = lease.row ?? noCharge;
      return { lease, at, before, usage };
    });
    const [first] = leases;
    const available = first === undefined ? 0n : this.balanceOf(availableOf(first.terms));
    const rows = collect(
      settling.map(({ lease, before, usage }) => ({
        fees: lease.terms.fees,
        holdBase: lease.holdBase,
        renews: lease.state === 'Open',
        before,
        usage,
      })),
      available,
    );
    return settling.map(({ lease, at, before, usage }, index): [ModelLease, Settlement] => {
      const row = rows[index];
      if (row === undefined) throw new Error('a lease was not settled');
      const { seconds, lateSeconds } = usage;
      const { countedUntilSeconds } = at;
      lease.row = { ...row, epoch, countedUntilSeconds, seconds, lateSeconds, final };
      this.rows.push({ ...lease.row, leaseId: lease.terms.leaseId });
      const renewed = row.renewedSum - before.renewedSum;
      const { renter, supplier, asset, fees } = lease.terms;
      return [lease, { renter, supplier, asset, renewed, ...chargeBetween(before, row, fees) }];
    });
  }

  #cut(epoch: number, lease: ModelLease, final: boolean): Cut {
    const observed = this.#observed(lease.terms);
    const end = epochEnd(epoch, this.#genesisSeconds);
    return {
      epoch,
      epochStartSeconds: epochStart(epoch, this.#genesisSeconds),
      countedUntilSeconds: countedUntil(end, observed, lease.endedAtSeconds),
      countedBeforeSeconds: lease.row?.countedUntilSeconds,
      endedAtSeconds: final ? lease.endedAtSeconds : undefined,
    };
  }

  #observed({ member }: LeaseTerms): number {
    return this.observedUntil.get(member) ?? 0;
  }

  #hold(terms: LeaseTerms, amount: bigint): boolean {
    if (this.balanceOf(availableOf(terms)) < amount) return false;
    this.#post([this.#transfer('Hold', availableOf(terms), heldAccount(terms), amount)]);
    return true;
  }

  #transfer(cause: Transfer['cause'], debit: Account, credit: Account, amount: bigint): Transfer {
    return { epoch: this.lastClosed + 1, cause, debit, credit, amount, subject: '' };
  }

  #post(transfers: readonly Transfer[]): void {
    this.transfers.push(...transfers.filter((each) => each.amount > 0n));
    for (const [name, change] of balanceChanges(transfers)) {
      this.balances.set(name, (this.balances.get(name) ?? 0n) + change);
    }
  }
}

type Renter = Pick<LeaseTerms, 'renter' | 'asset'>;

function availableOf({ renter, asset }: Renter): Account {
  return { kind: 'renter:available', owner: renter, asset };
}

function heldAccount({ renter, asset }: Renter): Account {
  return { kind: 'renter:held', owner: renter, asset };
}
