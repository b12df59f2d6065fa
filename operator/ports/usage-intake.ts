import type {
  HeartbeatReport,
  IntervalChange,
  UsageRejection,
  UsageReport,
} from '../domain/metering/types.ts';

/** What became of a report. It is told after the commit only. */
export type IntakeReceipt = Readonly<{
  /** Changes that were new. */
  accepted: number;
  /** Changes that were known already, with the same content. */
  duplicate: number;
  /** Changes that went to the dead-letter table. */
  rejected: readonly Readonly<{
    change: IntervalChange;
    reason: UsageRejection;
    message: string;
  }>[];
}>;

/**
 * `RosterUnknown`: send it again with the roster. `RosterMismatch`: the bits do not fit the roster, or
 * another roster was told under the same hash before. Only `Stored` was stored.
 */
export type HeartbeatResult = 'Stored' | 'RosterUnknown' | 'RosterMismatch';

/**
 * Where usage is stored. Each call is one transaction; calling twice changes nothing. They throw
 * StoreUnavailableError and TooManyDeadLettersError of store-errors.ts.
 *
 * A member's watermark, which open intervals are billed up to, moves with a report only when all
 * earlier sequences of its spool are stored; the report itself is stored in any case. The same sequence
 * with a later `observedUntilSeconds` moves it too. A spool that was never seen takes the place of the
 * one before: what that one left open ends at the watermark, until the new one tells that it is open.
 * Usage of a lease that is settled is refused, as is what overlaps; an interval whose end was not told
 * gives way to a later one on its device.
 */
export type UsageIntake = Readonly<{
  report: (member: string, report: UsageReport, receivedAtMs: number) => Promise<IntakeReceipt>;
  heartbeat: (
    member: string,
    report: HeartbeatReport,
    receivedAtMs: number,
  ) => Promise<HeartbeatResult>;
}>;
