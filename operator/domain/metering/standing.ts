import type { EndReason } from './types.ts';

/** What an interval rests on: as long as these stay the same, Kubernetes itself says it was up. */
export type Basis = Readonly<{
  /** Uid of the pod or node. */
  id: string;
  /** When it became Ready last. */
  readySeconds: number;
  /** Restarts of all containers together; 0 for a node. */
  restarts: number;
}>;

/** Whether a pod or a node can be billed on, as Kubernetes tells it: in whole seconds. */
export type Standing =
  | Readonly<{
      kind: 'Up';
      basis: Basis;
      /** When its youngest container began. */
      startedSeconds: number;
      /** When a container of it ended last. */
      diedSeconds?: number;
    }>
  | Readonly<{
      kind: 'Down';
      reason: EndReason;
      /** Absent: nobody says since when. */
      sinceSeconds?: number;
      /** What it was up by until then, if that can still be seen. */
      until?: Basis;
    }>;

/** A pod of a lease, reduced to what billing needs. */
export type PodFacts = Readonly<{
  uid: string;
  leaseId: string;
  role: 'head' | 'worker';
  /** The RayCluster's worker group. */
  group: string;
  /** Empty until it is scheduled. */
  node: string;
  ready: boolean;
  /** When `ready` became what it is. */
  readySeconds?: number;
  restarts: number;
  startedSeconds: number;
  diedSeconds?: number;
  /** When its deletion was asked for. */
  deletedSeconds?: number;
  /** It ran to its end, well or not. */
  finished: boolean;
}>;

/** A node, reduced to what billing needs. */
export type NodeReadiness = Readonly<{ uid: string; ready: boolean; readySeconds?: number }>;

/** How a pod that exists stands. */
export function podStanding(pod: PodFacts): Standing {
  const { uid, ready, readySeconds, restarts, startedSeconds, diedSeconds, deletedSeconds } = pod;
  const basis =
    ready && readySeconds !== undefined ? { id: uid, readySeconds, restarts } : undefined;
  if (basis !== undefined && deletedSeconds === undefined && !pod.finished) {
    return {
      kind: 'Up',
      basis,
      startedSeconds,
      ...(diedSeconds === undefined ? {} : { diedSeconds }),
    };
  }
  const notReadySeconds = ready ? undefined : readySeconds;
  const wasDeletedFirst =
    deletedSeconds !== undefined &&
    (notReadySeconds === undefined || deletedSeconds <= notReadySeconds);
  const sinceSeconds = wasDeletedFirst ? deletedSeconds : notReadySeconds;
  return {
    kind: 'Down',
    reason: wasDeletedFirst || pod.finished ? 'PodGone' : 'NotReady',
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(basis === undefined ? {} : { until: basis }),
  };
}

/** How a pod stands that is gone, by what was seen of it last. */
export function goneStanding(last: PodFacts | undefined): Standing {
  const standing = last === undefined ? undefined : podStanding(last);
  return standing?.kind === 'Down' ? standing : { kind: 'Down', reason: 'PodGone' };
}

/** How a node stands; undefined when there is none. */
export function nodeStanding(node: NodeReadiness | undefined): Standing {
  if (node?.readySeconds === undefined) return { kind: 'Down', reason: 'NodeLost' };
  const { uid, ready, readySeconds } = node;
  if (!ready) return { kind: 'Down', reason: 'NodeLost', sinceSeconds: readySeconds };
  return { kind: 'Up', basis: { id: uid, readySeconds, restarts: 0 }, startedSeconds: 0 };
}

/** Whether the pod will never be Ready again: another may have its devices. */
export const isEnding = ({ deletedSeconds, finished }: PodFacts): boolean =>
  deletedSeconds !== undefined || finished;
