import type { IOPlacement } from '../../../crds/schema/index.ts';
import { agentFenceMs } from '../../domain/member/fencing.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Renewals } from './renewals.ts';

/** A lease that may not begin here, since the hub may have placed it anew. */
type Doubt = {
  /** Acknowledged heartbeats before: only after a later one the hub's answer counts. */
  readonly acknowledged: number;
  /** Since when, in whole seconds, its work is stopped; undefined: what runs goes on for now. */
  stoppedSeconds: number | undefined;
};

/**
 * `Clear`: it may run. `Unconfirmed`: what runs goes on, and nothing begins, until the hub was asked.
 * `Fenced`: its work is stopped.
 */
export type FenceState = 'Clear' | 'Unconfirmed' | 'Fenced';

/** A process that began without knowing asks the hub for so long before it stops anything. */
const askFirstMs = 5_000;

export type FenceOptions = Readonly<{
  renewals: Renewals;
  /** The placement as the hub itself says now, not a cache; undefined: there is none. */
  askHub: (leaseId: string, signal: AbortSignal) => Promise<IOPlacement | undefined>;
  clock: Clock;
  logger: Logger;
}>;

/**
 * Which leases may not run here. A lease is fenced when no heartbeat was acknowledged for as long as
 * it says, and stays so until one was acknowledged *and then* the hub itself says that the lease is
 * still this member's. The hub deletes a placement first and looks for heartbeats then: of the two,
 * one sees the other. A process that begins after a long silence asks the hub in the same way.
 */
export class Fences {
  readonly #options: FenceOptions;
  readonly #doubts = new Map<string, Doubt>();
  /** Leases that the hub said are this member's, in a process that began without knowing. */
  readonly #confirmed = new Set<string>();
  readonly #startedAtMs: number;
  /** How long the agent had been silent when this process began. */
  readonly #silentAtStartMs: number;
  readonly #onFence: ((leaseId: string, atSeconds: number) => void)[] = [];

  constructor(options: FenceOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.monotonicMs();
    this.#silentAtStartMs = options.renewals.silentMs();
  }

  /** Called when the work of a lease is to be stopped, with the second from which on it counts as that. */
  onFence(listener: (leaseId: string, atSeconds: number) => void): void {
    this.#onFence.push(listener);
  }

  isFenced(leaseId: string): boolean {
    return this.#doubts.get(leaseId)?.stoppedSeconds !== undefined;
  }

  /** Looks at a lease that says to be stopped `afterSeconds` after the last heartbeat. */
  check(leaseId: string, afterSeconds: number): FenceState {
    const { renewals, clock } = this.#options;
    const limitMs = agentFenceMs({ policy: 'AfterFence', afterSeconds }) ?? Infinity;
    const known = this.#doubts.get(leaseId);
    if (known?.stoppedSeconds !== undefined) return 'Fenced';
    const isUnsure = this.#silentAtStartMs >= limitMs && !this.#confirmed.has(leaseId);
    const isSilent = renewals.silentMs() >= limitMs;
    if (!isSilent && !isUnsure) return 'Clear';
    const doubt = known ?? { acknowledged: renewals.acknowledged, stoppedSeconds: undefined };
    this.#doubts.set(leaseId, doubt);
    const isAsking = isUnsure && clock.monotonicMs() - this.#startedAtMs < askFirstMs;
    if (!isSilent || isAsking) return 'Unconfirmed';
    this.#stop(leaseId, doubt);
    return 'Fenced';
  }

  #stop(leaseId: string, doubt: Doubt): void {
    const { renewals, clock, logger } = this.#options;
    const atSeconds = Math.floor(clock.now() / 1000);
    doubt.stoppedSeconds = atSeconds;
    const silentSeconds = Math.round(renewals.silentMs() / 1000);
    logger.warn(
      { lease: leaseId, ...(Number.isFinite(silentSeconds) ? { silentSeconds } : {}) },
      'the hub is not heard: the work of the lease is stopped',
    );
    for (const listener of this.#onFence) listener(leaseId, atSeconds);
  }

  /** Leases in doubt of which the hub can be asked now. */
  askable(): readonly string[] {
    const { renewals } = this.#options;
    return [...this.#doubts]
      .filter(([, { acknowledged }]) => renewals.acknowledged > acknowledged)
      .map(([leaseId]) => leaseId);
  }

  /** Asks the hub; true: the lease may run, or is no more and nothing is kept of it. */
  async ask(leaseId: string, signal: AbortSignal): Promise<boolean> {
    const { askHub, renewals, logger } = this.#options;
    const doubt = this.#doubts.get(leaseId);
    if (doubt === undefined || renewals.acknowledged <= doubt.acknowledged) return false;
    const placement = await askHub(leaseId, signal);
    if (placement?.metadata.deletionTimestamp !== undefined) return false;
    const afterMs = agentFenceMs(placement?.spec.fencing ?? { policy: 'Never', afterSeconds: 0 });
    // It may have become silent again while it asked.
    if (afterMs !== undefined && renewals.silentMs() >= afterMs) return false;
    if (placement !== undefined) this.#confirmed.add(leaseId);
    this.#doubts.delete(leaseId);
    logger.info(
      { lease: leaseId, here: placement !== undefined },
      'the hub was asked for the lease',
    );
    return true;
  }

  /** The lease is no more. */
  forget(leaseId: string): void {
    this.#doubts.delete(leaseId);
    this.#confirmed.delete(leaseId);
  }
}
