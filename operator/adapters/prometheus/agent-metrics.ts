import { Counter, Gauge, Registry } from 'prom-client';
import type { EvidenceMetrics } from '../../ports/evidence-metrics.ts';
import type { MeteringMetrics } from '../../ports/metering-metrics.ts';
import type { PolicyMetrics } from '../../ports/policy-metrics.ts';
import type { TunnelMetrics } from '../../ports/tunnel-metrics.ts';
import { createTunnelMetrics } from './tunnel-metrics.ts';

/** What `io-operator agent` measures of its own work, and how it is scraped. */
export type AgentMetrics = MeteringMetrics &
  EvidenceMetrics &
  PolicyMetrics &
  TunnelMetrics &
  Readonly<{ text: () => Promise<string> }>;

/** A registry beside that of the runtime; the texts are served together. */
export function createAgentMetrics(): AgentMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ component: 'agent' });
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const open = gauge('io_metering_open_intervals', 'Usage intervals that are open now.');
  const bytes = gauge('io_spool_bytes', 'Bytes that the spool of usage has on disk.');
  const waiting = gauge('io_spool_reports_waiting', 'Reports that the hub has not acknowledged.');
  const full = gauge('io_spool_full', '1 while usage cannot be recorded, so none begins.');
  const skew = gauge('io_clock_skew_seconds', 'Clock of the agent minus clock of the hub.');
  const byOutcome = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['outcome'], registers });
  const reports = byOutcome(
    'io_usage_reports_total',
    'Attempts to send a report of usage, by outcome.',
  );
  const samples = byOutcome(
    'io_evidence_samples_total',
    'Samples of devices, by what became of them.',
  );
  const scrapes = byOutcome('io_evidence_scrapes_total', 'Exporters that were asked, by outcome.');
  const readable = gauge(
    'io_member_policy_readable',
    '1 while the policy of the member can be read.',
  );
  const refusals = new Counter({
    name: 'io_member_refusals_total',
    help: 'Placements that this member refused, by reason.',
    labelNames: ['reason'],
    registers,
  });
  return {
    ...createTunnelMetrics(registry),
    text: () => registry.metrics(),
    openIntervals: (count) => open.set(count),
    spool(size, reportsWaiting) {
      bytes.set(size);
      waiting.set(reportsWaiting);
    },
    spoolFull: (isFull) => full.set(isFull ? 1 : 0),
    report: (outcome) => reports.inc({ outcome }),
    clockSkew: (seconds) => skew.set(seconds),
    evidenceSamples: (outcome, count) => samples.inc({ outcome }, count),
    evidenceScrape: (outcome) => scrapes.inc({ outcome }),
    policyReadable: (is) => readable.set(is ? 1 : 0),
    placementRefused: (reason) => refusals.inc({ reason }),
  };
}
