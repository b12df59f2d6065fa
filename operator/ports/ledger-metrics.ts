import type { EpochCloseReport } from './epoch-ledger.ts';

/** What was asked of the ledger when it did not answer. */
export type LedgerCall = 'lease' | 'money' | 'balances' | 'settle' | 'epoch' | 'rewards';

/** What the hub counts of money. Labels are bounded: no lease, account or member is one. */
export type LedgerMetrics = Readonly<{
  /** An epoch was closed in `seconds`. */
  epochClosed: (report: EpochCloseReport, seconds: number) => void;
  /** The ledger did not answer. */
  ledgerUnavailable: (call: LedgerCall) => void;
  /** The money of all leases was looked at. */
  moneyLooked: (leases: number, seconds: number) => void;
  /** IOClusters that wait for money now. */
  unfunded: (count: number) => void;
}>;
