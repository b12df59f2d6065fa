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

/** Whether an agent can record usage: while it can not, no interval begins. */
export const meteringStates = ['Recording', 'SpoolFull', 'SpoolFailed'] as const;
export type MeteringState = (typeof meteringStates)[number];
