import { type Clock, systemClock } from '../runtime/clock.ts';

/** The real clock, whose timers end a thousand times sooner: for what waits between attempts. */
export const hastyClock: Clock = {
  now: () => systemClock.now(),
  monotonicMs: () => systemClock.monotonicMs(),
  setTimeout: (callback, ms) => systemClock.setTimeout(callback, ms / 1000),
};
