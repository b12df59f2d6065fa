import { type Clock, systemClock } from '../runtime/clock.ts';

/** Timers that are longer are those of somebody who looks at the wall clock in between. */
const longMs = 600_000;

/** The real clock, with a wall clock that can be put ahead; who sleeps for long looks at it often. */
export class TravellingClock implements Clock {
  /** In milliseconds. */
  aheadMs = 0;

  now(): number {
    return systemClock.now() + this.aheadMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  setTimeout(callback: () => void, ms: number): () => void {
    return systemClock.setTimeout(callback, ms > longMs ? 50 : ms);
  }
}
