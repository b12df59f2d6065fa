import type { UsageRejection } from '../domain/metering/types.ts';
import type { HeartbeatResult } from './usage-intake.ts';

export type IntakeRoute = 'usage' | 'heartbeats' | 'evidence' | 'other';

/** What the intake counts. Labels are bounded: no member, lease or device is one. */
export type IntakeMetrics = Readonly<{
  /** One request was answered. */
  answered: (route: IntakeRoute, status: number, seconds: number) => void;
  /** Requests that are worked on now, and the bytes that their bodies may have. */
  inFlight: (requests: number, bytes: number) => void;
  changes: (outcome: 'accepted' | 'duplicate' | 'rejected', count: number) => void;
  rejected: (reason: UsageRejection) => void;
  heartbeat: (result: HeartbeatResult) => void;
  evidence: (outcome: 'stored' | 'refused', count: number) => void;
  /** Agent's clock minus the hub's. */
  skew: (seconds: number) => void;
  /** A request was refused before it reached the store; `reason` is that of the problem. */
  refused: (reason: string) => void;
}>;
