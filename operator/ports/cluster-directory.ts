/** Where an IOCluster runs, as its status says. */
export type ClusterPlace = Readonly<{
  /** Undefined: it has no lease now. */
  lease: Readonly<{ id: string; member: string }> | undefined;
  /** Of its condition Ready. */
  ready: boolean;
  reason: string;
  message: string;
}>;

/** The hub's IOClusters. While its API server is away, the last that was known. */
export type ClusterDirectory = Readonly<{
  /** Undefined: there is none of this name. */
  find: (namespace: string, name: string) => ClusterPlace | undefined;
  /** Whether all of them were listed once. */
  isKnown: () => boolean;
}>;
