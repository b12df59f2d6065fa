import { nameOf, type Account, type Transfer } from '../ledger/journal.ts';
import { FundsBook } from './funds.ts';
import {
  describe,
  parseTransfer,
  type Sha256Hex,
  type StoredTransfer,
  transferIdOf,
} from './stored-transfer.ts';
import type { Report } from './types.ts';

const closeCauses = new Set([
  'HoldRenewed',
  'Usage',
  'RenterFee',
  'SupplierFee',
  'Rounding',
  'Correction',
]);

/** What events of the chain make; deposits too, whose subject is a signature and a number then. */
const chainCauses = new Set([
  'Unassigned',
  'PaidOut',
  'Stake',
  'Unstake',
  'CaseOpened',
  'CaseReversed',
  'Burn',
  'Claim',
]);
/** What is written down by its subject: suspense that was assigned, repairs, payouts. */
const decidedCauses = new Set([
  'Assigned',
  'DriftRepair',
  'Withdrawal',
  'Payout',
  'PayoutReturned',
]);
const eventSubject = /^[1-9A-HJ-NP-Za-km-z]{64,88}\/\d+$/;

/** Goes through the transfers of epochs, in order: their ids, what they are for, and what is left. */
export class JournalAudit {
  readonly #sha256: Sha256Hex;
  readonly #report: Report;
  readonly #balances: Map<string, bigint>;
  /** Transfers of a close, which come into effect after all others of the epoch. */
  #closing: StoredTransfer[] = [];
  readonly #ofCloses = new Map<number, readonly StoredTransfer[]>();
  readonly #ofLeases = new Map<bigint, StoredTransfer[]>();
  readonly #ofRewards = new Map<string, StoredTransfer[]>();
  readonly #ofEvents = new Map<string, StoredTransfer[]>();
  readonly #decided: StoredTransfer[] = [];
  /** What was held for each lease. */
  readonly #holds = new Map<bigint, bigint>();
  readonly #funds = new Map<number, FundsBook>();

  constructor(balances: ReadonlyMap<string, bigint>, sha256: Sha256Hex, report: Report) {
    this.#balances = new Map(balances);
    this.#sha256 = sha256;
    this.#report = report;
  }

  /** What each account has after all transfers that were taken. */
  get balances(): ReadonlyMap<string, bigint> {
    return this.#balances;
  }

  /** Transfers of one epoch, some at a time. Returns the deposits among them. */
  take(epoch: number, lines: readonly string[]): readonly StoredTransfer[] {
    const deposits: StoredTransfer[] = [];
    for (const line of lines) {
      const stored = parseTransfer(line);
      const { transfer, leaseNo } = stored;
      const id = transferIdOf(transfer, this.#sha256);
      if (id !== stored.transferId || transfer.epoch !== epoch) {
        this.#differs(epoch, transfer, stored.transferId, `id ${id}`);
      }
      if (leaseNo === undefined && transfer.subject === '' && closeCauses.has(transfer.cause)) {
        this.#closing.push(stored);
        continue;
      }
      this.#move(transfer);
      if (leaseNo !== undefined && transfer.cause === 'Hold') {
        this.#holds.set(leaseNo, (this.#holds.get(leaseNo) ?? 0n) + transfer.amount);
      } else if (leaseNo !== undefined) append(this.#ofLeases, leaseNo, stored);
      else if (isOfEvent(transfer)) append(this.#ofEvents, transfer.subject, stored);
      else if (transfer.cause === 'Deposit') deposits.push(stored);
      else this.#takeOther(epoch, stored);
    }
    return deposits;
  }

  #takeOther(epoch: number, stored: StoredTransfer): void {
    const { transfer } = stored;
    const { cause, subject } = transfer;
    if (cause === 'Emission' || cause === 'Reward') append(this.#ofRewards, subject, stored);
    else if (decidedCauses.has(cause)) this.#decided.push(stored);
    else this.#differs(epoch, transfer, describe(transfer), 'no such transfer');
  }

  /** Transfers that somebody decided on. */
  get decided(): readonly StoredTransfer[] {
    return this.#decided;
  }

  /** Compares the transfers of an event of the chain, once. */
  compareEvent(subject: string, expected: readonly Transfer[]): void {
    const stored = this.#ofEvents.get(subject) ?? [];
    this.#ofEvents.delete(subject);
    this.compare(stored, expected);
  }

  /** All transfers of an epoch were taken: what renters have now is what its close could collect. */
  endEpoch(epoch: number): void {
    const renters = [...this.#balances].filter(([name]) => name.startsWith('renter:available '));
    this.#funds.set(epoch, new FundsBook(renters));
    this.#ofCloses.set(epoch, this.#closing);
    for (const { transfer } of this.#closing) this.#move(transfer);
    this.#closing = [];
  }

  /** What renters had when an epoch was closed. */
  fundsOf(epoch: number): FundsBook {
    return this.#funds.get(epoch) ?? new FundsBook([]);
  }

  /** What was held for a lease in these epochs, once; undefined: nothing was. */
  heldFor(leaseNo: bigint): bigint | undefined {
    const hold = this.#holds.get(leaseNo);
    this.#holds.delete(leaseNo);
    return hold;
  }

  /** Compares the transfers that settled a lease for the last time, once. */
  compareLease(leaseNo: bigint, expected: readonly Transfer[]): void {
    const stored = this.#ofLeases.get(leaseNo);
    if (stored === undefined && expected.length === 0) return;
    this.#ofLeases.delete(leaseNo);
    this.compare(stored ?? [], expected);
  }

  /** The transfers of rewards with this subject. */
  ofRewards(subject: string): readonly StoredTransfer[] {
    return this.#ofRewards.get(subject) ?? [];
  }

  /** Compares the transfers of a close with those that its charges make. */
  compareClose(epoch: number, expected: readonly Transfer[], closedAtSeconds: number): void {
    for (const { transfer, atSeconds } of this.#ofCloses.get(epoch) ?? []) {
      if (atSeconds === closedAtSeconds) continue;
      this.#differs(epoch, transfer, `at ${atSeconds}`, `at ${closedAtSeconds}`);
    }
    this.compare(this.#ofCloses.get(epoch) ?? [], expected);
    for (const name of this.fundsOf(epoch).unbalanced) {
      const row = `renewals of ${name}`;
      const stored = 'more than there was, or less than there had to be';
      this.#report({ epoch, table: 'charges', row, stored, computed: 'what was available' });
    }
  }

  /** Compares transfers that are written down with those that have to be. */
  compare(stored: readonly StoredTransfer[], expected: readonly Transfer[]): void {
    const missing = new Map(expected.map((transfer) => [keyOf(transfer), transfer]));
    for (const { transfer } of stored) {
      const key = keyOf(transfer);
      const wanted = missing.get(key);
      missing.delete(key);
      if (wanted?.amount === transfer.amount) continue;
      const computed = wanted === undefined ? 'no such transfer' : describe(wanted);
      this.#differs(transfer.epoch, transfer, describe(transfer), computed);
    }
    for (const transfer of missing.values()) {
      this.#differs(transfer.epoch, transfer, 'no such transfer', describe(transfer));
    }
  }

  /** What was not asked for: transfers of leases and of events that do not exist. */
  compareRest(epoch: number): void {
    for (const transfers of this.#ofEvents.values()) this.compare(transfers, []);
    for (const transfers of this.#ofLeases.values()) this.compare(transfers, []);
    for (const [leaseNo, amount] of this.#holds) {
      const [table, row] = ['transfers', `Hold of lease number ${leaseNo}`];
      this.#report({ epoch, table, row, stored: String(amount), computed: 'no such lease' });
    }
  }

  #move({ debit, credit, amount }: Transfer): void {
    this.#add(debit, -amount);
    this.#add(credit, amount);
  }

  #add(account: Account, amount: bigint): void {
    const name = nameOf(account);
    this.#balances.set(name, (this.#balances.get(name) ?? 0n) + amount);
  }

  #differs(epoch: number, transfer: Transfer, stored: string, computed: string): void {
    const { cause, subject } = transfer;
    const row = subject === '' ? cause : `${cause} of ${subject}`;
    this.#report({ epoch, table: 'transfers', row, stored, computed });
  }
}

function isOfEvent({ cause, subject }: Transfer): boolean {
  return chainCauses.has(cause) || (cause === 'Deposit' && eventSubject.test(subject));
}

/** Ids are checked for themselves; two transfers with the same of this have the same id. */
function keyOf({ epoch, cause, debit, credit, subject }: Transfer): string {
  return `${epoch} ${cause} ${nameOf(debit)} ${nameOf(credit)} ${subject}`;
}

function append<K>(map: Map<K, StoredTransfer[]>, key: K, transfer: StoredTransfer): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [transfer]);
  else list.push(transfer);
}
