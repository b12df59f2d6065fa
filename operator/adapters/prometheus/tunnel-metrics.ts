import { Counter, Gauge, type Registry } from 'prom-client';
import type { TunnelMetrics } from '../../ports/tunnel-metrics.ts';

/** Of either end of tunnels: the label `component` of the registry says which. */
export function createTunnelMetrics(registry: Registry): TunnelMetrics {
  const registers = [registry];
  const connections = new Gauge({
    name: 'io_tunnel_connections',
    help: 'Tunnels that carry requests now.',
    registers,
  });
  const opened = new Counter({
    name: 'io_tunnel_opened_total',
    help: 'Connections that were made for a tunnel, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const streams = new Gauge({
    name: 'io_tunnel_streams',
    help: 'Requests and websockets that tunnels carry now.',
    registers,
  });
  const ended = new Counter({
    name: 'io_tunnel_streams_total',
    help: 'Requests and websockets that have ended, by service and outcome.',
    labelNames: ['service', 'outcome'],
    registers,
  });
  return {
    tunnels: (count) => connections.set(count),
    tunnelOpened: (outcome) => opened.inc({ outcome }),
    streams: (count) => streams.set(count),
    streamEnded: (service, outcome) => ended.inc({ service, outcome }),
  };
}
