import type { FederationMetrics } from '../ports/federation-metrics.ts';
import type { LedgerMetrics } from '../ports/ledger-metrics.ts';

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
