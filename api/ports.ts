import type { IntakeMetrics } from '../operator/ports/intake-metrics.ts';
import type { EvidenceStore } from '../operator/ports/evidence-store.ts';
import type { UsageIntake } from '../operator/ports/usage-intake.ts';
import type { Logger } from '../operator/runtime/logger.ts';

/** What the server needs of the outside. */
export type ApiPorts = Readonly<{
  intake: UsageIntake;
  evidence: EvidenceStore;
  metrics: IntakeMetrics;
  logger: Logger;
  clock: Readonly<{ now: () => number; monotonicMs: () => number }>;
}>;
