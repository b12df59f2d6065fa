import type { Quote } from '../placement/quote.ts';
import type { Refusal } from '../placement/types.ts';

/** The lease of an IOCluster as its status tells it. `startTime` is RFC 3339. */
export type Lease = Readonly<{
  id: string;
  generation: number;
  member: string;
  placement: string;
  startTime: string;
  devices: number;
  /** All devices, one hour, micro-USD. */
  priceMicroUsdPerHour: number;
}>;

/** What the member said about the placement. Absent conditions count as not yet known. */
export type MemberReport = Readonly<{
  accepted: Verdict | undefined;
  applied: Verdict | undefined;
  ready: Verdict | undefined;
  workers: Readonly<{ desired: number; ready: number }> | undefined;
}>;

export type Verdict = Readonly<{ ok: boolean; reason: string; message: string }>;

/** Why a lease is given back although nobody asked for it. */
export type ReleaseCause =
  | 'RefusedByMember'
  | 'ShapeChanged'
  | 'EndedInLedger'
  | 'MemberLost'
  | 'MemberDraining'
  | 'DeviceBroken';

/** Why an IOCluster came to its end. */
export type FinishReason = 'TTLExpired' | 'BudgetExhausted' | 'MemberGone';

/** Where an IOCluster stands: exactly one of these at any instant. */
export type Phase =
  | Readonly<{
      kind: 'Invalid';
      reason: 'Invalid' | 'AccountNotFound' | 'AccountRequired' | 'PriorityClassNotFound';
      message: string;
    }>
  | Readonly<{ kind: 'Finished'; reason: FinishReason; message: string; releasing: boolean }>
  | Readonly<{
      kind: 'Suspended';
      releasing: boolean;
      /** What it would cost if it were not suspended. */
      quote?: Quote;
      /** Why there is no room for it now. */
      refusal?: Refusal;
    }>
  | Readonly<{ kind: 'Releasing'; cause: ReleaseCause; message: string }>
  | Readonly<{
      kind: 'Waiting';
      refusal: Refusal;
      /** What it would cost where it fits best; absent when no member could ever take it. */
      quote: Quote | undefined;
    }>
  | Readonly<{
      kind: 'Unfunded';
      reason: 'InsufficientFunds' | 'BudgetExhausted' | 'LedgerUnavailable' | 'PriceUnknown';
      message: string;
      /** What it would cost; undefined when that was not looked at. */
      quote: Quote | undefined;
    }>
  | Readonly<{
      kind: 'Leased';
      lease: Lease;
      report: MemberReport;
      memberConnected: boolean;
      /** Why more workers could not be added; the lease goes on as it is. */
      scaleUpRefusal: Refusal | undefined;
      /** Devices do no work, and there are no others: what a person reads of it. */
      damage?: string | undefined;
    }>;
