import type { MeteredPod, MeteringBatch, MeteringState } from '../../domain/metering/intervals.ts';

/** A report that is being sent: changes number `from` up to, without it, `to`. */
export type Cut = Readonly<{
  sequence: number;
  from: number;
  to: number;
  observedUntilSeconds: number;
}>;

/** Where the sender stands. Changes are counted from 0 since the spool began. */
export type Progress = Readonly<{
  /** Of the last report that was acknowledged. */
  sequence: number;
  /** Changes before this one need not be sent any more. */
  sent: number;
  reportedUntilSeconds: number;
}>;

/** What is written down. */
export type Entry =
  | Readonly<{
      kind: 'Snapshot';
      spoolId: string;
      observedUntilSeconds: number;
      /** Changes in all segments before this one. */
      changes: number;
      progress: Progress;
      cut?: Cut;
      state: MeteringState;
    }>
  | Readonly<{ kind: 'Batch'; batch: MeteringBatch }>
  | Readonly<{ kind: 'Observed'; untilSeconds: number }>
  | Readonly<{ kind: 'Cut'; cut: Cut }>
  | Readonly<{ kind: 'Progress'; progress: Progress }>;

/** What the devices of ended intervals were billed until is not needed for longer. */
const endsKeptSeconds = 86_400;

/** The sum of all entries. */
export class SpoolState {
  #spoolId: string;
  #progress: Progress = { sequence: 0, sent: 0, reportedUntilSeconds: 0 };
  #cut: Cut | undefined;
  #changes = 0;
  #observedUntilSeconds = 0;
  readonly #pods = new Map<string, MeteredPod>();
  readonly #ends = new Map<string, number>();

  constructor(spoolId: string) {
    this.#spoolId = spoolId;
  }

  get spoolId(): string {
    return this.#spoolId;
  }
  get progress(): Progress {
    return this.#progress;
  }
  get cut(): Cut | undefined {
    return this.#cut;
  }
  /** Changes since the spool began. */
  get changes(): number {
    return this.#changes;
  }
  get observedUntilSeconds(): number {
    return this.#observedUntilSeconds;
  }

  apply(entry: Entry): void {
    switch (entry.kind) {
      case 'Snapshot':
        this.#restore(entry);
        return;
      case 'Batch':
        this.#add(entry.batch);
        return;
      case 'Observed':
        this.#observedUntilSeconds = Math.max(this.#observedUntilSeconds, entry.untilSeconds);
        return;
      case 'Cut':
        this.#cut = entry.cut;
        this.#progress = { ...this.#progress, sent: entry.cut.from };
        return;
      case 'Progress':
        this.#cut = undefined;
        this.#progress = entry.progress;
        return;
    }
  }

  snapshot(): Entry {
    return {
      kind: 'Snapshot',
      spoolId: this.#spoolId,
      observedUntilSeconds: this.#observedUntilSeconds,
      changes: this.#changes,
      progress: this.#progress,
      ...(this.#cut === undefined ? {} : { cut: this.#cut }),
      state: this.metering(),
    };
  }

  /** What the book was when it was recorded last. */
  metering(): MeteringState {
    const pods = [...this.#pods.values()];
    const inUse = new Set(pods.flatMap(({ devices }) => devices));
    const since = this.#observedUntilSeconds - endsKeptSeconds;
    const ends = [...this.#ends].filter(([device, end]) => end >= since || inUse.has(device));
    return { pods, ends: Object.fromEntries(ends) };
  }

  #restore(snapshot: Extract<Entry, { kind: 'Snapshot' }>): void {
    this.#spoolId = snapshot.spoolId;
    this.#observedUntilSeconds = snapshot.observedUntilSeconds;
    this.#changes = snapshot.changes;
    this.#progress = snapshot.progress;
    this.#cut = snapshot.cut;
    this.#pods.clear();
    this.#ends.clear();
    for (const pod of snapshot.state.pods) this.#pods.set(pod.podUid, pod);
    for (const [device, end] of Object.entries(snapshot.state.ends)) this.#ends.set(device, end);
  }

  #add({ changes, pods, gone, ends }: MeteringBatch): void {
    this.#changes += changes.length;
    for (const pod of pods) this.#pods.set(pod.podUid, pod);
    for (const podUid of gone) this.#pods.delete(podUid);
    for (const [device, end] of Object.entries(ends)) this.#ends.set(device, end);
  }
}
