import type { IOPlacement } from '../../../crds/schema/index.ts';
import type { Seen, WorkerSeen } from '../../domain/metering/runs.ts';
import { leasedDevices } from '../../domain/metering/leased-devices.ts';
import {
  goneStanding,
  isEnding,
  nodeStanding,
  type PodFacts,
  podStanding,
  type Standing,
} from '../../domain/metering/standing.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { sha256 } from '../../runtime/sha256.ts';
import { secondsOf } from './pod.ts';

/** What metering reads of a Node. */
export type MeteredNode = KubeObject & Readonly<{ ready: boolean; readySince: string | undefined }>;

/** How far one kind of object is seen. */
export type Sight = Readonly<{ provenSeconds: number; gap: boolean }>;

export type Surroundings = Readonly<{
  placement: IOPlacement | undefined;
  /** Pods of the lease that are heads; more than one while a head is replaced. */
  heads: readonly PodFacts[];
  /** A head that is gone now. */
  goneHead: PodFacts | undefined;
  node: (name: string) => MeteredNode | undefined;
  pods: Sight;
  nodes: Sight;
  /** Whether a device does no work any more. */
  isBroken: (device: string) => boolean;
  nowSeconds: number;
}>;

/** All that a worker is billed by; `gone`: its pod is no more, and `worker` is the last of it. */
export function workerSeen(worker: PodFacts, gone: boolean, around: Surroundings): WorkerSeen {
  const { placement, node, isBroken } = around;
  const leased = leasedDevices(placement, worker, sha256);
  const head = headOf(around.heads) ?? around.goneHead;
  const headIsGone = head !== undefined && head === around.goneHead;
  const ofPods = (standing: Standing): Seen => ({ standing, ...around.pods });
  const ofNodes = (name: string): Seen => ({
    standing: nodeStanding(readinessOf(node(name))),
    ...around.nodes,
  });
  return {
    podUid: worker.uid,
    leaseId: worker.leaseId,
    worker: ofPods(gone ? goneStanding(worker) : podStanding(worker)),
    node: ofNodes(worker.node),
    head: ofPods(head === undefined || headIsGone ? goneStanding(head) : podStanding(head)),
    headNode: head === undefined ? undefined : ofNodes(head.node),
    ending: gone || isEnding(worker),
    released: placement === undefined || placement.metadata.deletionTimestamp !== undefined,
    releasedSeconds: secondsOf(placement?.metadata.deletionTimestamp),
    devices: leased.devices.filter((device) => !isBroken(device)),
    broken: leased.devices.filter(isBroken),
    devicesPerWorker: leased.devicesPerWorker,
    nowSeconds: around.nowSeconds,
  };
}

/** One that is up, or else any: an older one that is on its way out does not count. */
function headOf(heads: readonly PodFacts[]): PodFacts | undefined {
  return heads.find((head) => podStanding(head).kind === 'Up') ?? heads[0];
}

function readinessOf(node: MeteredNode | undefined) {
  if (node === undefined) return undefined;
  const readySeconds = secondsOf(node.readySince);
  const { ready, metadata } = node;
  return {
    uid: metadata.uid ?? '',
    ready,
    ...(readySeconds === undefined ? {} : { readySeconds }),
  };
}
