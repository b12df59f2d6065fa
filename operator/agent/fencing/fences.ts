import type { IOPlacement } from '../../../crds/schema/index.ts';
import { agentFenceMs, hubFenceMs, maxCheckpointSeconds } from '../../domain/member/fencing.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Renewals } from './renewals.ts';

/** A lease that may not begin here, since the hub may have placed it anew. */
type Doubt = {
  /** Acknowledged heartbeats before: only after a later one the hub's answer counts. */
  acknowledged: number;
  /** Since when, in whole seconds, its work is stopped; undefined: what runs goes on for now. */
  stoppedSeconds: number | undefined;
  /** The hub said that the lease is this member's no more: it is not asked again. */
  isOver: boolean;
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
 * one sees the other. For the same reason every lease is asked for once in each contact with the hub,
 * before anything of it begins: what a cache knows may be older than the silence before.
 */
export class Fences {
  readonly #options: FenceOptions;
  readonly #doubts = new Map<string, Doubt>();
  /** In which contact the hub said of a lease that it is this member's; 0 for those not named. */
  readonly #confirmed = new Map<string, number>();
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
    const { renewals } = this.#options;
    const limitMs = agentFenceMs({ policy: 'AfterFence', afterSeconds }) ?? Infinity;
    if (this.isFenced(leaseId)) return 'Fenced';
    const isSilent = renewals.silentMs() >= limitMs;
    const isConfirmed = (this.#confirmed.get(leaseId) ?? 0) === renewals.contact;
    if (!isSilent && isConfirmed) return 'Clear';
    const doubt = this.#doubts.get(leaseId) ?? {
      acknowledged: 0,
      stoppedSeconds: undefined,
      isOver: false,
    };
    this.#doubts.set(leaseId, doubt);
    if (!isSilent || this.#asksFirst(afterSeconds)) return 'Unconfirmed';
    this.#stop(leaseId, doubt, limitMs);
    return 'Fenced';
  }

  /**
   * A process that begins long after the last heartbeat, or knows of none, can stop nothing in time any
   * more: a hub that is there has placed anew what it wanted to. So it is asked before.
   */
  #asksFirst(afterSeconds: number): boolean {
    const { renewals, clock } = this.#options;
    const latestMs = hubFenceMs({ policy: 'AfterFence', afterSeconds }, maxCheckpointSeconds);
    return (
      renewals.acknowledged === 0 &&
      this.#silentAtStartMs >= (latestMs ?? Infinity) &&
      clock.monotonicMs() - this.#startedAtMs < askFirstMs
    );
  }

  #stop(leaseId: string, doubt: Doubt, limitMs: number): void {
    const { renewals, clock, logger } = this.#options;
    const silentMs = renewals.silentMs();
    const isKnown = Number.isFinite(silentMs);
    // An agent that was held up counts from when it should have stopped the work.
    const atSeconds = Math.floor((clock.now() - (isKnown ? silentMs - limitMs : 0)) / 1000);
    doubt.stoppedSeconds = atSeconds;
    doubt.acknowledged = renewals.acknowledged;
    logger.warn(
      { lease: leaseId, ...(isKnown ? { silentSeconds: Math.round(silentMs / 1000) } : {}) },
      'the hub is not heard: the work of the lease is stopped',
    );
    for (const listener of this.#onFence) listener(leaseId, atSeconds);
  }

  /** Leases in doubt of which the hub can be asked now. */
  askable(): readonly string[] {
    return [...this.#doubts].filter(([, doubt]) => this.#isAskable(doubt)).map(([id]) => id);
  }

  #isAskable({ acknowledged, isOver }: Doubt): boolean {
    return !isOver && this.#options.renewals.acknowledged > acknowledged;
  }

  /**
   * Asks the hub. True: it said whether the lease is here, and what follows from that is to be done;
   * false: it cannot be asked yet, or was silent again meanwhile. Throws when it does not answer.
   */
  async ask(leaseId: string, signal: AbortSignal): Promise<boolean> {
    const { askHub, renewals, logger } = this.#options;
    const doubt = this.#doubts.get(leaseId);
    if (doubt === undefined || !this.#isAskable(doubt)) return false;
    const { contact } = renewals;
    const { acknowledged } = doubt;
    const placement = await askHub(leaseId, signal);
    const isHere = placement !== undefined && placement.metadata.deletionTimestamp === undefined;
    if (isHere) {
      const afterMs = agentFenceMs(placement.spec.fencing ?? { policy: 'Never', afterSeconds: 0 });
      // Nothing of an answer counts that came before another silence, or in the middle of one.
      const isSilent = afterMs !== undefined && renewals.silentMs() >= afterMs;
      if (isSilent || doubt.acknowledged !== acknowledged) return false;
      this.#confirmed.set(leaseId, contact);
      this.#doubts.delete(leaseId);
    } else {
      doubt.isOver = true;
    }
    logger.info({ lease: leaseId, here: isHere }, 'the hub was asked for the lease');
    return true;
  }

  /** Nothing is left of the lease. */
  forget(leaseId: string): void {
    this.#doubts.delete(leaseId);
    this.#confirmed.delete(leaseId);
  }
}
