import { nameOf, type Transfer, transfersOf } from '../ledger/journal.ts';
import { type AuditedCharge, ChargeAudit } from './charge-audit.ts';
import type { FundsBook } from './funds.ts';
import type { JournalAudit } from './journal-audit.ts';
import { partiesKey, type Settlements } from './settlements.ts';
import type { AuditedInterval, AuditedLease, LeaseBlock, Report } from './types.ts';

/** What the charges of an epoch come to so far. */
export type EpochCharges = {
  readonly settlements: Settlements;
  leases: number;
  corrections: number;
  shortfalls: number;
};

/** Holds that were added to a lease after it had begun. */
export type Extension = Readonly<{ epoch: number; amount: bigint }>;

export type LeaseBlockContext = Readonly<{
  from: number;
  to: number;
  /** Later epochs have rows of leases only that were settled for the last time. */
  lastClosed: number;
  genesisSeconds: number;
  journal: JournalAudit;
  /** From `from` to `to`, in order. */
  epochs: ReadonlyMap<number, EpochCharges>;
  extensions: ReadonlyMap<bigint, readonly Extension[]>;
  /** What is held for leases that go on, by account: added to. */
  held: Map<string, bigint>;
  /** Names that were met, each kept once: looking up the very same text is several times as fast. */
  names: Map<string, string>;
  report: Report;
}>;

/** One epoch of a block. */
type Page = Readonly<{
  epoch: number;
  lines: StoredLines;
  charges: EpochCharges;
  funds: FundsBook;
}>;

/** Charges the leases of a block again, some at a time, so that reading goes on meanwhile. */
export class LeaseBlockAudit {
  readonly #block: LeaseBlock;
  readonly #context: LeaseBlockContext;
  readonly #before: StoredLines;
  readonly #pages: readonly Page[];
  readonly #intervals: IntervalCursor;
  #at = 0;

  constructor(block: LeaseBlock, context: LeaseBlockContext) {
    this.#block = block;
    this.#context = context;
    this.#intervals = new IntervalCursor(block.intervals);
    const { from, journal, report } = context;
    // Before the first epoch that is audited stand leases that ended there.
    this.#before = new StoredLines(block.charges.get(from - 1) ?? '', () => {});
    this.#pages = [...context.epochs].map(([epoch, charges]) => ({
      epoch,
      lines: new StoredLines(block.charges.get(epoch) ?? '', (line) =>
        reportStray(epoch, line, report),
      ),
      charges,
      funds: journal.fundsOf(epoch),
    }));
  }

  /** Goes on with so many leases. Returns whether there are more. */
  step(leases: number): boolean {
    const until = Math.min(this.#block.leases.length, this.#at + leases);
    for (; this.#at < until; this.#at += 1) {
      const lease = this.#block.leases[this.#at];
      if (lease !== undefined) this.#audit(lease);
    }
    return this.#at < this.#block.leases.length;
  }

  /** The lines of the block's charges by epoch, as they have to be. */
  end(): ReadonlyMap<number, string> {
    return new Map(this.#pages.map(({ epoch, lines }) => [epoch, lines.corrected()]));
  }

  #audit(lease: AuditedLease): void {
    const { journal, extensions: all, genesisSeconds, report } = this.#context;
    const { leaseNo } = lease;
    const audit = new ChargeAudit(lease, this.#intervals.take(leaseNo), genesisSeconds, report);
    const before = this.#before.take(leaseNo);
    if (before !== undefined) audit.startAfter(before);
    const extensions = all.get(leaseNo) ?? none;
    const { renter: owner, asset } = lease;
    const available = this.#kept(nameOf({ kind: 'renter:available', owner, asset }));
    const parties = this.#kept(partiesKey(lease));
    const expected: Transfer[] = [];
    let held: bigint | undefined;
    for (const page of this.#pages) {
      const { epoch } = page;
      const line = page.lines.take(leaseNo);
      if (line === undefined) {
        if (epoch <= this.#context.lastClosed) audit.absent(epoch);
        continue;
      }
      const holdBase = holdBaseAt(lease, extensions, epoch);
      const charge = audit.charge(epoch, line, holdBase, page.funds.of(available));
      if (!charge.same) page.lines.correct(line, charge.line);
      count(page.charges, charge);
      if (charge.final) expected.push(...lastTransfers(lease, epoch, charge));
      else page.charges.settlements.add(parties, charge.settlement);
      held = charge.final ? 0n : charge.held + lease.holdBase - holdBase;
    }
    journal.compareLease(leaseNo, expected);
    const hold = journal.heldFor(leaseNo);
    if (before === undefined && hold !== undefined)
      compareHold(lease, hold, extensions, this.#context);
    if (lease.closedEpoch === undefined) addHeld(lease, held ?? lease.holdBase, this.#context.held);
  }

  #kept(name: string): string {
    const { names } = this.#context;
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, name);
    return name;
  }
}

const none: readonly Extension[] = [];

function count(charges: EpochCharges, { late, short }: AuditedCharge): void {
  charges.leases += 1;
  if (late) charges.corrections += 1;
  if (short) charges.shortfalls += 1;
}

/** The transfers that settle a lease for the last time, and give back what is left of its hold. */
function lastTransfers(
  lease: AuditedLease,
  epoch: number,
  { settlement, held }: AuditedCharge,
): readonly Transfer[] {
  const settling = transfersOf(epoch, [settlement], lease.leaseId);
  return held > 0n ? [...settling, released(lease, epoch, held)] : settling;
}

function reportStray(epoch: number, line: string, report: Report): void {
  const row = line.split('|').slice(0, 3).join('|');
  report({
    epoch,
    table: 'charges',
    row,
    stored: line,
    computed: 'no row: its lease is not there',
  });
}

/** What was held for a lease at first and by extensions, when an epoch was closed. */
function holdBaseAt(
  { holdBase }: AuditedLease,
  extensions: readonly Extension[],
  epoch: number,
): bigint {
  return extensions.reduce(
    (sum, extension) => (extension.epoch > epoch ? sum - extension.amount : sum),
    holdBase,
  );
}

/** What was held for a lease that began in these epochs is what it says is held. */
function compareHold(
  lease: AuditedLease,
  hold: bigint,
  extensions: readonly Extension[],
  { report, to }: LeaseBlockContext,
): void {
  const later = extensions.reduce(
    (sum, { epoch, amount }) => (epoch > to ? sum + amount : sum),
    0n,
  );
  if (hold + later === lease.holdBase) return;
  report({
    epoch: to,
    table: 'leases',
    row: `hold of ${lease.leaseId}`,
    stored: String(lease.holdBase),
    computed: String(hold + later),
  });
}

function released(
  { renter, asset, leaseId }: AuditedLease,
  epoch: number,
  amount: bigint,
): Transfer {
  const held = { kind: 'renter:held', owner: renter, asset } as const;
  const available = { kind: 'renter:available', owner: renter, asset } as const;
  return {
    epoch,
    debit: held,
    credit: available,
    amount,
    cause: 'HoldReleased',
    subject: leaseId,
  };
}

function addHeld(lease: AuditedLease, amount: bigint, held: Map<string, bigint>): void {
  const name = nameOf({ kind: 'renter:held', owner: lease.renter, asset: lease.asset });
  held.set(name, (held.get(name) ?? 0n) + amount);
}

/** The lines of an epoch's charges, taken lease by lease. */
class StoredLines {
  readonly #text: string;
  readonly #passed: (line: string) => void;
  /** Lines that have to be others, or none; nearly always there are none of these. */
  readonly #corrections = new Map<string, string>();
  #at = 0;
  #line = '';
  /** The lease of the next line; undefined at the end. */
  #leaseNo: bigint | undefined;

  /** @param passed is told lines of leases that nobody asked for */
  constructor(text: string, passed: (line: string) => void) {
    this.#text = text;
    this.#passed = passed;
    this.#next();
  }

  /** The line of a lease, without its line feed. Leases are asked for in order. */
  take(leaseNo: bigint): string | undefined {
    while (this.#leaseNo !== undefined && this.#leaseNo < leaseNo) this.#pass();
    if (this.#leaseNo !== leaseNo) return undefined;
    const line = this.#line;
    this.#next();
    return line;
  }

  /** A line that was taken has to be another one, which ends with a line feed. */
  correct(line: string, computed: string): void {
    this.#corrections.set(line, computed);
  }

  /** All lines as they have to be. */
  corrected(): string {
    while (this.#leaseNo !== undefined) this.#pass();
    if (this.#corrections.size === 0) return this.#text;
    const lines = this.#text.split('\n').slice(0, -1);
    return lines.map((line) => this.#corrections.get(line) ?? `${line}\n`).join('');
  }

  #pass(): void {
    this.#passed(this.#line);
    this.correct(this.#line, '');
    this.#next();
  }

  #next(): void {
    this.#leaseNo = undefined;
    if (this.#at >= this.#text.length) return;
    const end = this.#text.indexOf('\n', this.#at);
    this.#line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    const start = this.#line.indexOf('|', 2) + 1;
    this.#leaseNo = BigInt(this.#line.slice(start, this.#line.indexOf('|', start)));
  }
}

/** Walks through intervals that stand in the order of their leases. */
class IntervalCursor {
  readonly #intervals: readonly AuditedInterval[];
  #at = 0;

  constructor(intervals: readonly AuditedInterval[]) {
    this.#intervals = intervals;
  }

  take(leaseNo: bigint): readonly AuditedInterval[] {
    const all = this.#intervals;
    const first = this.#at;
    while (all[this.#at]?.leaseNo === leaseNo) this.#at += 1;
    return all.slice(first, this.#at);
  }
}
