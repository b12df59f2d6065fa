import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';

/**
 * A signal that follows another and is also aborted, with an ApiError of status 0, by a timer.
 * `clear` must be called.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #parent: AbortSignal | undefined;
  readonly #follow: () => void;
  #cancel: () => void;
  #dueMs = Number.POSITIVE_INFINITY;
  #spanMs = 0;
  #reason = '';

  constructor(clock: Clock, parent: AbortSignal | undefined, ms: number, reason: string) {
    this.#clock = clock;
    this.#parent = parent;
    this.#cancel = () => {};
    this.#follow = () => this.#controller.abort(parent?.reason);
    if (parent?.aborted === true) this.#follow();
    else parent?.addEventListener('abort', this.#follow, { once: true });
    this.restart(ms, reason);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Moves the deadline; cheap, since a running timer is only looked at when it fires. */
  restart(ms: number, reason: string): void {
    const due = this.#clock.monotonicMs() + ms;
    const sooner = due < this.#dueMs;
    this.#dueMs = due;
    this.#spanMs = ms;
    this.#reason = reason;
    if (!sooner) return;
    this.#cancel();
    this.#arm(ms);
  }

  /** Lets go of the timer and of the parent. */
  clear(): void {
    this.#cancel();
    this.#cancel = () => {};
    this.#parent?.removeEventListener('abort', this.#follow);
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.setTimeout(() => {
      const leftMs = this.#dueMs - this.#clock.monotonicMs();
      if (leftMs > 0) this.#arm(leftMs);
      else this.#expire();
    }, ms);
  }

  #expire(): void {
    const message = `no answer within ${Math.round(this.#spanMs)} ms`;
    this.#controller.abort(new ApiError({ status: 0, reason: this.#reason, message }));
  }
}
