import type { AccessReviews } from '../../operator/ports/access-reviews.ts';
import type { ClusterDirectory } from '../../operator/ports/cluster-directory.ts';
import type { GatewayMetrics } from '../../operator/ports/gateway-metrics.ts';
import type { Tunnels } from '../../operator/ports/tunnel.ts';
import type { Clock } from '../../operator/runtime/clock.ts';
import type { Logger } from '../../operator/runtime/logger.ts';
import type { GatewayLimits } from './limits.ts';

/** What the gateway needs of the outside. */
export type GatewayPorts = Readonly<{
  tunnels: Tunnels;
  reviews: AccessReviews;
  clusters: ClusterDirectory;
  metrics: GatewayMetrics;
  logger: Logger;
  clock: Clock;
  /** Which of several gateways this is. */
  id: string;
  limits?: Partial<GatewayLimits> | undefined;
}>;
