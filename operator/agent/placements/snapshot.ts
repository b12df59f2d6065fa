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
  /** Only of one in a queue: digest of what was applied to it. */
  intent?: string;
  /** Its queue, or somebody in the data centre, does not let it run. */
  suspended?: boolean;
  workerGroups: readonly LiveWorkerGroup[];
  status: RayClusterStatus;
}>;

/** What the last apply of a RayCluster left behind. */
export type Applied = Readonly<{ uid: string; generation: number; intent: string }>;

/** See operator/agent/fencing: `Unconfirmed` begins nothing, `Fenced` stops what runs. */
export type FenceState = 'Clear' | 'Unconfirmed' | 'Fenced';

/** What the data centre's queue says of one placement. */
export type QueueState = Readonly<{
  /** The queue of RayClusters that begin now. */
  name: string;
  /** Why nothing can begin in it; undefined: nothing is known against it. */
  fault?: string | undefined;
  /** What Kueue says of a RayCluster that it holds back. */
  says?: string | undefined;
}>;

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
  /** Of the wall clock, in milliseconds since the epoch. */
  nowMs: number;
  /** Absent: RayClusters run at once. */
  queue?: QueueState | undefined;
  hash: Hash;
}>;
