import { ApiError } from './api-error.ts';

/** Lets a bounded number of requests run and a bounded number wait, first come, first served. */
export class Semaphore {
  readonly #capacity: number;
  readonly #maximumWaiting: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(capacity: number, maximumWaiting: number) {
    this.#capacity = capacity;
    this.#maximumWaiting = maximumWaiting;
  }

  /** Requests that run now. */
  get running(): number {
    return this.#running;
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves with the function that gives the place back. Throws ApiError `TooManyInFlight` when
   * too many wait, and the signal's reason when it is aborted first.
   */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#running < this.#capacity) {
      this.#running += 1;
      return this.#release();
    }
    if (this.#waiting.size >= this.#maximumWaiting) {
      throw new ApiError({
        status: 0,
        reason: 'TooManyInFlight',
        message: `${this.#maximumWaiting} requests wait already; the API server is too slow`,
      });
    }
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = (): void => {
        this.#waiting.delete(turn);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.add(turn);
    });
    return this.#release();
  }

  /** A place is handed from one request to the next without being free in between. */
  #release(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      for (const turn of this.#waiting) {
        this.#waiting.delete(turn);
        turn();
        return;
      }
      this.#running -= 1;
    };
  }
}
