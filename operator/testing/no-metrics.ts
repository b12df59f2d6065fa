import type { FederationMetrics } from '../ports/federation-metrics.ts';
import type { LedgerMetrics } from '../ports/ledger-metrics.ts';
import type { MirrorMetrics } from '../ports/mirror-metrics.ts';
import type { SettlementMetrics } from '../ports/settlement-metrics.ts';
import type { ViewMetrics } from '../ports/view-metrics.ts';

/** Counts nothing. */
export const noFederationMetrics: FederationMetrics = {
  placed: () => {},
  decided: () => {},
  devices: () => {},
  leases: () => {},
  waiting: () => {},
};

/** Counts nothing. */
export const noLedgerMetrics: LedgerMetrics = {
  epochClosed: () => {},
  ledgerUnavailable: () => {},
  moneyLooked: () => {},
  unfunded: () => {},
};

/** Measures nothing. */
export const noSettlementMetrics: SettlementMetrics = {
  rpcCall: () => {},
  operationsPending: () => {},
  operationEnded: () => {},
  transactionSent: () => {},
  signerLamports: () => {},
};

/** Counts nothing. */
export const noMirrorMetrics: MirrorMetrics = {
  mirrorPassed: () => {},
  mirrorTook: () => {},
  mirrorFailed: () => {},
  mirrorCutOff: () => {},
  driftsStand: () => {},
  driftLookFailed: () => {},
};

/** Counts nothing. */
export const noViewMetrics: ViewMetrics = {
  viewsWritten: () => {},
  viewsPending: () => {},
  viewSumsWritten: () => {},
  viewsNotWritten: () => {},
};
