/** What became of one attempt to send a report. */
export type ReportOutcome =
  /** The hub has it. */
  | 'acknowledged'
  /** It can never be taken; it was set aside. */
  | 'rejected'
  /** The agent's clock is too far from the hub's. */
  | 'clock-skew'
  /** No answer, or one that says to try again. */
  | 'failed';

/** What the agent counts of its metering. Without labels of members or leases. */
export type MeteringMetrics = Readonly<{
  openIntervals: (count: number) => void;
  spool: (bytes: number, reportsWaiting: number) => void;
  /** Whether usage cannot be recorded now. */
  spoolFull: (full: boolean) => void;
  report: (outcome: ReportOutcome) => void;
  /** The agent's clock minus the hub's. */
  clockSkew: (seconds: number) => void;
}>;
