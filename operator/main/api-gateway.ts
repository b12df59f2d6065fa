import type { GatewayPorts } from '../../api/gateway/ports.ts';
import { createAccessReviews } from '../adapters/kubernetes/access-review.ts';
import { createClusterDirectory } from '../adapters/kubernetes/cluster-directory.ts';
import type { ApiConfig } from '../config.ts';
import type { Tunnels } from '../ports/tunnel.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { gatewayId } from './api-tunnels.ts';

/** What leads renters to their clusters, and the watch that it lives by. */
export function renterGateway(
  config: ApiConfig,
  hub: ApiClient,
  tunnels: Tunnels,
  base: Pick<GatewayPorts, 'clock' | 'metrics' | 'logger'>,
): Readonly<{ ports: GatewayPorts; run: (signal: AbortSignal) => Promise<void> }> {
  const clusters = createClusterDirectory(hub, base.logger);
  const reviews = createAccessReviews(hub);
  return {
    ports: { ...base, tunnels, clusters, reviews, id: gatewayId(config) },
    run: (signal) => clusters.run(signal),
  };
}
