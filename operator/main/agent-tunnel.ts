import type { IOPlacement } from '../../crds/schema/index.ts';
import type { LiveRayCluster } from '../agent/placements/snapshot.ts';
import { leaseHeads } from '../agent/tunnel/lease-heads.ts';
import { RayTokens } from '../agent/tunnel/ray-tokens.ts';
import { TunnelKeeper } from '../agent/tunnel/tunnel-keeper.ts';
import { tunnelDialer } from '../adapters/tunnel/dial.ts';
import { StreamServer } from '../adapters/tunnel/stream-server.ts';
import type { Fences } from '../agent/fencing/fences.ts';
import type { AgentConfig } from '../config.ts';
import { memberNamespace } from '../domain/lease.ts';
import type { TunnelMetrics } from '../ports/tunnel-metrics.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Informer } from '../runtime/informer.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';
import { intakeCredentials, type MeteringConfig } from './agent-metering.ts';

type Shared = Readonly<{
  local: ApiClient;
  placements: Informer<IOPlacement>;
  rayClusters: Informer<LiveRayCluster>;
  fences: Fences;
  metrics: TunnelMetrics;
  clock: Clock;
  logger: Logger;
}>;

/** Tunnels to the gateways, by which renters reach their clusters. Undefined: nobody asked for them. */
export function agentTunnel(
  config: AgentConfig,
  hub: Readonly<{ kubeconfig: string; proxyUrl: string | undefined }>,
  api: MeteringConfig | undefined,
  { local, placements, rayClusters, fences, metrics, clock, logger }: Shared,
): Runnable | undefined {
  if (api === undefined || !config.tunnel) return undefined;
  const namespace = memberNamespace(config.member);
  const tokens = new RayTokens({ local, clock, logger });
  const heads = leaseHeads({
    placement: (lease) => placements.cache.get(`${namespace}/${lease}`),
    rayCluster: (lease) => rayClusters.cache.byIndex('name', lease)[0],
    isFenced: (lease) => fences.isFenced(lease),
    tokens,
  });
  const server = new StreamServer({ heads, metrics, clock });
  const end = (lease: string): void => {
    server.endLease(lease);
    tokens.forget(lease);
  };
  fences.onFence(end);
  for (const informer of [placements, rayClusters]) {
    informer.onChange(({ type, object: { metadata } }) => {
      if (type === 'deleted' || metadata.deletionTimestamp !== undefined) end(metadata.name);
    });
  }
  const credentials = () => intakeCredentials(hub.kubeconfig, api.apiCa);
  const keeper = new TunnelKeeper({
    dialer: tunnelDialer({
      ...{ url: api.apiUrl, proxyUrl: hub.proxyUrl, credentials, server, clock },
    }),
    credentials: async () => (await credentials()).cert,
    ...{ clock, random: Math.random, metrics, logger },
  });
  return {
    name: 'tunnels',
    run: async (signal) => {
      // What is not known yet cannot be told from what is not here.
      const known = [placements, rayClusters].map((informer) => informer.waitForSync(signal));
      if ((await Promise.all(known)).every(Boolean)) await keeper.run(signal);
      server.close();
    },
  };
}
