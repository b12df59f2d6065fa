import type { AgentTunnel, TunnelDialer } from '../../ports/tunnel-agent.ts';
import type { TunnelMetrics } from '../../ports/tunnel-metrics.ts';
import { jitteredMs } from '../../runtime/backoff.ts';
import { type Clock, type Random, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import { nextDialMs } from './dial-plan.ts';

export type KeeperOptions = Readonly<{
  dialer: TunnelDialer;
  /** Changes when the agent has another certificate than before. */
  credentials: () => Promise<string>;
  clock: Clock;
  random: Random;
  metrics: Pick<TunnelMetrics, 'tunnels' | 'tunnelOpened'>;
  logger: Logger;
}>;

/** A tunnel that was lost sooner counts as a dial that failed. */
const steadyMs = 10_000;
const lookAtCredentialsMs = 30_000;
/** What streams that run get to end, when the agent stops. */
const graceMs = 5_000;

/**
 * Keeps a tunnel to each gateway. All of them stand behind one address, so the agent dials until it
 * has met as many different ones as there are. With a new certificate it dials all of them anew, and
 * lets the old tunnel to a gateway go when it has the new one.
 */
export class TunnelKeeper {
  readonly #options: KeeperOptions;
  readonly #current = new Map<string, AgentTunnel>();
  /** Made with an earlier certificate. */
  readonly #outdated = new Map<string, AgentTunnel>();
  #expected = 1;
  #failures = 0;
  #duplicates = 0;
  #credentials: string | undefined;
  #wake = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Until aborted; then what runs may end. */
  async run(signal: AbortSignal): Promise<void> {
    const { random } = this.#options;
    while (!signal.aborted) {
      await this.#lookAtCredentials();
      const state = { expected: this.#expected, connected: this.#current.size };
      const { failures, duplicates } = { failures: this.#failures, duplicates: this.#duplicates };
      const delayMs = nextDialMs({ ...state, failures, duplicates });
      if (delayMs === undefined) {
        await this.#wait(lookAtCredentialsMs, signal);
        continue;
      }
      await this.#wait(jitteredMs(delayMs, random), signal);
      if (!signal.aborted) await this.#dial(signal);
    }
    await this.#stop();
  }

  /** The certificate of the agent may be another one now. */
  lookAgain(): void {
    this.#wake.abort();
  }

  async #dial(signal: AbortSignal): Promise<void> {
    const { dialer, metrics, logger } = this.#options;
    try {
      const isTaken = (gateway: string): boolean => this.#current.has(gateway);
      const tunnel = await dialer.dial({ isTaken, signal });
      if (tunnel === undefined) {
        this.#duplicates += 1;
        metrics.tunnelOpened('duplicate');
      } else {
        this.#add(tunnel);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#failures += 1;
      metrics.tunnelOpened('failed');
      // Once, and then each time that the pause has become ten times as long or so.
      const level = [1, 4, 8].includes(this.#failures) ? 'warn' : 'debug';
      logger[level](errorFields(error), 'there is no tunnel to a gateway; it is tried again');
    }
  }

  #add(tunnel: AgentTunnel): void {
    const { metrics, logger } = this.#options;
    const { gateway, count } = tunnel.hello;
    this.#expected = count;
    this.#duplicates = 0;
    this.#current.set(gateway, tunnel);
    this.#outdated.get(gateway)?.retire();
    this.#outdated.delete(gateway);
    metrics.tunnelOpened('taken');
    this.#count();
    logger.info({ gateway, gateways: count }, 'a tunnel opened');
    void this.#untilClosed(tunnel);
  }

  async #untilClosed(tunnel: AgentTunnel): Promise<void> {
    const { clock, logger } = this.#options;
    const { gateway } = tunnel.hello;
    const openedMs = clock.monotonicMs();
    const reason = await tunnel.closed;
    if (this.#outdated.get(gateway) === tunnel) this.#outdated.delete(gateway);
    if (this.#current.get(gateway) === tunnel) {
      this.#current.delete(gateway);
      const isSteady = clock.monotonicMs() - openedMs >= steadyMs;
      this.#failures = isSteady ? 0 : this.#failures + 1;
      this.#duplicates = 0;
      logger.warn({ gateway, reason }, 'a tunnel closed');
      this.#wake.abort();
    }
    this.#count();
  }

  /** A certificate that cannot be read now is looked at again. */
  async #lookAtCredentials(): Promise<void> {
    const { credentials, logger } = this.#options;
    try {
      const now = await credentials();
      if (this.#credentials !== undefined && this.#credentials !== now) {
        for (const [gateway, tunnel] of this.#current) this.#outdated.set(gateway, tunnel);
        this.#current.clear();
        logger.info({}, 'the agent has a new certificate: its tunnels are made anew');
      }
      this.#credentials = now;
    } catch (error) {
      logger.debug(errorFields(error), 'the certificate of the agent could not be read');
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#wake = new AbortController();
    await sleep(this.#options.clock, ms, AbortSignal.any([signal, this.#wake.signal]));
  }

  #count(): void {
    this.#options.metrics.tunnels(this.#current.size + this.#outdated.size);
  }

  async #stop(): Promise<void> {
    const open = [...this.#current.values(), ...this.#outdated.values()];
    for (const tunnel of open) tunnel.retire();
    const ended = new AbortController();
    const closed = Promise.all(open.map((tunnel) => tunnel.closed)).then(() => ended.abort());
    await sleep(this.#options.clock, graceMs, ended.signal);
    for (const tunnel of open) tunnel.destroy();
    await closed;
  }
}
