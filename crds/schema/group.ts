/** API group of every kind of the federation. */
export const computeGroup = 'compute.io.net';

/** The one version that is served and stored. */
export const computeVersion = 'v1alpha1';

/** `apiVersion` of every manifest. */
export const computeApiVersion = `${computeGroup}/${computeVersion}`;

/** Labels that the operator sets and selects by. */
export const labels = {
  /** uid of the IOCluster that an IOPlacement, and on the member a RayCluster, belongs to. */
  clusterUid: `${computeGroup}/cluster-uid`,
  /** Name of that IOCluster, for people; never selected by. */
  clusterName: `${computeGroup}/cluster-name`,
  /** Namespace of that IOCluster, for people; never selected by. */
  clusterNamespace: `${computeGroup}/cluster-namespace`,
  /** Lease that an IOPlacement, RayCluster or pod runs under. */
  lease: `${computeGroup}/lease`,
  /** Member that an object in a member's namespace belongs to. */
  member: `${computeGroup}/member`,
  /** Node that an IODevice sits in. */
  node: `${computeGroup}/node`,
  /** Hash of the renter's namespace, on everything that the agent makes for that renter. */
  tenant: `${computeGroup}/tenant`,
} as const;

/** Finalizers, by what has to happen before they go. */
export const finalizers = {
  /** On an IOCluster: its lease is released. */
  lease: `${computeGroup}/lease`,
  /** On an IOPlacement: the RayCluster is gone from the member. */
  rayCluster: `${computeGroup}/raycluster`,
  /** On an IOMember: its leases are gone and settled, and what the hub made for it is removed. */
  member: `${computeGroup}/member`,
  /** On an IOSlashCase: the case is decided on the chain, or was never opened there. */
  slashCase: `${computeGroup}/slash-case`,
} as const;
