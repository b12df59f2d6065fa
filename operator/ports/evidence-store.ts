import type { EvidenceReport } from '../domain/evidence/types.ts';

/** What became of the devices of a report. */
export type EvidenceReceipt = Readonly<{
  /** Stored, now or before. */
  stored: number;
  /** Of no lease that the member had then. */
  refused: number;
}>;

/**
 * Where evidence beside intervals is stored. Calling twice changes nothing; of two reports of a device
 * and bucket the one with more samples stays. It throws StoreUnavailableError.
 */
export type EvidenceStore = Readonly<{
  evidence: (member: string, report: EvidenceReport) => Promise<EvidenceReceipt>;
}>;
