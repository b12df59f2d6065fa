/** Which seconds of a lease an epoch counts. All spans are half-open, in seconds since 1970. */

/** An interval as a close sees it: an end that was told later is not in it. */
export type MeteredInterval = Readonly<{
  startSeconds: number;
  /** Undefined while it is open. */
  endSeconds: number | undefined;
  ratePerHour: bigint;
  /** The epoch whose close was the next one when the interval was reported. */
  knownEpoch: number;
}>;

/** An interval as earlier closes were done with it, whose end was told anew since the last one. */
export type TakenBack = Readonly<{
  startSeconds: number;
  endSeconds: number;
  ratePerHour: bigint;
}>;

/** How far a close counts the intervals of a lease that earlier closes have not done with. */
export type Cut = Readonly<{
  epoch: number;
  epochStartSeconds: number;
  /** Open intervals are counted until then: see `countedUntil`. */
  countedUntilSeconds: number;
  /** The same of the row before; undefined when the lease has none. */
  countedBeforeSeconds: number | undefined;
  /** For the last row of a lease: its end, which is the end of whatever is still open. */
  endedAtSeconds: number | undefined;
}>;

/** Device-seconds and what they cost, in 1/3,600 base units. */
export type Usage = Readonly<{
  /** Inside the epoch. */
  seconds: bigint;
  /** Of earlier epochs, learnt of since the last close; negative when they were fewer than thought. */
  lateSeconds: bigint;
  /** Sum of seconds and late seconds, each times its rate per hour. */
  raw: bigint;
  /** The part of `raw` for the late ones. */
  lateRaw: bigint;
}>;

/**
 * Usage counts up to the end of the epoch, as far as the member has reported, and never beyond the
 * end of the lease.
 */
export function countedUntil(
  epochEndSeconds: number,
  observedUntilSeconds: number,
  endedAtSeconds: number | undefined,
): number {
  return Math.min(epochEndSeconds, observedUntilSeconds, endedAtSeconds ?? epochEndSeconds);
}

/** Whether a close is done with an interval: later ones do not look at it. */
export function isSettledBy({ endSeconds }: MeteredInterval, cut: Cut): boolean {
  if (cut.endedAtSeconds !== undefined) return true;
  return endSeconds !== undefined && endSeconds <= cut.countedUntilSeconds;
}

/**
 * What a close adds for the intervals of one lease: all that no earlier close was done with. What an
 * interval was counted for before is taken off, so that the sums of all epochs are the usage of all
 * intervals, whenever each was reported.
 * @param takenBack what is taken off wholly, since its interval is among `intervals` anew
 */
export function usageIn(
  intervals: readonly MeteredInterval[],
  cut: Cut,
  takenBack: readonly TakenBack[] = [],
): Usage {
  let seconds = 0n;
  let lateSeconds = 0n;
  let raw = 0n;
  let lateRaw = 0n;
  for (const interval of intervals) {
    const until = countedTo(interval, cut);
    const before =
      interval.knownEpoch < cut.epoch && cut.countedBeforeSeconds !== undefined
        ? length(interval.startSeconds, cut.countedBeforeSeconds)
        : 0n;
    const now = length(Math.max(interval.startSeconds, cut.epochStartSeconds), until);
    const late = length(interval.startSeconds, until) - now - before;
    seconds += now;
    lateSeconds += late;
    raw += (now + late) * interval.ratePerHour;
    lateRaw += late * interval.ratePerHour;
  }
  for (const { startSeconds, endSeconds, ratePerHour } of takenBack) {
    const late = -length(startSeconds, endSeconds);
    lateSeconds += late;
    raw += late * ratePerHour;
    lateRaw += late * ratePerHour;
  }
  return { seconds, lateSeconds, raw, lateRaw };
}

function countedTo({ endSeconds }: MeteredInterval, cut: Cut): number {
  const end = endSeconds ?? cut.countedUntilSeconds;
  return Math.min(end, cut.endedAtSeconds ?? cut.countedUntilSeconds);
}

function length(start: number, end: number): bigint {
  return BigInt(Math.max(0, end - start));
}
