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

/** Where usage is stored. Each call is one transaction; calling twice changes nothing. */
export type UsageIntake = Readonly<{
  report: (member: string, report: UsageReport, receivedAtMs: number) => Promise<IntakeReceipt>;
  heartbeat: (
    member: string,
    report: HeartbeatReport,
    receivedAtMs: number,
  ) => Promise<'Stored' | 'RosterUnknown'>;
}>;
