import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { GatewayMetrics } from '../../ports/gateway-metrics.ts';

/** From a small answer to a websocket that is open for a day. */
const buckets = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600, 3_600, 86_400];

/** Of the gateway: no label is a user, a cluster or a member. */
export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  const requests = counter(
    'io_gateway_requests_total',
    'Requests and websockets of renters that have ended, by service and status.',
    ['service', 'status'],
  );
  const duration = new Histogram({
    name: 'io_gateway_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['service'],
    buckets,
    registers,
  });
  const bytes = counter('io_gateway_bytes_total', 'Bytes of bodies and websockets.', [
    'service',
    'direction',
  ]);
  const open = new Gauge({
    name: 'io_gateway_open_streams',
    help: 'Requests and websockets of renters that are open now.',
    labelNames: ['service'],
    registers,
  });
  const refused = counter(
    'io_gateway_refusals_total',
    'Requests that the gateway refused or ended, by the reason of the problem.',
    ['reason'],
  );
  const reviews = counter(
    'io_gateway_reviews_total',
    "Questions to the hub's API server about tokens and rights, by answer.",
    ['what', 'outcome'],
  );
  return {
    ended(service, status, seconds) {
      requests.inc({ service, status: String(status) });
      duration.observe({ service }, seconds);
    },
    carried(service, { up, down }) {
      bytes.inc({ service, direction: 'up' }, up);
      bytes.inc({ service, direction: 'down' }, down);
    },
    open: (service, count) => open.set({ service }, count),
    refused: (reason) => refused.inc({ reason }),
    reviewed: (what, outcome) => reviews.inc({ what, outcome }),
  };
}
