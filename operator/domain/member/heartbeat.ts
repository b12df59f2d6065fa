/** The Lease in a member's namespace by which its agent's heartbeat reaches the hub. */
export const heartbeatLeaseName = 'heartbeat';

/** Label of that Lease, so that the hub watches no other. */
export const heartbeatLabel = 'compute.io.net/heartbeat';

/** Annotations of that Lease, by the field of IOMember.status.versions that they fill. */
export const versionAnnotations = {
  kubernetes: 'compute.io.net/kubernetes-version',
  kuberay: 'compute.io.net/kuberay-version',
  agent: 'compute.io.net/agent-version',
} as const;

/** Versions by field of IOMember.status.versions. */
export type Versions = Readonly<Partial<Record<keyof typeof versionAnnotations, string>>>;

/** Annotation of that Lease; an agent that meters nothing has none. */
export const meteringAnnotation = 'compute.io.net/metering';

/** Annotation of that Lease: uid of the namespace kube-system of the member's cluster. */
export const clusterUidAnnotation = 'compute.io.net/cluster-uid';

/** Annotation of that Lease: `true` while the data centre itself wants nothing new. */
export const memberCordonAnnotation = 'compute.io.net/cordoned';

/** Annotation of that Lease: RFC 3339 time until which the data centre wants everything off. */
export const memberDrainAnnotation = 'compute.io.net/drain-deadline';

/** What the data centre wants of its own member, whatever the hub's IOMember says. */
export type MemberWishes = Readonly<{ cordoned: boolean; drainDeadline: string | undefined }>;

/** Whether an agent can record usage: while it can not, no interval begins. */
export const meteringStates = ['Recording', 'SpoolFull', 'SpoolFailed'] as const;
export type MeteringState = (typeof meteringStates)[number];
