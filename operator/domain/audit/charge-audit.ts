import { epochAt, epochEnd, epochStart } from '../epoch.ts';
import {
  type ChargeRow,
  chargeBetween,
  difference,
  noCharge,
  splitCollected,
  sumsOf,
} from '../ledger/charge.ts';
import { heldOf } from '../ledger/collect.ts';
import { chargeLine } from '../ledger/digest.ts';
import type { Settlement } from '../ledger/journal.ts';
import type { Charge } from '../ledger/types.ts';
import { usageIn } from '../ledger/usage.ts';
import type { Funds } from './funds.ts';
import { intervalsKnownTo, takenBackBy } from './known.ts';
import { noCost } from './settlements.ts';
import type { AuditedInterval, AuditedLease, Report } from './types.ts';

/** What an audit of one row of io.charges came to. */
export type AuditedCharge = Readonly<{
  /** The line as it has to be, with its line feed; `same` as the stored one. */
  line: string;
  same: boolean;
  settlement: Settlement;
  late: boolean;
  short: boolean;
  final: boolean;
  /** What is held for the lease after it. */
  held: bigint;
}>;

/** The parts of a stored line that are given: the rest follows from them. */
type StoredCharge = Readonly<{
  countedUntilSeconds: number;
  renewedSum: bigint;
  final: boolean;
}>;

type Standing = Readonly<{
  row: ChargeRow;
  /** What was paid so far, part by part. */
  paid: Charge;
  countedUntilSeconds: number;
  firstUsedSeconds: number | undefined;
  final: boolean;
}>;

/** Charges one lease again, epoch after epoch. */
export class ChargeAudit {
  readonly #lease: AuditedLease;
  readonly #intervals: readonly AuditedInterval[];
  readonly #genesisSeconds: number;
  readonly #report: Report;
  readonly #revised: boolean;
  #before: Standing | undefined;

  constructor(
    lease: AuditedLease,
    intervals: readonly AuditedInterval[],
    genesisSeconds: number,
    report: Report,
  ) {
    this.#lease = lease;
    this.#intervals = intervals;
    this.#genesisSeconds = genesisSeconds;
    this.#report = report;
    this.#revised = intervals.some(({ revisedEpoch }) => revisedEpoch !== undefined);
    for (const { startSeconds, ratePerHour, agreedRatePerHour } of intervals) {
      if (ratePerHour === agreedRatePerHour) continue;
      report({
        epoch: epochAt(startSeconds, genesisSeconds),
        table: 'intervals',
        row: `lease ${lease.leaseId} from ${startSeconds}`,
        stored: `${ratePerHour} an hour`,
        computed: `${agreedRatePerHour ?? 'no such device'}`,
      });
    }
  }

  /** Begins after a row that was audited before. */
  startAfter(line: string): void {
    const fields = line.split('|');
    const row = {
      rawSum: bigintAt(fields, 7),
      lateRaw: bigintAt(fields, 8),
      collectedSum: bigintAt(fields, 13),
      renewedSum: bigintAt(fields, 14),
    };
    this.#before = {
      row,
      paid: splitCollected(sumsOf(row.rawSum, this.#lease.fees), row.collectedSum),
      countedUntilSeconds: Number(fields[3]),
      firstUsedSeconds: fields[4] === '' ? undefined : Number(fields[4]),
      final: fields[15] === '1',
    };
  }

  /** There is no row for an epoch: none may be missing between the first and the last one. */
  absent(epoch: number): void {
    if (this.#before === undefined || this.#before.final) return;
    this.#differs(epoch, 'no row', 'a row');
  }

  /**
   * The row of an epoch, from the intervals, what was known of them then, and the row before.
   * @param holdBase what was held for the lease at first and by extensions until then
   */
  charge(epoch: number, line: string, holdBase: bigint, funds: Funds): AuditedCharge {
    const stored = storedOf(line);
    const before = this.#before;
    this.#checkSpan(epoch, stored);
    const { endedAtSeconds } = this.#lease;
    const cut = {
      epoch,
      epochStartSeconds: epochStart(epoch, this.#genesisSeconds),
      countedUntilSeconds: stored.countedUntilSeconds,
      countedBeforeSeconds: before?.countedUntilSeconds,
      endedAtSeconds: stored.final ? endedAtSeconds : undefined,
    };
    const takenBack = this.#revised ? takenBackBy(epoch, this.#intervals) : [];
    const usage = usageIn(intervalsKnownTo(epoch, this.#intervals), cut, takenBack);
    const rowBefore = before?.row ?? noCharge;
    const rawSum = rowBefore.rawSum + usage.raw;
    const sums = sumsOf(rawSum, this.#lease.fees);
    const money = this.#pay(epoch, stored, sums.total, rowBefore, holdBase, funds);
    const row: ChargeRow = { rawSum, lateRaw: usage.lateRaw, ...money };
    const paid = splitCollected(sums, row.collectedSum);
    const firstUsedSeconds = this.#firstUsed(epoch, before?.firstUsedSeconds);
    const { leaseNo } = this.#lease;
    const { countedUntilSeconds, final } = stored;
    const computed = chargeLine({
      epoch,
      leaseNo,
      countedUntilSeconds,
      firstUsedSeconds,
      seconds: usage.seconds,
      lateSeconds: usage.lateSeconds,
      totalSum: sums.total,
      usageSum: sums.usage,
      renterFeeSum: sums.renterFee,
      supplierFeeSum: sums.supplierFee,
      ...row,
      final,
    });
    const same = computed.length === line.length + 1 && computed.startsWith(line);
    if (!same) this.#differs(epoch, line, computed.trimEnd());
    this.#before = { row, paid, countedUntilSeconds, firstUsedSeconds, final };
    return {
      line: computed,
      same,
      settlement: this.#settlement(rowBefore, row, before?.paid ?? noCost, paid),
      late: usage.lateSeconds !== 0n,
      short: row.collectedSum < sums.total,
      final,
      held: heldOf(holdBase, row),
    };
  }

  #settlement(before: ChargeRow, row: ChargeRow, from: Charge, to: Charge): Settlement {
    const { renter, supplier, asset, fees } = this.#lease;
    const charges =
      row.lateRaw === 0n
        ? { regular: difference(from, to), correction: noCost }
        : chargeBetween(before, row, fees);
    return { renter, supplier, asset, ...charges, renewed: row.renewedSum - before.renewedSum };
  }

  /** What of the total was paid, and by how much the hold grew. */
  #pay(
    epoch: number,
    stored: StoredCharge,
    total: bigint,
    before: ChargeRow,
    holdBase: bigint,
    funds: Funds,
  ): Pick<ChargeRow, 'collectedSum' | 'renewedSum'> {
    const beyond = total - holdBase - before.renewedSum;
    const deficit = beyond > 0n ? beyond : 0n;
    const added = stored.renewedSum - before.renewedSum;
    let granted = deficit;
    if (!stored.final) {
      granted = funds.grant(deficit);
      const left = total - before.renewedSum - deficit;
      const wanted = left > 0n ? left : 0n;
      const mayStay = this.#lease.endedAtSeconds !== undefined;
      if (!funds.renew(wanted, added - granted, mayStay)) {
        this.#differs(
          epoch,
          `hold renewed by ${added - granted}`,
          `by ${wanted}, if there was money`,
        );
      }
    } else if (added < deficit && added >= 0n) {
      // It was settled before the close, when there was less than it took.
      granted = added;
    }
    const most = holdBase + before.renewedSum + granted;
    const renewedSum = stored.final ? before.renewedSum + granted : stored.renewedSum;
    return { collectedSum: total < most ? total : most, renewedSum };
  }

  #firstUsed(epoch: number, before: number | undefined): number | undefined {
    let first = before;
    for (const { knownEpoch, settledEpoch, startSeconds } of this.#intervals) {
      if (knownEpoch > epoch || (settledEpoch !== undefined && settledEpoch < epoch)) continue;
      if (first === undefined || startSeconds < first) first = startSeconds;
    }
    return first;
  }

  /** The bounds of what cannot be computed: until when the member had reported. */
  #checkSpan(epoch: number, { countedUntilSeconds, final }: StoredCharge): void {
    const { endedAtSeconds, closedEpoch } = this.#lease;
    const latest = Math.min(
      epochEnd(epoch, this.#genesisSeconds),
      endedAtSeconds ?? Number.POSITIVE_INFINITY,
    );
    const earliest = this.#before?.countedUntilSeconds ?? 0;
    if (countedUntilSeconds > latest || countedUntilSeconds < earliest) {
      this.#differs(epoch, `counted until ${countedUntilSeconds}`, `${earliest} to ${latest}`);
    }
    if (this.#before?.final === true) this.#differs(epoch, 'a row', 'none after the last one');
    if (final !== (closedEpoch === epoch)) {
      this.#differs(
        epoch,
        final ? 'the last row' : 'not the last row',
        `closed in ${closedEpoch ?? 'none'}`,
      );
    }
  }

  #differs(epoch: number, stored: string, computed: string): void {
    this.#report({
      epoch,
      table: 'charges',
      row: `lease ${this.#lease.leaseId}`,
      stored,
      computed,
    });
  }
}

/** Most lines are looked at once, so they are not taken apart. */
function storedOf(line: string): StoredCharge {
  let start = 0;
  for (let field = 0; field < 3; field += 1) start = line.indexOf('|', start) + 1;
  const last = line.lastIndexOf('|');
  const renewed = line.lastIndexOf('|', last - 1);
  return {
    countedUntilSeconds: Number(line.slice(start, line.indexOf('|', start))),
    renewedSum: BigInt(line.slice(renewed + 1, last)),
    final: line.endsWith('|1'),
  };
}

function bigintAt(fields: readonly string[], index: number): bigint {
  return BigInt(fields[index] ?? '');
}
