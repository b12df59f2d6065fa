import type { Basis, Standing } from './standing.ts';
import type { EndReason, IntervalChange } from './types.ts';

/** A standing, and how well it is known. */
export type Seen = Readonly<{
  standing: Standing;
  /** Everything that happened until then was seen. */
  provenSeconds: number;
  /** What happened between then and now was not seen: only the outcome is. */
  gap: boolean;
}>;

const parts = ['node', 'worker', 'headNode', 'head'] as const;
type Part = (typeof parts)[number];
const enders = [...parts, 'lease', 'device'] as const;
/** What can end an interval: one of the parts, or that the lease or a device of it is given back. */
type Ender = (typeof enders)[number];

/** A worker pod and all that it can be billed by. */
export type WorkerSeen = Readonly<{
  podUid: string;
  leaseId: string;
  worker: Seen;
  node: Seen;
  /** A RayCluster is used through its head: without it nothing is billed. */
  head: Seen;
  /** Undefined without a head: nobody knows of which node, and the head alone decides. */
  headNode: Seen | undefined;
  /** It will never be Ready again: its devices are free for another pod. */
  ending: boolean;
  /** The lease is given back: nothing new begins. */
  released: boolean;
  /** Since when, if that is known: from then on nobody is billed, though pods may linger. */
  releasedSeconds?: number | undefined;
  /** Devices that the lease has for such workers on this node, lowest first. */
  devices: readonly string[];
  devicesPerWorker: number;
  /** The clock when this was seen. */
  nowSeconds: number;
}>;

/** Time that is being billed, on all devices of a pod. */
export type Run = Readonly<{
  startSeconds: number;
  /** Whether its `Opened` was told. */
  announced: boolean;
  basis: Readonly<Record<Part, Basis>>;
  /** What has ended it, when and why. The earliest counts; one may still come. */
  ends: Readonly<Partial<Record<Ender, End>>>;
}>;

type End = Readonly<{ endSeconds: number; reason: EndReason }>;

/** A worker pod and the devices that it was given: for its life, or as long as the lease has them. */
export type MeteredPod = Readonly<{
  podUid: string;
  leaseId: string;
  devices: readonly string[];
  /** The end of its last interval: with another device it goes on from there. */
  billedUntilSeconds?: number;
  run?: Run;
}>;

/** What the book knows, to be kept and read again. */
export type MeteringState = Readonly<{
  pods: readonly MeteredPod[];
  /** Until when each device was billed last. */
  ends: Readonly<Record<string, number>>;
}>;

/** Changes to tell and what the book became by them. They take effect together or not at all. */
export type MeteringBatch = Readonly<{
  changes: readonly IntervalChange[];
  pods: readonly MeteredPod[];
  /** Uids of pods that are no longer in the book. */
  gone: readonly string[];
  ends: Readonly<Record<string, number>>;
}>;

/**
 * So long after its start an interval is told. One that turns out never to have been, because two
 * clocks are not quite together, is then not told at all.
 */
export const holdBackSeconds = 3;

type Pending = {
  leaseId: string;
  changes: IntervalChange[];
  pod: MeteredPod | undefined;
  ends: Map<string, number>;
};

/**
 * Turns what is seen of worker pods into intervals. One begins in the second after the last of pod,
 * node and head became Ready, and ends in the second in which the first of them stopped: it lies
 * within the time in which all were Ready. Where something was not seen, it ends where the sight
 * did. Watches are not quite together, so an end is told when no earlier one can come to light.
 */
export class IntervalBook {
  readonly #pods = new Map<string, MeteredPod>();
  readonly #podOfDevice = new Map<string, string>();
  readonly #ends = new Map<string, number>();
  /** Pods of whose interval the beginning or the end is not told yet. */
  readonly #untold = new Set<string>();
  /** Pods that will never be Ready again, until their interval is told. */
  readonly #leaving = new Set<string>();
  /** Pods that are up and have no device: others have those of their lease. Their leases. */
  readonly #waiting = new Map<string, string>();
  readonly #pending = new Map<string, Pending>();
  #open = 0;

  constructor(state: MeteringState = { pods: [], ends: {} }) {
    for (const [device, end] of Object.entries(state.ends)) this.#ends.set(device, end);
    for (const pod of state.pods) this.#keep(pod);
  }

  /** Intervals that are open now. */
  get openIntervals(): number {
    return this.#open;
  }

  /** Pods that have devices. */
  pods(): Iterable<MeteredPod> {
    return this.#pods.values();
  }

  isOpen(leaseId: string): boolean {
    for (const pod of this.#pods.values()) {
      if (pod.leaseId === leaseId && pod.run !== undefined) return true;
    }
    return false;
  }

  /** Whether something of the lease was not taken yet. */
  isPending(leaseId: string): boolean {
    for (const pending of this.#pending.values()) if (pending.leaseId === leaseId) return true;
    return false;
  }

  /** Takes in how a worker stands now; `mayOpen` false: nothing new begins. */
  observe(seen: WorkerSeen, mayOpen: boolean): void {
    const pod = this.#pods.get(seen.podUid);
    if (pod?.run !== undefined) this.#end(pod, { ...endsOf(pod.run, seen), ...lossOf(pod, seen) });
    if (seen.ending) this.#leave(seen.podUid);
    else if (mayOpen) this.#begin(seen);
  }

  /** The pod is gone, and nobody saw how. */
  lose(podUid: string, endSeconds: number, reason: EndReason): void {
    const pod = this.#pods.get(podUid);
    if (pod !== undefined) this.#end(pod, { worker: { endSeconds, reason } });
    this.#leave(podUid);
  }

  /**
   * Tells what is certain when all is seen until `seenSeconds`: intervals that have lasted for a
   * while, and ends before which no other can come to light. Gives back the leases whose workers
   * may begin anew by that.
   */
  tell(seenSeconds: number): ReadonlySet<string> {
    const leases = new Set<string>();
    for (const podUid of this.#untold) {
      const pod = this.#pods.get(podUid);
      if (pod?.run === undefined) continue;
      const end = earliest(pod.run);
      if (end === undefined) this.#announce(pod, pod.run, seenSeconds);
      if (end === undefined || end.endSeconds > seenSeconds) continue;
      this.#close(pod, pod.run, end);
      leases.add(pod.leaseId);
      for (const waiting of this.#waiting.values()) leases.add(waiting);
    }
    return leases;
  }

  /** Until when all is told, if all is seen until `seenSeconds`. */
  toldUntil(seenSeconds: number): number {
    let until = seenSeconds;
    for (const podUid of this.#untold) {
      const run = this.#pods.get(podUid)?.run;
      if (run === undefined) continue;
      const bound = run.announced ? earliest(run)?.endSeconds : run.startSeconds;
      until = Math.min(until, bound ?? until);
    }
    return until;
  }

  /** Takes out what is new: whole pods, until they and their changes are `limit`. */
  take(limit: number): MeteringBatch | undefined {
    if (this.#pending.size === 0) return undefined;
    const changes: IntervalChange[] = [];
    const pods: MeteredPod[] = [];
    const gone: string[] = [];
    const ends: [string, number][] = [];
    for (const [podUid, pending] of this.#pending) {
      if (changes.length + gone.length + pods.length >= limit) break;
      changes.push(...pending.changes);
      if (pending.pod === undefined) gone.push(podUid);
      else pods.push(pending.pod);
      ends.push(...pending.ends);
      this.#pending.delete(podUid);
    }
    return { changes, pods, gone, ends: Object.fromEntries(ends) };
  }

  #begin(seen: WorkerSeen): void {
    const pod = this.#pods.get(seen.podUid);
    const up = pod?.run === undefined ? upSince(seen) : undefined;
    this.#waiting.delete(seen.podUid);
    if (up === undefined || seen.devicesPerWorker === 0) return;
    const devices = this.#devicesFor(seen, pod);
    if (devices === undefined) {
      this.#waiting.set(seen.podUid, seen.leaseId);
      return;
    }
    const free = devices.map((device) => this.#ends.get(device) ?? 0);
    const billedUntilSeconds = pod?.billedUntilSeconds ?? 0;
    const startSeconds = Math.max(up.sinceSeconds + 1, billedUntilSeconds, ...free);
    // Of a lease that was given back a moment ago, what came before that is billed.
    if (seen.released && startSeconds >= (seen.releasedSeconds ?? 0)) return;
    const run = { startSeconds, announced: false, basis: up.basis, ends: releaseOf(seen) };
    const { podUid, leaseId } = seen;
    this.#put({ podUid, leaseId, devices, billedUntilSeconds, run });
  }

  /** Those it has, if the lease has them still; otherwise the lowest that no other pod has. */
  #devicesFor(seen: WorkerSeen, pod: MeteredPod | undefined): readonly string[] | undefined {
    const { devices, devicesPerWorker, podUid } = seen;
    if (pod !== undefined && pod.devices.length > 0 && hasAll(seen, pod)) return pod.devices;
    const free = devices.filter((device) => {
      const holder = this.#podOfDevice.get(device);
      return holder === undefined || holder === podUid;
    });
    return free.length < devicesPerWorker ? undefined : free.slice(0, devicesPerWorker);
  }

  /** The first that is known of a part counts: what comes later says only how it is now. */
  #end(pod: MeteredPod, ends: Run['ends']): void {
    if (pod.run === undefined) return;
    const added = enders.filter((part) => ends[part] !== undefined && !pod.run?.ends[part]);
    if (added.length === 0) return;
    this.#put({ ...pod, run: { ...pod.run, ends: { ...ends, ...pod.run.ends } } });
  }

  #announce(pod: MeteredPod, run: Run, seenSeconds: number): void {
    const { startSeconds } = run;
    if (seenSeconds < startSeconds + holdBackSeconds) return;
    this.#put({ ...pod, run: { ...run, announced: true } });
    const { podUid, leaseId } = pod;
    for (const device of pod.devices) {
      this.#change(pod, { kind: 'Opened', leaseId, podUid, device, startSeconds });
    }
  }

  #close(pod: MeteredPod, run: Run, end: End): void {
    const { startSeconds, announced } = run;
    const { podUid, leaseId, devices } = pod;
    // What was told cannot be taken back; a second is the least that can be billed.
    const least = announced ? startSeconds + 1 : startSeconds;
    const endSeconds = Math.max(end.endSeconds, least);
    // Devices that were given back are another's from now on.
    const kept = run.ends.device === undefined ? devices : [];
    this.#put({ podUid, leaseId, devices: kept, billedUntilSeconds: endSeconds });
    if (endSeconds > startSeconds) {
      for (const device of devices) {
        const key = { leaseId, podUid, device, startSeconds };
        this.#change(pod, { kind: 'Closed', ...key, endSeconds, reason: end.reason });
        this.#ends.set(device, endSeconds);
        this.#pendingOf(pod).ends.set(device, endSeconds);
      }
    }
    if (this.#leaving.has(podUid)) this.#leave(podUid);
  }

  #leave(podUid: string): void {
    this.#waiting.delete(podUid);
    const pod = this.#pods.get(podUid);
    if (pod === undefined) return;
    if (pod.run !== undefined) {
      this.#leaving.add(podUid);
      return;
    }
    this.#leaving.delete(podUid);
    this.#pods.delete(podUid);
    for (const device of pod.devices) this.#podOfDevice.delete(device);
    this.#pendingOf(pod).pod = undefined;
  }

  #put(pod: MeteredPod): void {
    this.#keep(pod);
    this.#pendingOf(pod).pod = pod;
  }

  #keep(pod: MeteredPod): void {
    const { podUid, devices, run } = pod;
    const before = this.#pods.get(podUid)?.run === undefined ? 0 : devices.length;
    this.#open += (run === undefined ? 0 : devices.length) - before;
    for (const device of this.#pods.get(podUid)?.devices ?? []) this.#podOfDevice.delete(device);
    this.#pods.set(podUid, pod);
    for (const device of devices) this.#podOfDevice.set(device, podUid);
    if (run !== undefined && (!run.announced || earliest(run) !== undefined)) {
      this.#untold.add(podUid);
    } else {
      this.#untold.delete(podUid);
    }
  }

  #change(pod: MeteredPod, change: IntervalChange): void {
    this.#pendingOf(pod).changes.push(change);
  }

  #pendingOf({ podUid, leaseId }: MeteredPod): Pending {
    let pending = this.#pending.get(podUid);
    if (pending === undefined) {
      const pod = this.#pods.get(podUid);
      pending = { leaseId, changes: [], pod, ends: new Map() };
      this.#pending.set(podUid, pending);
    }
    return pending;
  }
}

/** By what and since when all parts are up; undefined when one is not. */
function upSince(seen: WorkerSeen): { basis: Run['basis']; sinceSeconds: number } | undefined {
  const { node, worker, headNode, head } = seen;
  if (headNode === undefined) return undefined;
  const [a, b, c, d] = [node.standing, worker.standing, headNode.standing, head.standing];
  if (a.kind === 'Down' || b.kind === 'Down' || c.kind === 'Down' || d.kind === 'Down') {
    return undefined;
  }
  const all = [a, b, c, d];
  return {
    basis: { node: a.basis, worker: b.basis, headNode: c.basis, head: d.basis },
    sinceSeconds: Math.max(
      ...all.map(({ basis }) => basis.readySeconds),
      ...all.map(({ startedSeconds }) => startedSeconds),
    ),
  };
}

/** Of several at once that of the first part. */
function earliest({ ends }: Run): End | undefined {
  let first: End | undefined;
  for (const part of enders) {
    const end = ends[part];
    if (first === undefined || (end !== undefined && end.endSeconds < first.endSeconds))
      first = end;
  }
  return first;
}

function endsOf({ basis }: Run, seen: WorkerSeen): Run['ends'] {
  const ends: Partial<Record<Ender, End>> = releaseOf(seen);
  for (const part of parts) {
    const how = seen[part];
    const end = how === undefined ? undefined : endOfPart(basis[part], how);
    if (end === undefined) continue;
    ends[part] = { ...end, reason: reasonOf(part, end.reason, seen.released) };
  }
  return ends;
}

/** A lease that got smaller: a pod whose devices are no longer in it is not billed for them. */
function lossOf(pod: MeteredPod, seen: WorkerSeen): Partial<Record<Ender, End>> {
  if (seen.released || hasAll(seen, pod)) return {};
  const { gap, provenSeconds } = seen.worker;
  return { device: { endSeconds: gap ? provenSeconds : seen.nowSeconds, reason: 'Released' } };
}

function hasAll({ devices }: WorkerSeen, pod: MeteredPod): boolean {
  return pod.devices.every((device) => devices.includes(device));
}

function releaseOf({ releasedSeconds }: WorkerSeen): Partial<Record<Ender, End>> {
  return releasedSeconds === undefined
    ? {}
    : { lease: { endSeconds: releasedSeconds, reason: 'Released' } };
}

function endOfPart(before: Basis, { standing, provenSeconds, gap }: Seen): End | undefined {
  if (standing.kind === 'Up') return endOfChange(before, standing, { provenSeconds, gap });
  const { reason, sinceSeconds, until } = standing;
  if (sinceSeconds === undefined) {
    return { endSeconds: provenSeconds, reason: gap ? 'Unobserved' : reason };
  }
  // It may have stopped and come back unseen before it stopped for good.
  const vouched = !gap || (until !== undefined && isSame(before, until));
  if (vouched || sinceSeconds <= provenSeconds) return { endSeconds: sinceSeconds, reason };
  return { endSeconds: provenSeconds, reason: 'Unobserved' };
}

/** The end of what it was up by before, if it is up by something else now. */
function endOfChange(
  before: Basis,
  { basis, diedSeconds }: Extract<Standing, { kind: 'Up' }>,
  { provenSeconds, gap }: Pick<Seen, 'provenSeconds' | 'gap'>,
): End | undefined {
  if (isSame(before, basis)) return undefined;
  const isReadyStill = basis.id === before.id && basis.readySeconds === before.readySeconds;
  const died = basis.restarts === before.restarts ? undefined : diedSeconds;
  if (isReadyStill && basis.restarts === before.restarts + 1 && died !== undefined) {
    return { endSeconds: died, reason: 'NotReady' };
  }
  const wasSeen = !gap && basis.id === before.id;
  const again = isReadyStill ? provenSeconds : basis.readySeconds;
  const limit = wasSeen ? again : Math.min(again, provenSeconds);
  const endSeconds = Math.min(limit, died ?? limit);
  return { endSeconds, reason: gap ? 'Unobserved' : 'NotReady' };
}

function isSame(a: Basis, b: Basis): boolean {
  return a.id === b.id && a.readySeconds === b.readySeconds && a.restarts === b.restarts;
}

/** The reason as it is of the worker: a head that is gone is a cluster that is not ready. */
function reasonOf(part: Part, reason: EndReason, released: boolean): EndReason {
  if (reason === 'Unobserved' || reason === 'NodeLost') return reason;
  if (released) return 'Released';
  return part === 'head' ? 'NotReady' : reason;
}
