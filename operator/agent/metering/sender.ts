import { maxChangesPerReport } from '../../domain/metering/types.ts';
import type { MeteringMetrics } from '../../ports/metering-metrics.ts';
import { exponentialMs, jitteredMs } from '../../runtime/backoff.ts';
import { type Clock, type Random, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import { type IntakeAnswer, type IntakeClient, isFinalRefusal } from './intake-client.ts';
import type { Spool, SpooledReport } from './spool.ts';

export type SenderOptions = Readonly<{
  spool: Pick<Spool, 'next' | 'acknowledge' | 'shorten' | 'setAside' | 'waitingChanges'>;
  client: IntakeClient;
  /** Between two reports when nothing is in a hurry. */
  intervalMs: number;
  clock: Clock;
  random: Random;
  metrics: MeteringMetrics;
  logger: Logger;
}>;

const usagePath = '/v1/intake/usage';
const backoff = { baseMs: 1_000, maximumMs: 60_000 };
/** A body that was cut on its way is refused as well; the same refusal thrice is about its content. */
const refusalsToBelieve = 3;
/** What one log line tells of changes that the hub did not take. */
const maxShownRejections = 5;

/**
 * Sends what the spool has, one report after the other and each until the hub has it: a report for
 * which no answer came is sent again unchanged. What can never be taken is set aside, so that what
 * follows is not held up by it.
 */
export class Sender {
  readonly #options: SenderOptions;
  #limit = maxChangesPerReport;
  #failures = 0;
  #refusals = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { spool, clock, logger, metrics, intervalMs } = this.#options;
    while (!signal.aborted) {
      let waitMs = intervalMs;
      try {
        const report = await spool.next(this.#limit);
        if (report !== undefined) waitMs = await this.#send(report, signal);
      } catch (error) {
        if (signal.aborted) return;
        metrics.report('failed');
        logger.warn(errorFields(error), 'a report of usage did not reach the hub');
        waitMs = this.#failedMs();
      }
      await sleep(clock, waitMs, signal);
    }
  }

  /** Sends once; how long to wait before the next. */
  async #send(report: SpooledReport, signal: AbortSignal): Promise<number> {
    const { client, clock, metrics, logger } = this.#options;
    const sentAtMs = clock.now();
    const answer = await client.post(usagePath, { ...report, sentAtMs }, signal);
    this.#measureSkew(answer, sentAtMs);
    if (answer.status === 200) return this.#acknowledged(report, answer);
    const { status, reason, detail } = answer;
    const fields = { status, reason, detail, sequence: report.sequence };
    if (reason === 'ClockSkew') {
      metrics.report('clock-skew');
      logger.warn(fields, 'the hub takes no usage: the clocks are too far apart');
      return this.#failedMs();
    }
    if (isFinalRefusal(answer)) return this.#refused(report, fields);
    metrics.report('failed');
    logger.warn(fields, 'the hub did not take a report of usage');
    return Math.max(answer.retryAfterMs ?? 0, this.#failedMs());
  }

  async #acknowledged(report: SpooledReport, answer: IntakeAnswer): Promise<number> {
    const { spool, metrics, intervalMs } = this.#options;
    await spool.acknowledge(report.sequence);
    this.#failures = 0;
    this.#refusals = 0;
    this.#limit = maxChangesPerReport;
    metrics.report('acknowledged');
    this.#tellRejections(answer.body['rejected']);
    return spool.waitingChanges > 0 ? 0 : intervalMs;
  }

  /** The hub refuses the whole report: halves of it find the change that it is about. */
  async #refused(report: SpooledReport, why: Readonly<Record<string, unknown>>): Promise<number> {
    const { spool, metrics, logger } = this.#options;
    const count = report.changes.length;
    if (count > 1) {
      this.#limit = Math.ceil(count / 2);
      logger.warn({ ...why, changes: count }, 'the hub refused a report; it is sent in parts');
      await spool.shorten(this.#limit);
      return 0;
    }
    this.#refusals += 1;
    if (this.#refusals < refusalsToBelieve) return this.#failedMs();
    metrics.report('rejected');
    logger.error({ ...why, changes: count }, 'the hub can never take this; it is set aside');
    await spool.setAside(why);
    this.#refusals = 0;
    return count === 0 ? this.#failedMs() : 0;
  }

  #measureSkew({ body }: IntakeAnswer, sentAtMs: number): void {
    const { receivedAtMs } = body;
    if (typeof receivedAtMs !== 'number') return;
    // The message was received about half-way between sending it and having the answer.
    const halfWayMs = (sentAtMs + this.#options.clock.now()) / 2;
    this.#options.metrics.clockSkew((halfWayMs - receivedAtMs) / 1000);
  }

  /** The hub keeps them in its dead-letter table, where an operator sees to them. */
  #tellRejections(rejected: unknown): void {
    if (!Array.isArray(rejected) || rejected.length === 0) return;
    const shown = rejected.slice(0, maxShownRejections) as readonly unknown[];
    const fields = { rejected: rejected.length, first: shown };
    this.#options.logger.warn(fields, 'the hub did not take some changes; they are dead letters');
  }

  #failedMs(): number {
    const delayMs = exponentialMs(this.#failures, backoff);
    this.#failures += 1;
    return jitteredMs(delayMs, this.#options.random);
  }
}
