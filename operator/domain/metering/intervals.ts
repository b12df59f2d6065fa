import { firstPlace, type Place } from './places.ts';
import {
  earliest,
  type End,
  enders,
  endsOf,
  hasAll,
  isOver,
  leftOf,
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
 * did. Watches are not quite together, so an end is told when no earlier one can come to light. Only
 * then another pod that waits for the device has it, from that end on, though it may have ended
 * itself meanwhile, or the lease may have lost the device since: all that is known to be over is
 * gone through in the order in which it came to pass.
 */
export class IntervalBook {
  readonly #pods = new Map<string, MeteredPod>();
  readonly #podOfDevice = new Map<string, string>();
  readonly #ends = new Map<string, number>();
  /** Pods of whose interval the beginning or the end is not told yet. */
  readonly #untold = new Set<string>();
  /** Pods that will never be Ready again, until their interval is told. */
  readonly #leaving = new Set<string>();
  /** Pods that were up without a device: others had those of their lease. */
  readonly #waiting = new Set<string>();
  /** Since when one of them can be billed, for a time of which the end is not certain yet. */
  #heldSeconds = Infinity;
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
    for (;;) {
      const seconds = this.#nextEnd(seenSeconds);
      for (const leaseId of this.#place(seconds ?? seenSeconds)) leases.add(leaseId);
      if (seconds === undefined) break;
      for (const leaseId of this.#closeUntil(seconds)) leases.add(leaseId);
    }
    for (const podUid of this.#untold) {
      const pod = this.#pods.get(podUid);
      if (pod?.run !== undefined && earliest(pod.run) === undefined) {
        this.#announce(pod, pod.run, seenSeconds);
      }
    }
    return leases;
  }

  /** Until when all is told, after that which is certain by `seenSeconds` was. */
  toldUntil(seenSeconds: number): number {
    let until = Math.min(seenSeconds, this.#heldSeconds);
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
    if (pod?.run !== undefined) return;
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
    const { startSeconds, ends, left } = pod.run;
    const { device, ...others } = ends;
    if (!isWaiting(pod) && device === undefined) return;
    if (left !== undefined && earliest({ ends: others }) !== undefined) return;
    if (seen.released && left !== undefined) {
      // Nobody says since when: what it did not get so far it does not get.
      if (isWaiting(pod))
        this.#end(pod, { lease: { endSeconds: startSeconds, reason: 'Released' } });
      return;
    }
    const now = leftOf(seen, left);
    if (now !== left) this.#put({ ...pod, run: { ...pod.run, left: now } });
  }

  /** The next end of an interval, if it is certain. */
  #nextEnd(seenSeconds: number): number | undefined {
    let next = Infinity;
    for (const podUid of this.#untold) {
      const run = this.#pods.get(podUid)?.run;
      const end = run === undefined ? undefined : earliest(run);
      if (end !== undefined && end.endSeconds <= seenSeconds) next = Math.min(next, end.endSeconds);
    }
    return next === Infinity ? undefined : next;
  }

  *#closeUntil(seconds: number): Generator<string, void, undefined> {
    for (const podUid of this.#untold) {
      const pod = this.#pods.get(podUid);
      const end = pod?.run === undefined ? undefined : earliest(pod.run);
      if (pod?.run === undefined || end === undefined || end.endSeconds > seconds) continue;
      this.#close(pod, pod.run, end);
      yield pod.leaseId;
    }
  }

  /**
   * Gives devices to pods that wait, by what is known until `seconds`. Gives back the leases of those
   * that have ended by then, and get no more.
   */
  *#place(seconds: number): Generator<string, void, undefined> {
    this.#heldSeconds = Infinity;
    for (;;) {
      const next = this.#nextPlace(seconds);
      if (next === undefined) break;
      this.#take(next.pod, next.run, next.place);
    }
    for (const podUid of this.#waiting) {
      const pod = this.#pods.get(podUid);
      const end = pod?.run === undefined ? undefined : earliest(pod.run);
      if (pod === undefined || end === undefined || end.endSeconds > seconds) continue;
      const { leaseId, billedUntilSeconds = 0 } = pod;
      this.#put({ podUid, leaseId, devices: [], billedUntilSeconds });
      if (this.#leaving.has(podUid)) this.#leave(podUid);
      yield leaseId;
    }
  }

  /** The earliest time that a pod can be billed now and waits for, if it is certain. */
  #nextPlace(seconds: number): Readonly<{ pod: MeteredPod; run: Run; place: Place }> | undefined {
    let next: Readonly<{ pod: MeteredPod; run: Run; place: Place }> | undefined;
    for (const podUid of this.#waiting) {
      const pod = this.#pods.get(podUid);
      const place = pod?.run === undefined ? undefined : this.#placeOf(pod, pod.run);
      if (pod?.run === undefined || place === undefined || place.from > seconds) continue;
      if (place.to !== Infinity && place.to > seconds) {
        this.#heldSeconds = Math.min(this.#heldSeconds, place.from);
      } else if (place.from < (next?.place.from ?? Infinity)) {
        next = { pod, run: pod.run, place };
      }
    }
    return next;
  }

  /** The first time in which a pod that waits can be billed. */
  #placeOf({ podUid }: MeteredPod, run: Run): Place | undefined {
    const { windows, devicesPerWorker } = run.left ?? { windows: [], devicesPerWorker: 1 };
    const end = earliest(run)?.endSeconds ?? Infinity;
    const times = windows.map(({ device, fromSeconds, toSeconds = Infinity }) => {
      const holder = this.#podOfDevice.get(device);
      const held = holder === undefined || holder === podUid ? undefined : this.#pods.get(holder);
      const until = held === undefined ? Infinity : (held.run?.startSeconds ?? 0);
      const from = Math.max(run.startSeconds, fromSeconds, this.#ends.get(device) ?? 0);
      return { device, from, to: Math.min(until, toSeconds, end) };
    });
    return firstPlace(times, devicesPerWorker);
  }

  /** A pod that waited is billed: from then on, or for a time that is over. */
  #take(pod: MeteredPod, { left, ...run }: Run, { devices, from, to }: Place): void {
    if (to === Infinity) {
      this.#put({ ...pod, devices, run: { ...run, startSeconds: from } });
      return;
    }
    const rest = { ...run, startSeconds: to, ...(left === undefined ? {} : { left }) };
    this.#put({ ...pod, billedUntilSeconds: to, run: rest });
    const end = earliest(run);
    const reason = end?.endSeconds === to ? end.reason : 'Released';
    this.#tellClosed(pod, devices, { startSeconds: from, endSeconds: to, reason });
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
    const left = run.left ?? { devicesPerWorker: devices.length, windows: [] };
    const goesOn = { startSeconds: endSeconds, announced: false, basis, ends, left };
    const closed = { podUid, leaseId, devices: kept, billedUntilSeconds: endSeconds };
    this.#put(end === device ? { ...closed, run: goesOn } : closed);
    this.#tellClosed(pod, devices, { startSeconds, endSeconds, reason: end.reason });
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
    const waits = isWaiting(pod);
    if (waits) this.#waiting.add(podUid);
    else this.#waiting.delete(podUid);
    const isTold = run === undefined || (run.announced && earliest(run) === undefined);
    if (isTold || waits) this.#untold.delete(podUid);
    else this.#untold.add(podUid);
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
