import type { ConditionIntent } from '../condition-intent.ts';

/** status of a RayCluster as KubeRay writes it; everything may be missing at first. */
export type RayClusterStatus = Readonly<{
  state?: string;
  reason?: string;
  observedGeneration?: number;
  desiredWorkerReplicas?: number;
  readyWorkerReplicas?: number;
  head?: Readonly<{ serviceName?: string; serviceIP?: string; podIP?: string }>;
  conditions?: readonly Readonly<{
    type: string;
    status: string;
    reason?: string;
    message?: string;
  }>[];
}>;

export type Readiness = Readonly<{
  workers: Readonly<{ desired: number; ready: number }>;
  ready: ConditionIntent<'Ready'>;
}>;

/**
 * Whether a RayCluster of `generation` can be used: its head is ready and so are all its workers.
 * RayClusterProvisioned is not asked: it latches at the first success and stays through failures.
 */
export function readiness(
  status: RayClusterStatus,
  generation: number,
  desiredWorkers: number,
): Readiness {
  const current = (status.observedGeneration ?? 0) >= generation;
  const ready = status.readyWorkerReplicas ?? 0;
  const workers = { desired: desiredWorkers, ready: Math.min(ready, desiredWorkers) };
  const head = status.conditions?.find(({ type }) => type === 'HeadPodReady');
  const failure = status.conditions?.find(({ type }) => type === 'ReplicaFailure');
  const no = (reason: string, message: string): Readiness => ({
    workers,
    ready: { type: 'Ready', status: 'False', reason, message },
  });
  if (failure?.status === 'True') {
    return no('RayClusterFailed', `KubeRay: ${failure.message ?? status.reason ?? 'it failed'}`);
  }
  if (status.state === 'failed') {
    return no('RayClusterFailed', `KubeRay: ${status.reason ?? 'the RayCluster failed'}`);
  }
  if (head?.status !== 'True') {
    return no('HeadNotReady', `The pod of the Ray head is not ready yet${whyNot(head)}.`);
  }
  if (!current || ready < desiredWorkers) {
    return no('WorkersNotReady', `${workers.ready} of ${desiredWorkers} workers are ready.`);
  }
  return {
    workers,
    ready: {
      type: 'Ready',
      status: 'True',
      reason: 'Ready',
      message: `The head and ${desiredWorkers} of ${desiredWorkers} workers are ready.`,
    },
  };
}

const pullFailures = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'];

/**
 * What KubeRay's reason means for the renter. Not its message: it names addresses of the data centre,
 * and changes with every attempt.
 */
function whyNot({ reason = '' }: Readonly<{ reason?: string }> = {}): string {
  if (pullFailures.includes(reason)) {
    return `: its image cannot be pulled (${reason}); name one that the member can pull`;
  }
  if (reason === 'CrashLoopBackOff') return `: its container ends again and again (${reason})`;
  if (reason === 'Unschedulable') return `: no node of the member has room for it (${reason})`;
  return '';
}
