import type { IODevice } from '../../../crds/schema/index.ts';
import { type Roster, rosterOf, upBits } from '../../domain/metering/roster.ts';
import type { HeartbeatReport } from '../../domain/metering/types.ts';
import { exponentialMs, jitteredMs } from '../../runtime/backoff.ts';
import type { Lister } from '../../runtime/cache.ts';
import { type Clock, type Random, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import { sha256 } from '../../runtime/sha256.ts';
import { type IntakeAnswer, type IntakeClient, isFinalRefusal } from './intake-client.ts';
import type { MeteredNode } from './views.ts';
import type { WatchSight } from './watch-sight.ts';

export type HeartbeatOptions = Readonly<{
  devices: Lister<IODevice>;
  nodes: Lister<MeteredNode>;
  sight: WatchSight;
  client: IntakeClient;
  clock: Clock;
  random: Random;
  logger: Logger;
}>;

type Beat = Readonly<{ minute: number; roster: Roster; up: string }>;

const heartbeatsPath = '/v1/intake/heartbeats';
const minuteMs = 60_000;
/** Minutes that were seen and not told, while the hub is away: a day. */
const maxWaitingBeats = 1_440;
/** Members spread what they send over this part of the minute. */
const spreadMs = 20_000;
/** While devices or nodes are not known yet. */
const lookAgainMs = 5_000;
const backoff = { baseMs: 1_000, maximumMs: 30_000 };

/**
 * Tells once a minute which devices are up. A minute in which the agent did not run, or did not see
 * its nodes, is not told: nobody knows.
 */
export class Heartbeats {
  readonly #options: HeartbeatOptions;
  readonly #waiting: Beat[] = [];
  #roster: Roster = { names: [], hash: '' };
  #lastMinute = 0;
  #failures = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Until aborted; the informers have to be synced. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    const offsetMs = random() * spreadMs;
    while (!signal.aborted) {
      const hasLooked = this.#look();
      const untilMinuteMs = minuteMs - (clock.now() % minuteMs) + offsetMs;
      let waitMs = hasLooked ? untilMinuteMs : lookAgainMs;
      try {
        await this.#sendAll(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn(errorFields(error), 'heartbeats of devices did not reach the hub');
        waitMs = Math.min(waitMs, jitteredMs(exponentialMs(this.#failures, backoff), random));
        this.#failures += 1;
      }
      await sleep(clock, waitMs, signal);
    }
  }

  /** Notes this minute, once. False: it is not known yet what is up. */
  #look(): boolean {
    const { devices, nodes, sight, clock, logger } = this.#options;
    const minute = Math.floor(clock.now() / minuteMs);
    if (minute <= this.#lastMinute) return true;
    if (!sight.isOpen || devices.size === 0) return false;
    this.#lastMinute = minute;
    const byName = new Map(devices.list().map((device) => [device.metadata.name, device.spec]));
    this.#roster = keepIfSame(this.#roster, rosterOf([...byName.keys()], sha256));
    const bits = upBits(this.#roster, (name) => {
      const spec = byName.get(name);
      if (spec?.health?.state === 'Broken') return false;
      return spec?.allocatable === true && nodes.get(spec.node.name)?.ready === true;
    });
    const up = Buffer.from(bits).toString('base64');
    this.#waiting.push({ minute, roster: this.#roster, up });
    if (this.#waiting.length > maxWaitingBeats) {
      this.#waiting.shift();
      logger.warn({ kept: maxWaitingBeats }, 'the hub is away: the oldest minute is given up');
    }
    return true;
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    for (let beat = this.#waiting[0]; beat !== undefined; beat = this.#waiting[0]) {
      let answer = await this.#send(beat, false, signal);
      if (answer.body['result'] === 'RosterUnknown') answer = await this.#send(beat, true, signal);
      const { status, reason, detail } = answer;
      if (status === 200 && answer.body['result'] === 'Stored') {
        this.#waiting.shift();
        continue;
      }
      if (!isFinalRefusal(answer)) throw new RefusedError(answer);
      const { logger } = this.#options;
      logger.error({ status, reason, detail, minute: beat.minute }, 'a heartbeat was refused');
      this.#waiting.shift();
    }
  }

  #send({ minute, roster, up }: Beat, tell: boolean, signal: AbortSignal): Promise<IntakeAnswer> {
    const { client, clock } = this.#options;
    const report: HeartbeatReport = {
      minute,
      sentAtMs: clock.now(),
      rosterHash: roster.hash,
      ...(tell ? { roster: roster.names } : {}),
      up,
    };
    return client.post(heartbeatsPath, report, signal);
  }
}

/** One copy of a roster for all the minutes that have it. */
const keepIfSame = (before: Roster, now: Roster): Roster =>
  before.hash === now.hash ? before : now;

class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  readonly reason: string | undefined;

  constructor({ status, reason, detail }: IntakeAnswer) {
    super(`the hub answered ${status}: ${detail ?? 'it did not say why'}`);
    this.status = status;
    this.reason = reason;
  }
}
