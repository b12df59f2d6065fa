import type { EndReason, IntervalChange, UsageRejection } from '../metering/types.ts';

/** Why a change is not taken, for machines and for people. */
export type Rejection = Readonly<{ reason: UsageRejection; message: string }>;

/** `duplicate`: it was known already, with the same content. */
export type Outcome = 'accepted' | 'duplicate' | Rejection;

/**
 * The end of an interval. `Unreported` was set by the hub, since another interval began on the same
 * device, or the member's spool was lost: the member may still tell the real end.
 */
export type IntervalEnd = Readonly<{ seconds: number; reason: EndReason | 'Unreported' }>;

/** A usage interval on one device of a lease. It is open while it has no end. */
export type SlotInterval = Readonly<{
  podUid: string;
  startSeconds: number;
  end: IntervalEnd | undefined;
}>;

/** What is known of the member when a change is taken. */
export type Knowledge = Readonly<{
  /** Its reports reach until then: what is open was Ready so long, whatever is not told yet. */
  observedUntilSeconds: number;
  /** The change comes from the spool that the member writes now. */
  currentSpool: boolean;
}>;

/**
 * The intervals of one device of a lease. They never overlap, and whatever order changes come in, the
 * same intervals stand in the end: an interval whose end is not told yet gives way to a later one.
 */
export class SlotTimeline {
  /** Ascending by start. */
  readonly #intervals: SlotInterval[];
  readonly #stored: ReadonlySet<number>;
  readonly #touched = new Set<number>();

  /** `stored` are at least the neighbours in time of all changes that will be taken. */
  constructor(stored: readonly SlotInterval[]) {
    this.#intervals = stored.toSorted((a, b) => a.startSeconds - b.startSeconds);
    this.#stored = new Set(stored.map(({ startSeconds }) => startSeconds));
  }

  /** The interval that a change speaks of. */
  find({ startSeconds, podUid }: IntervalChange): SlotInterval | undefined {
    const found = this.#intervals[this.#before(startSeconds + 1)];
    return found?.startSeconds === startSeconds && found.podUid === podUid ? found : undefined;
  }

  /** Takes a change in, or says why not; then nothing is changed. */
  take(change: IntervalChange, knowledge: Knowledge): Outcome {
    const at = this.#before(change.startSeconds + 1);
    const found = this.#intervals[at];
    if (found?.startSeconds !== change.startSeconds) return this.#insert(change, at, knowledge);
    if (found.podUid !== change.podUid) return overlapping(change, found);
    return change.kind === 'Opened'
      ? this.#openAgain(found, at, knowledge)
      : this.#close(change, found, at);
  }

  /** Intervals that were not in the store. */
  added(): readonly SlotInterval[] {
    return this.#changed((start) => !this.#stored.has(start));
  }

  /** Intervals of the store whose end changed. */
  updated(): readonly SlotInterval[] {
    return this.#changed((start) => this.#stored.has(start));
  }

  /** A fresh spool tells that an interval is still open that the hub had ended with the old one. */
  #openAgain(found: SlotInterval, at: number, { currentSpool }: Knowledge): Outcome {
    const isLast = at === this.#intervals.length - 1;
    if (found.end?.reason !== 'Unreported' || !isLast || !currentSpool) return 'duplicate';
    this.#set(at, { ...found, end: undefined });
    return 'accepted';
  }

  #close(change: Closed, found: SlotInterval, at: number): Outcome {
    const { end } = found;
    if (end !== undefined && end.reason !== 'Unreported') {
      const same = end.seconds === change.endSeconds && end.reason === change.reason;
      return same ? 'duplicate' : conflicting(change, end);
    }
    const next = this.#intervals[at + 1];
    if (next !== undefined && next.startSeconds < change.endSeconds) {
      return overlapping(change, next);
    }
    this.#set(at, { ...found, end: { seconds: change.endSeconds, reason: change.reason } });
    return 'accepted';
  }

  /** `at` is the interval before it in time. */
  #insert(change: IntervalChange, at: number, { observedUntilSeconds: known }: Knowledge): Outcome {
    const { startSeconds: start, podUid } = change;
    const previous = this.#intervals[at];
    const next = this.#intervals[at + 1];
    const previousEnd = previous?.end;
    if (previous !== undefined && previousEnd !== undefined) {
      const told = previousEnd.reason !== 'Unreported';
      if (told && previousEnd.seconds > start) return overlapping(change, previous);
    }
    const end = endOf(change, next, known);
    if (next !== undefined && end !== undefined && end.seconds > next.startSeconds) {
      return overlapping(change, next);
    }
    if (previous !== undefined && (previousEnd === undefined || previousEnd.seconds > start)) {
      const until = previousEnd?.seconds ?? Math.max(known, previous.startSeconds);
      this.#set(at, { ...previous, end: unreported(Math.min(until, start)) });
    }
    this.#intervals.splice(at + 1, 0, { podUid, startSeconds: start, end });
    this.#touched.add(start);
    return 'accepted';
  }

  #set(at: number, interval: SlotInterval): void {
    this.#intervals[at] = interval;
    this.#touched.add(interval.startSeconds);
  }

  /** Index of the last interval that starts before `seconds`, -1 when there is none. */
  #before(seconds: number): number {
    return this.#intervals.findLastIndex(({ startSeconds }) => startSeconds < seconds);
  }

  #changed(of: (start: number) => boolean): readonly SlotInterval[] {
    return this.#intervals.filter(
      ({ startSeconds }) => this.#touched.has(startSeconds) && of(startSeconds),
    );
  }
}

type Closed = Extract<IntervalChange, { kind: 'Closed' }>;

const unreported = (seconds: number): IntervalEnd => ({ seconds, reason: 'Unreported' });

/** The end of an interval that is new to the store; one that is not told ends when `next` begins. */
function endOf(
  change: IntervalChange,
  next: SlotInterval | undefined,
  known: number,
): IntervalEnd | undefined {
  if (change.kind === 'Closed') return { seconds: change.endSeconds, reason: change.reason };
  if (next === undefined) return undefined;
  return unreported(Math.min(Math.max(known, change.startSeconds), next.startSeconds));
}

function overlapping(change: IntervalChange, { podUid, startSeconds, end }: SlotInterval) {
  const until = end === undefined ? 'on' : `to ${end.seconds}`;
  const pod = podUid === change.podUid ? 'the same pod' : `pod ${podUid}`;
  const message = `${spanOf(change)} on ${change.device} overlaps that of ${pod} from ${startSeconds} ${until}`;
  return { reason: 'Overlapping', message } as const;
}

function conflicting(change: Closed, end: IntervalEnd) {
  const message =
    `the interval from ${change.startSeconds} on ${change.device} was told to end at ` +
    `${end.seconds} (${end.reason}), now at ${change.endSeconds} (${change.reason})`;
  return { reason: 'Conflicting', message } as const;
}

/** `from 100 to 200`, or `from 100 on`. */
export function spanOf(change: IntervalChange): string {
  const until = change.kind === 'Opened' ? 'on' : `to ${change.endSeconds}`;
  return `from ${change.startSeconds} ${until}`;
}
