import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { IntakeMetrics } from '../../ports/intake-metrics.ts';
import type { TunnelMetrics } from '../../ports/tunnel-metrics.ts';
import type { GatewayMetrics } from '../../ports/gateway-metrics.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { createTunnelMetrics } from './tunnel-metrics.ts';

const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const skewBuckets = [-120, -30, -10, -2, -0.5, 0, 0.5, 2, 10, 30, 120];

/** What `io-operator api` measures, and how it is scraped. */
export type ApiMetrics = IntakeMetrics &
  TunnelMetrics &
  Readonly<{ gateway: GatewayMetrics; text: () => Promise<string>; contentType: string }>;

/** One registry for the process. */
export function createApiMetrics(): ApiMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ component: 'api' });
  collectDefaultMetrics({ register: registry });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    ...requestMetrics(registry),
    ...reportMetrics(registry),
    ...createTunnelMetrics(registry),
    gateway: createGatewayMetrics(registry),
  };
}

function requestMetrics(
  registry: Registry,
): Pick<IntakeMetrics, 'answered' | 'inFlight' | 'refused' | 'skew'> {
  const registers = [registry];
  const requests = new Counter({
    name: 'io_intake_requests_total',
    help: 'Requests by route and status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'io_intake_request_duration_seconds',
    help: 'From the head of a request to its answer.',
    labelNames: ['route'],
    buckets: requestBuckets,
    registers,
  });
  const refused = new Counter({
    name: 'io_intake_refusals_total',
    help: 'Requests that were refused, by the reason of the problem.',
    labelNames: ['reason'],
    registers,
  });
  const skew = new Histogram({
    name: 'io_intake_clock_skew_seconds',
    help: 'Clock of the agent minus clock of the hub, with the way of the message.',
    buckets: skewBuckets,
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const running = gauge('io_intake_in_flight_requests', 'Requests that are worked on now.');
  const bytes = gauge('io_intake_in_flight_bytes', 'Declared bodies of these requests.');
  return {
    answered(route, status, seconds) {
      requests.inc({ route, status: String(status) });
      duration.observe({ route }, seconds);
    },
    inFlight(count, bodyBytes) {
      running.set(count);
      bytes.set(bodyBytes);
    },
    refused: (reason) => refused.inc({ reason }),
    skew: (seconds) => skew.observe(seconds),
  };
}

function reportMetrics(
  registry: Registry,
): Pick<IntakeMetrics, 'changes' | 'rejected' | 'heartbeat' | 'evidence'> {
  const counter = <L extends string>(name: string, help: string, label: L) =>
    new Counter({ name, help, labelNames: [label], registers: [registry] });
  const changes = counter('io_usage_changes_total', 'Usage changes by outcome.', 'outcome');
  const rejections = counter(
    'io_usage_rejections_total',
    'Usage changes that went to the dead-letter table, by reason.',
    'reason',
  );
  const heartbeats = counter('io_heartbeats_total', 'Heartbeats by result.', 'result');
  const evidence = counter(
    'io_evidence_devices_total',
    'Evidence of devices for an hour, by outcome.',
    'outcome',
  );
  return {
    changes: (outcome, count) => changes.inc({ outcome }, count),
    rejected: (reason) => rejections.inc({ reason }),
    heartbeat: (result) => heartbeats.inc({ result }),
    evidence: (outcome, count) => evidence.inc({ outcome }, count),
  };
}
