import { type Clock, systemClock } from '../runtime/clock.ts';

type Timer = { dueMs: number; order: number; callback: () => void };

/** A clock that only moves when a test moves it. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 1000;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** Wall time starts at `wallMs`, epoch milliseconds. */
  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs;
  }

  /** Timers that have not fired. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimeout(callback: () => void, ms: number): () => void {
    this.#order += 1;
    const timer = { dueMs: this.#monotonicMs + Math.max(0, ms), order: this.#order, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Resolves when the test has moved the clock that far. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => void this.setTimeout(resolve, ms));
  }

  /** Moves both times on, fires what becomes due in its order, and lets promises settle. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await settle();
    for (;;) {
      const next = this.#nextDue(endMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#moveTo(Math.max(next.dueMs, this.#monotonicMs));
      next.callback();
      await settle();
    }
    this.#moveTo(endMs);
    await settle();
  }

  /** Moves only the wall time, as an administrator or NTP does. */
  jumpWallTime(ms: number): void {
    this.#wallMs += ms;
  }

  #moveTo(ms: number): void {
    this.#wallMs += ms - this.#monotonicMs;
    this.#monotonicMs = ms;
  }

  #nextDue(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      const sooner = next === undefined || timer.dueMs < next.dueMs;
      if (sooner || (timer.dueMs === next?.dueMs && timer.order < next.order)) next = timer;
    }
    return next;
  }
}

/** Lets everything run that waits for a promise, also chains of them. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The real clock, and a test can skip some time; timers are not moved by that. */
export class SkippingClock implements Clock {
  #skippedMs = 0;

  skip(ms: number): void {
    this.#skippedMs += ms;
  }

  now(): number {
    return systemClock.now() + this.#skippedMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#skippedMs;
  }

  setTimeout(callback: () => void, ms: number): () => void {
    return systemClock.setTimeout(callback, ms);
  }
}
