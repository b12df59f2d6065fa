import {
  earliest,
  type End,
  enders,
  endsOf,
  hasAll,
  isOver,
  isSameLeft,
  leftOf,
  type Left,
  lossOf,
  releaseOf,
  type Run,
  upSince,
  type WorkerSeen,
} from './runs.ts';
import type { EndReason, IntervalChange } from './types.ts';

/**
 * A worker pod and the devices that it was given: for its life, or as long as the lease has them. It
 * has none while it waits for those of others.
 */
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
 * did. Watches are not quite together, so an end is told when no earlier one can come to light. Until
 * then nobody else is billed on the device: a pod that waits for it goes on from that end, though it
 * may have ended itself meanwhile.
 */
export class IntervalBook {
  readonly #pods = new Map<string, MeteredPod>();
  readonly #podOfDevice = new Map<string, string>();
  readonly #ends = new Map<string, number>();
  /** Pods of whose interval the beginning or the end is not told yet. */
  readonly #untold = new Set<string>();
  /** Pods that will never be Ready again, until their interval is told. */
  readonly #leaving = new Set<string>();
  /** Pods that are up and wait for a device: others have those of their lease. Their leases. */
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

  /** Pods that have devices, or wait for some. */
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
    if (pod?.run !== undefined) {
      this.#end(pod, { ...endsOf(pod.run, seen), ...lossOf(pod, seen) });
      this.#note(seen);
    }
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
      if (pod?.run === undefined || isWaiting(pod)) continue;
      const end = earliest(pod.run);
      if (end === undefined) this.#announce(pod, pod.run, seenSeconds);
      if (end === undefined || end.endSeconds > seenSeconds) continue;
      this.#close(pod, pod.run, end);
      leases.add(pod.leaseId);
      for (const waiting of this.#waiting.values()) leases.add(waiting);
    }
    // Only now: what others have left is known.
    for (const leaseId of this.#conclude(seenSeconds)) leases.add(leaseId);
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
    const { podUid, leaseId, devicesPerWorker } = seen;
    const pod = this.#pods.get(podUid);
    if (pod?.run !== undefined) {
      if (isWaiting(pod)) this.#goOn(pod, pod.run, seen);
      return;
    }
    const up = upSince(seen);
    if (up === undefined || devicesPerWorker === 0) return;
    const devices = this.#devicesFor(seen, pod);
    const free = (devices ?? []).map((device) => this.#ends.get(device) ?? 0);
    const billedUntilSeconds = pod?.billedUntilSeconds ?? 0;
    const startSeconds = Math.max(up.sinceSeconds + 1, billedUntilSeconds, ...free);
    if (isOver(seen, startSeconds)) return;
    const run = { startSeconds, announced: false, basis: up.basis, ends: releaseOf(seen) };
    const waits = devices === undefined ? { left: leftOf(seen, undefined) } : {};
    const known = { podUid, leaseId, devices: devices ?? [], billedUntilSeconds };
    this.#put({ ...known, run: { ...run, ...waits } });
  }

  /** A pod that waits gets the devices that are free now, if they are enough. */
  #goOn(pod: MeteredPod, { left, ...run }: Run, seen: WorkerSeen): void {
    if (earliest(run) !== undefined || left === undefined) return;
    const free = this.#free(pod, run.startSeconds, left).filter(({ to }) => to === Infinity);
    const places = free.slice(0, left.devicesPerWorker);
    const startSeconds = Math.max(run.startSeconds, ...places.map(({ from }) => from));
    if (places.length < left.devicesPerWorker || isOver(seen, startSeconds)) return;
    const devices = places.map(({ device }) => device);
    this.#put({ ...pod, devices, run: { ...run, startSeconds } });
  }

  /** When a pod can be billed on which devices, those first that are free first. */
  #free({ podUid }: MeteredPod, startSeconds: number, { since }: Left) {
    return Object.entries(since)
      .map(([device, sinceSeconds]) => {
        const holder = this.#podOfDevice.get(device);
        const held = holder === undefined || holder === podUid ? undefined : this.#pods.get(holder);
        const from = Math.max(startSeconds, sinceSeconds, this.#ends.get(device) ?? 0);
        return { device, from, to: held === undefined ? Infinity : (held.run?.startSeconds ?? 0) };
      })
      .filter(({ from, to }) => from < to)
      .toSorted((a, b) => a.from - b.from);
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

  /** Keeps what a pod that has lost its device, or waits for one, may go on with. */
  #note(seen: WorkerSeen): void {
    const pod = this.#pods.get(seen.podUid);
    if (pod?.run === undefined) return;
    const { device, ...others } = pod.run.ends;
    const isUp = earliest({ ends: others }) === undefined;
    if (!isWaiting(pod) && device === undefined) return;
    if (pod.run.left !== undefined && (!isUp || seen.released)) return;
    const left = leftOf(seen, pod.run.left);
    if (!isSameLeft(left, pod.run.left)) this.#put({ ...pod, run: { ...pod.run, left } });
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
    const { startSeconds, announced, basis } = run;
    const { podUid, leaseId, devices } = pod;
    // What was told cannot be taken back; a second is the least that can be billed.
    const least = announced ? startSeconds + 1 : startSeconds;
    const endSeconds = Math.max(end.endSeconds, least);
    const { device, ...ends } = run.ends;
    // Devices that were given back are another's from now on.
    const kept = device === undefined ? devices : [];
    const left = run.left ?? { devicesPerWorker: devices.length, since: {} };
    const goesOn = { startSeconds: endSeconds, announced: false, basis, ends, left };
    const closed = { podUid, leaseId, devices: kept, billedUntilSeconds: endSeconds };
    this.#put(end === device ? { ...closed, run: goesOn } : closed);
    this.#tellClosed(pod, devices, { startSeconds, endSeconds, reason: end.reason });
    if (this.#leaving.has(podUid)) this.#leave(podUid);
  }

  /** Tells the time of pods that waited until they ended; gives back their leases. */
  *#conclude(seenSeconds: number): Generator<string, void, undefined> {
    for (const podUid of this.#untold) {
      const pod = this.#pods.get(podUid);
      const end = pod?.run === undefined ? undefined : earliest(pod.run);
      if (pod?.run === undefined || !isWaiting(pod) || end === undefined) continue;
      if (end.endSeconds > seenSeconds) continue;
      this.#closeWaiting(pod, pod.run, end);
      yield pod.leaseId;
    }
  }

  /** Of what it waited for a pod that has ended gets what others left before. */
  #closeWaiting({ podUid, leaseId, ...pod }: MeteredPod, run: Run, end: End): void {
    const left = run.left ?? { devicesPerWorker: 1, since: {} };
    const key = { podUid, leaseId, devices: [] };
    const places = this.#free(key, run.startSeconds, left).slice(0, left.devicesPerWorker);
    const startSeconds = Math.max(...places.map(({ from }) => from));
    const endSeconds = Math.min(end.endSeconds, ...places.map(({ to }) => to));
    const isBilled = places.length === left.devicesPerWorker && endSeconds > startSeconds;
    const billedUntilSeconds = Math.max(pod.billedUntilSeconds ?? 0, isBilled ? endSeconds : 0);
    this.#put({ ...key, billedUntilSeconds });
    if (isBilled) {
      const devices = places.map(({ device }) => device);
      this.#tellClosed(key, devices, { startSeconds, endSeconds, reason: end.reason });
    }
    if (this.#leaving.has(podUid)) this.#leave(podUid);
  }

  #tellClosed(
    pod: MeteredPod,
    devices: readonly string[],
    { startSeconds, ...end }: End & { startSeconds: number },
  ): void {
    const { podUid, leaseId } = pod;
    if (end.endSeconds <= startSeconds) return;
    for (const device of devices) {
      const key = { leaseId, podUid, device, startSeconds };
      this.#change(pod, { kind: 'Closed', ...key, ...end });
      this.#ends.set(device, end.endSeconds);
      this.#pendingOf(pod).ends.set(device, end.endSeconds);
    }
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
    const before = this.#pods.get(podUid);
    this.#open += openOf(pod) - openOf(before);
    for (const device of before?.devices ?? []) this.#podOfDevice.delete(device);
    this.#pods.set(podUid, pod);
    for (const device of devices) this.#podOfDevice.set(device, podUid);
    const hasEnd = run !== undefined && earliest(run) !== undefined;
    const waits = isWaiting(pod);
    if (waits && !hasEnd) this.#waiting.set(podUid, pod.leaseId);
    else this.#waiting.delete(podUid);
    if (hasEnd || (run?.announced === false && !waits)) this.#untold.add(podUid);
    else this.#untold.delete(podUid);
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

/** It has time to be billed, and no device for it. */
const isWaiting = ({ devices, run }: MeteredPod): boolean =>
  run !== undefined && devices.length === 0;

const openOf = (pod: MeteredPod | undefined): number =>
  pod?.run === undefined ? 0 : pod.devices.length;
