import type { GatewayTarget } from '../../operator/domain/gateway/target.ts';
import type { GatewayService } from '../../operator/ports/gateway-metrics.ts';
import type { Problem } from '../problem.ts';
import type { AccessLog } from './access-log.ts';
import type { GatewayPorts } from './ports.ts';
import { Meter } from './stream-watch.ts';

const maxPathLength = 512;
/** An answer that was cut off: its renter was told the status of its head. */
const clientGone = 499;

/** What is told of a request in the log, the access log and the metrics, once, when it has ended. */
export class Record {
  readonly up = new Meter();
  readonly down = new Meter();
  readonly #ports: GatewayPorts;
  readonly #log: AccessLog;
  readonly #method: string;
  readonly #startedMs: number;
  readonly #time: string;
  target: GatewayTarget | undefined;
  /** Of who is let in. */
  user: string | undefined;
  status: number | undefined;
  problem: Problem | undefined;

  constructor(ports: GatewayPorts, log: AccessLog, method: string) {
    this.#ports = ports;
    this.#log = log;
    this.#method = method.slice(0, 16);
    this.#startedMs = ports.clock.monotonicMs();
    this.#time = new Date(ports.clock.now()).toISOString();
  }

  /** Whatever it came to. */
  end(): void {
    const { metrics, logger, clock } = this.#ports;
    const { target, problem } = this;
    const ms = Math.round(clock.monotonicMs() - this.#startedMs);
    const status = this.status ?? problem?.status ?? clientGone;
    metrics.ended(serviceOf(target), status, ms / 1000);
    metrics.carried(serviceOf(target), { up: this.up.bytes, down: this.down.bytes });
    if (problem !== undefined) metrics.refused(problem.reason);
    const cluster = target === undefined ? undefined : `${target.namespace}/${target.name}`;
    const entry = {
      time: this.#time,
      user: this.user ?? '',
      method: this.#method,
      service: target?.service ?? '',
      path: (target?.path.split('?', 1)[0] ?? '').slice(0, maxPathLength),
      status,
      ...{ receivedBytes: this.up.bytes, sentBytes: this.down.bytes, ms },
      reason: problem?.reason,
    };
    // `time` is the log's own.
    const { time: startedAt, ...fields } = entry;
    logger.info({ startedAt, ...fields, cluster }, 'gateway request');
    // Strangers leave no trace with a renter: they could push out what the renter's people did.
    if (this.user !== undefined && cluster !== undefined) this.#log.add(cluster, entry);
  }
}

export function serviceOf(target: GatewayTarget | undefined): GatewayService {
  const service = target?.service;
  return service === undefined || service === 'index' || service === 'access-log'
    ? 'other'
    : service;
}
