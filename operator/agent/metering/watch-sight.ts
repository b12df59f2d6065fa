import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';

/** A watch brings what happened within this time; when it was just opened, what it had missed too. */
const lagMs = 2_000;

type Client = Pick<ApiClient, 'list' | 'watch'>;

/**
 * How far an informer sees. It stands between the informer and its client, and notes when the watch
 * brought something, and when it ended.
 */
export class WatchSight {
  readonly #clock: Clock;
  #isOpen = false;
  /** The watch has not gone on where it stopped: everything is listed anew. */
  #gap = true;
  #listedMs = 0;
  #heardMs = 0;
  #openedMs = 0;
  #closedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The client that the informer is to use. */
  over(client: Client): Client {
    const follow: Client['watch'] = (resource, options) =>
      this.#follow(client.watch(resource, options));
    return {
      list: (resource, options) => {
        this.#gap = true;
        if (options?.continue === undefined) this.#listedMs = this.#clock.now();
        return client.list(resource, options);
      },
      watch: follow,
    };
  }

  /** The watch was opened: what the API server has is on its way. */
  opened(): void {
    this.#isOpen = true;
    this.#openedMs = this.#clock.now();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get gap(): boolean {
    return this.#gap;
  }

  /** Everything until then was seen. */
  get provenSeconds(): number {
    return Math.floor((this.#heardMs - lagMs) / 1000);
  }

  /** Until then everything is seen, if the connection is as good as it seems. */
  get currentSeconds(): number {
    const ms = this.#isCurrent(this.#clock.now()) ? this.#clock.now() : this.#closedMs;
    return Math.floor((ms - lagMs) / 1000);
  }

  /** Whether what came before the watch was opened has come too. */
  #isCurrent(nowMs: number): boolean {
    return this.#isOpen && nowMs - this.#openedMs >= lagMs;
  }

  async *#follow<E extends { type: string }>(
    events: AsyncGenerator<E, void, undefined>,
  ): AsyncGenerator<E, void, undefined> {
    // A watch follows a list that was taken in, or goes on where the last one stopped.
    if (this.#gap) this.#heardMs = Math.max(this.#heardMs, this.#listedMs);
    this.#gap = false;
    try {
      for await (const event of events) {
        if (event.type === 'ERROR') this.#close();
        const atMs = this.#clock.now();
        yield event;
        // Only now: while it is handled, what is proven is what came before it.
        if (this.#isCurrent(atMs)) this.#heardMs = atMs;
      }
    } finally {
      this.#close();
    }
  }

  #close(): void {
    const nowMs = this.#clock.now();
    if (this.#isCurrent(nowMs)) this.#closedMs = nowMs;
    this.#isOpen = false;
  }
}
