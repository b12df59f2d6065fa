import type { Credentials } from '../../ports/credential-store.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { sleep } from '../../runtime/clock.ts';
import type { Runnable } from '../../runtime/manager.ts';
import { heldCredentials, joinHub, type JoinOptions } from './join.ts';
import { JoinError } from './join-error.ts';
import { renewal } from './renewal.ts';

/** Somebody may have put a new token in place meanwhile. */
const retryMs = 60_000;

/**
 * Gets the agent's credentials and keeps them good. The rest of the agent runs meanwhile: an agent that
 * lost its key still has to stop what its hub takes for stopped.
 */
export class Joining {
  readonly #options: JoinOptions;
  readonly #use: (credentials: Credentials) => void;
  readonly #joined = Promise.withResolvers<void>();

  /** `use` makes the clients of this process use credentials. */
  constructor(options: JoinOptions, use: (credentials: Credentials) => void) {
    this.#options = options;
    this.#use = use;
  }

  /** The hub for informers, which wait until there is something to come with. */
  gate(hub: ApiClient): Pick<ApiClient, 'list' | 'watch'> {
    return {
      list: async (resource, options) => {
        await this.#joinedOr(options?.signal);
        return hub.list(resource, options);
      },
      watch: (resource, options) => hub.watch(resource, options),
    };
  }

  /** Runs for as long as the agent does. */
  runnable(hub: ApiClient): Runnable {
    return {
      name: 'credentials',
      needsLeadership: false,
      run: async (signal, context) => {
        // With the key before, while a newer one waits for consent.
        const held = await this.#unlessStopped(heldCredentials(this.#options, signal), signal);
        if (held !== undefined) this.#open(held);
        const current = await this.#join(signal);
        if (current === undefined) return;
        if (current !== held) this.#open(current);
        const renewed = this.#use;
        await renewal({ ...this.#options, hub, current, renewed }).run(signal, context);
      },
    };
  }

  #open(credentials: Credentials): void {
    this.#use(credentials);
    this.#joined.resolve();
  }

  async #join(signal: AbortSignal): Promise<Credentials | undefined> {
    const { clock, logger } = this.#options;
    for (;;) {
      try {
        return await this.#unlessStopped(joinHub(this.#options, signal), signal);
      } catch (error) {
        if (!(error instanceof JoinError)) throw error;
        const { fault, message } = error;
        logger.error({ fault }, `the agent cannot join its hub: ${message}`);
      }
      await sleep(clock, retryMs, signal);
      if (signal.aborted) return undefined;
    }
  }

  async #unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async #joinedOr(signal: AbortSignal | undefined): Promise<void> {
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    await Promise.race([this.#joined.promise, stopped.promise]);
    signal?.removeEventListener('abort', stop);
  }
}
