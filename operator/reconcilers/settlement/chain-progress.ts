import { type Clock, sleep } from '../../runtime/clock.ts';

/** Up to which slot everything is in the ledger: the mirror says so, others wait for it. */
export class ChainProgress {
  #slot = -1n;
  #wake = new AbortController();
  #wanted = new AbortController();

  /** Aborted when somebody waits: the mirror does not have to wait itself then. */
  get wanted(): AbortSignal {
    return this.#wanted.signal;
  }

  /** Everything up to this slot is in the ledger. */
  pass(slot: bigint): void {
    if (slot <= this.#slot) return;
    this.#slot = slot;
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** Waits until a slot is passed; false: it was not in time. */
  async reached(
    slot: bigint,
    clock: Clock,
    withinMs: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const untilMs = clock.monotonicMs() + withinMs;
    while (this.#slot < slot && !signal.aborted) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return false;
      this.#wanted.abort();
      this.#wanted = new AbortController();
      await sleep(clock, leftMs, AbortSignal.any([signal, this.#wake.signal]));
    }
    return this.#slot >= slot;
  }
}
