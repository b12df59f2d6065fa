import { hostname } from 'node:os';
import { TunnelRegistry } from '../adapters/tunnel/tunnel-registry.ts';
import type { ApiConfig } from '../config.ts';
import type { TunnelMetrics } from '../ports/tunnel-metrics.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';

/** Which of several gateways this is. */
export const gatewayId = (config: ApiConfig): string => config['gateway-id'] ?? hostname();

/** The tunnels of members' agents to this server. */
export function tunnelRegistry(
  config: ApiConfig,
  base: Readonly<{ clock: Clock; metrics: TunnelMetrics; logger: Logger }>,
): TunnelRegistry {
  const hello = { gateway: gatewayId(config), count: config['gateway-replicas'] };
  return new TunnelRegistry({ hello, ...base });
}
