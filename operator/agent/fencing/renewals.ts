import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { leastFenceSeconds } from '../../domain/member/fencing.ts';
import type { Clock } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';

/** A moment by clocks that outlive a process: that of the machine's boot, and the wall clock. */
export type Stamp = Readonly<{ bootId: string; uptimeMs: number; wallMs: number }>;

/**
 * When the hub acknowledged a heartbeat last, counted from when that heartbeat was *sent*: a slow
 * answer never makes the agent believe that it was heard later than it was. Kept on disk, so that an
 * agent that starts while the hub is away knows for how long it has been silent.
 */
export class Renewals {
  readonly #clock: Clock;
  readonly #path: string | undefined;
  readonly #stamp: () => Stamp;
  readonly #logger: Logger;
  #sentMs: number;
  #count = 0;
  #contact: number;

  private constructor(
    options: RenewalOptions & Readonly<{ stamp: () => Stamp }>,
    silentMs: number,
  ) {
    this.#clock = options.clock;
    this.#path = options.directory === undefined ? undefined : join(options.directory, fileName);
    this.#stamp = options.stamp;
    this.#logger = options.logger;
    this.#sentMs = options.clock.monotonicMs() - silentMs;
    this.#contact = silentMs < leastFenceMs ? 0 : 1;
  }

  static async open(options: RenewalOptions): Promise<Renewals> {
    const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    const stamp = options.stamp ?? (() => stampNow(bootId.trim(), options.clock));
    const silentMs = readSilentMs(options.directory, stamp());
    return new Renewals({ ...options, stamp }, silentMs);
  }

  /** Milliseconds since the last acknowledged heartbeat was sent; Infinity: nothing is known of any. */
  silentMs(): number {
    return this.#clock.monotonicMs() - this.#sentMs;
  }

  /** Heartbeats that were acknowledged to this process. */
  get acknowledged(): number {
    return this.#count;
  }

  /**
   * Counts the contacts with the hub: one more after each silence in which it may have placed a lease
   * anew. 0 is the one that the process before this one had, and that still lasts.
   */
  get contact(): number {
    return this.#contact;
  }

  /** The hub has the heartbeat that was sent at this moment of the monotonic clock. */
  acknowledge(sentMs: number): void {
    if (this.silentMs() >= leastFenceMs) this.#contact += 1;
    this.#count += 1;
    this.#sentMs = Math.max(this.#sentMs, sentMs);
    if (this.#path === undefined) return;
    try {
      const part = `${this.#path}.part`;
      const { bootId, uptimeMs, wallMs } = this.#stamp();
      const agoMs = this.silentMs();
      const stamp: Stamp = { bootId, uptimeMs: uptimeMs - agoMs, wallMs: wallMs - agoMs };
      writeFileSync(part, JSON.stringify(stamp), { mode: 0o600 });
      renameSync(part, this.#path);
    } catch (error) {
      // What cannot be kept is not known after a restart: then the work is stopped too early.
      this.#logger.warn(errorFields(error), 'the time of the last heartbeat could not be kept');
    }
  }
}

export type RenewalOptions = Readonly<{
  clock: Clock;
  logger: Logger;
  /** Undefined: nothing outlives the process. */
  directory: string | undefined;
  stamp?: () => Stamp;
}>;

const fileName = 'last-heartbeat.json';
const leastFenceMs = leastFenceSeconds * 1000;

function stampNow(bootId: string, clock: Clock): Stamp {
  const [seconds = '0'] = readFileSync('/proc/uptime', 'utf8').split(' ');
  return { bootId, uptimeMs: Number(seconds) * 1000, wallMs: clock.now() };
}

/** By the clock of the boot where it is the same one; a wall clock may have been set. */
function readSilentMs(directory: string | undefined, now: Stamp): number {
  if (directory === undefined) return Number.POSITIVE_INFINITY;
  let kept: Partial<Stamp>;
  try {
    kept = JSON.parse(readFileSync(join(directory, fileName), 'utf8')) as Partial<Stamp>;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
  const { bootId, uptimeMs, wallMs } = kept;
  const ago =
    bootId === now.bootId && bootId !== '' && uptimeMs !== undefined
      ? now.uptimeMs - uptimeMs
      : now.wallMs - (wallMs ?? Number.NEGATIVE_INFINITY);
  return Number.isFinite(ago) && ago >= 0 ? ago : Number.POSITIVE_INFINITY;
}
