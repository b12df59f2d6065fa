import type { IODevice, IOPlacement } from '../../../crds/schema/index.ts';
import type { Hash } from '../../domain/lease.ts';
import type { MemberPolicy } from '../../domain/member/policy.ts';
import type { LiveWorkerGroup } from '../../domain/raycluster/manifest.ts';
import type { RayClusterStatus } from '../../domain/raycluster/readiness.ts';

/** A RayCluster of the member, reduced to what the agent reads; nothing else is kept in memory. */
export type LiveRayCluster = Readonly<{
  apiVersion: string;
  kind: string;
  metadata: Readonly<{
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
  }>;
  workerGroups: readonly LiveWorkerGroup[];
  status: RayClusterStatus;
}>;

/** What the last apply of a RayCluster left behind. */
export type Applied = Readonly<{ uid: string; generation: number; intent: string }>;

/** See operator/agent/fencing: `Unconfirmed` begins nothing, `Fenced` stops what runs. */
export type FenceState = 'Clear' | 'Unconfirmed' | 'Fenced';

/** One placement at one instant, on both sides. */
export type Observed = Readonly<{
  member: string;
  placement: IOPlacement;
  rayCluster: LiveRayCluster | undefined;
  applied: Applied | undefined;
  /** A device of this member by name. */
  device: (name: string) => IODevice | undefined;
  /** Another lease that has the device and came first. */
  earlierLease: (device: string) => string | undefined;
  /** Whether the lease may run here, as far as the hub is heard. */
  fence: FenceState;
  /** Pods, by RayCluster group, whose device broke and was given back. */
  retired?: ReadonlyMap<string, readonly string[]> | undefined;
  /** What the data centre lets run. */
  policy: MemberPolicy;
  hash: Hash;
}>;
