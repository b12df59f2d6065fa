import type { IOPlacement } from '../../../crds/schema/index.ts';
import { tenantNamespace } from '../../domain/lease.ts';
import { hasTokenAuth } from '../../domain/raycluster/token-auth.ts';
import { headAddressOf } from '../../domain/tunnel/head-address.ts';
import { needsRayToken, type TunnelService } from '../../domain/tunnel/services.ts';
import { TunnelError } from '../../ports/tunnel.ts';
import type { Head, LeaseHeads } from '../../ports/tunnel-agent.ts';
import type { RayTokens } from './ray-tokens.ts';

/** What the agent looks at of a RayCluster that runs here. */
export type RunningRayCluster = Readonly<{
  metadata: Readonly<{ namespace?: string; deletionTimestamp?: string }>;
  status: Readonly<{ head?: Readonly<{ serviceIP?: string; podIP?: string }> }>;
}>;

export type LeaseHeadsOptions = Readonly<{
  /** The placement of a lease, among those of this member. */
  placement: (lease: string) => IOPlacement | undefined;
  rayCluster: (lease: string) => RunningRayCluster | undefined;
  isFenced: (lease: string) => boolean;
  tokens: Pick<RayTokens, 'of' | 'distrust'>;
}>;

/** Heads of the leases that run here now: by the agent's own placements and its own cluster. */
export function leaseHeads(options: LeaseHeadsOptions): LeaseHeads {
  const { placement: placementOf, rayCluster: rayClusterOf, isFenced, tokens } = options;
  return {
    async headOf(lease, service): Promise<Head | undefined> {
      const placement = placementOf(lease);
      const rayCluster = rayClusterOf(lease);
      if (placement === undefined || rayCluster === undefined || isFenced(lease)) return undefined;
      if (isLeaving(placement) || isLeaving(rayCluster)) return undefined;
      const namespace = tenantNamespace(placement.spec.tenant);
      if (rayCluster.metadata.namespace !== namespace) return undefined;
      const host = headAddressOf(rayCluster.status.head ?? {});
      if (host === undefined) {
        throw new TunnelError('HeadUnreachable', 503, 'the head of the cluster has no address yet');
      }
      if (!asksForToken(placement, service)) return { host, authorization: undefined };
      return { host, authorization: `Bearer ${await tokens.of(lease, namespace)}` };
    },
    distrust: (lease) => tokens.distrust(lease),
  };
}

const isLeaving = ({ metadata }: { metadata: Readonly<{ deletionTimestamp?: string }> }): boolean =>
  metadata.deletionTimestamp !== undefined;

const asksForToken = ({ spec }: IOPlacement, service: TunnelService): boolean =>
  needsRayToken(service) && hasTokenAuth(spec.ray.version);
