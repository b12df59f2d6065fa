import type { IOCluster } from '../../crds/schema/index.ts';
import type { Instant } from '../domain/views/types.ts';

/** A spec as somebody wrote it; the hub's API server alone judges it. */
export type ClusterSpec = Readonly<Record<string, unknown>>;

/** An IOCluster to be made, and for whom. */
export type ClusterDraft = Readonly<{
  namespace: string;
  name: string;
  spec: ClusterSpec;
  /** User name of who asked for it. */
  requestedBy: string;
}>;

/** What may be changed of an IOCluster that is there. */
export type ClusterChange = Readonly<{
  suspend?: boolean | undefined;
  /** New sizes of groups that the cluster has. */
  workerGroups?: readonly Readonly<{ name: string; replicas: number }>[] | undefined;
  ttl?: string | undefined;
}>;

/** Which IOCluster, as it was when somebody decided. Without a version: as it is. */
export type ClusterVersion = Readonly<{
  namespace: string;
  name: string;
  resourceVersion: string | undefined;
}>;

/** Something that happened to an IOCluster. */
export type ClusterEvent = Readonly<{
  time: Instant;
  /** Normal or Warning. */
  type: string;
  reason: string;
  message: string;
}>;

/**
 * Writes IOClusters on the hub, in the name of the server: whoever calls has asked whether the person
 * may. Calls throw HubUnavailableError and HubRefusedError of hub-errors.ts.
 */
export type ClusterWriter = Readonly<{
  /** As it is at this moment, which the read model follows within a second. */
  find: (namespace: string, name: string) => Promise<IOCluster | undefined>;
  /** `dryRun`: everything but the writing. */
  create: (draft: ClusterDraft, options: Readonly<{ dryRun: boolean }>) => Promise<IOCluster>;
  change: (which: ClusterVersion, change: ClusterChange, requestedBy: string) => Promise<IOCluster>;
  /** It ends in order, and is gone when what it owes is settled. */
  remove: (which: ClusterVersion) => Promise<void>;
  /** The newest first; at most 500 are there. */
  events: (namespace: string, name: string, uid: string) => Promise<readonly ClusterEvent[]>;
  /**
   * What the hub says of a cluster that nobody has made: it is asked with a suspended copy, which takes
   * no device and no money, and is deleted again. Undefined: the hub does not answer in time.
   */
  quote: (draft: ClusterDraft) => Promise<IOCluster | undefined>;
}>;
