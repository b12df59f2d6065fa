/** What became of a sample of a device. */
export type EvidenceOutcome =
  /** The hub has it. */
  | 'stored'
  /** The hub did not take it. */
  | 'refused'
  /** It did not reach the hub in time. */
  | 'lost'
  /** Nobody was billed for the device. */
  | 'unused'
  /** No device is known that it is of. */
  | 'unmatched';

/** What the agent counts of evidence. Without labels of members or devices. */
export type EvidenceMetrics = Readonly<{
  evidenceSamples: (outcome: EvidenceOutcome, count: number) => void;
  /** An exporter was asked. */
  evidenceScrape: (outcome: 'read' | 'failed') => void;
}>;
