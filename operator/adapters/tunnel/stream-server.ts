import { Agent } from 'node:http';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { isSendable, targetOf, tunnelHeader } from '../../domain/tunnel/headers.ts';
import { idleLimitMs } from '../../domain/tunnel/limits.ts';
import { isGrpc, portOf, type TunnelService } from '../../domain/tunnel/services.ts';
import { TunnelError } from '../../ports/tunnel.ts';
import type { LeaseHeads } from '../../ports/tunnel-agent.ts';
import type { TunnelMetrics } from '../../ports/tunnel-metrics.ts';
import type { Clock } from '../../runtime/clock.ts';
import { cutOff } from './whole-body.ts';
import type { Exchange } from './exchange.ts';
import { GrpcHeads } from './head-grpc.ts';
import { overHttp } from './head-http.ts';
import { overWebsocket } from './head-websocket.ts';
import { LeaseStreams, type StreamLimits } from './lease-streams.ts';

export type StreamServerOptions = Readonly<{
  heads: LeaseHeads;
  metrics: TunnelMetrics;
  clock: Clock;
  limits?: StreamLimits;
  idleMs?: (kind: 'exchange' | 'session') => number;
  /** The port of a head; tests have heads of their own. */
  portOf?: (service: TunnelService) => number;
}>;

/** Idle connections to heads are closed before any of Ray's servers would close them. */
const keptMs = 4_000;
const keptConnections = 64;
/** Of one stream: two pipelines have a dozen. */
const maxListeners = 32;

/**
 * Answers what comes through the tunnels of an agent. A request names a lease and a service, and
 * nothing else decides where it goes.
 */
export class StreamServer {
  readonly #options: StreamServerOptions;
  readonly #streams: LeaseStreams;
  readonly #agent = new Agent({
    ...{ keepAlive: true, timeout: keptMs, noDelay: true },
    maxFreeSockets: keptConnections,
  });
  readonly #grpc = new GrpcHeads();

  constructor(options: StreamServerOptions) {
    this.#options = options;
    this.#streams = new LeaseStreams((count) => options.metrics.streams(count), options.limits);
  }

  /** A stream that begins; called in the turn in which it came, so that nothing of it is missed. */
  serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number): void {
    // What became of it is told by its end.
    stream.on('error', () => undefined);
    stream.setMaxListeners(maxListeners);
    const target = targetOf(headers);
    if (target === undefined) return refuse(stream, wrong('it names no lease, or no service'));
    const begun = this.#streams.begin(target.lease, stream);
    if (!('answered' in begun)) {
      return refuse(stream, new TunnelError('TooManyStreams', begun.status, begun.message));
    }
    const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const { service } = target;
    let outcome = 'aborted';
    stream.once('close', () => this.#options.metrics.streamEnded(service, outcome));
    this.#limitIdle(stream, isLong(headers, service) ? 'session' : 'exchange');
    const answered = (status: number): void => {
      begun.answered();
      outcome = 'answer';
      if (status === 401 || status === 403) this.#options.heads.distrust(target.lease);
    };
    this.#send({ stream, headers, isWhole, answered }, target).catch((error: unknown) => {
      const fault =
        error instanceof TunnelError
          ? error
          : new TunnelError('HeadFailed', 502, 'the agent could not send the request');
      outcome = fault.fault;
      refuse(stream, fault);
    });
  }

  /** Resets all that is open of a lease. */
  endLease(lease: string): void {
    this.#streams.end(lease);
  }

  close(): void {
    this.#agent.destroy();
    this.#grpc.close();
  }

  async #send(
    came: Pick<Exchange, 'stream' | 'headers' | 'isWhole' | 'answered'>,
    { lease, service }: Readonly<{ lease: string; service: TunnelService }>,
  ): Promise<void> {
    const { heads, clock, portOf: port = portOf } = this.#options;
    const { headers, stream } = came;
    const protocol = headers[':protocol'];
    check(headers, protocol, service);
    const head = await heads.headOf(lease, service);
    if (head === undefined) {
      throw new TunnelError('LeaseUnknown', 404, `the member runs no ${lease} now`);
    }
    if (stream.destroyed) return;
    const exchange: Exchange = { ...came, service, head, port: port(service), clock };
    if (protocol !== undefined) await overWebsocket(exchange);
    else if (isGrpc(service)) await this.#grpc.send(exchange);
    else await overHttp(exchange, this.#agent);
  }

  #limitIdle(stream: ServerHttp2Stream, kind: 'exchange' | 'session'): void {
    const { idleMs = idleLimitMs } = this.#options;
    stream.setTimeout(idleMs(kind), () => {
      if (stream.headersSent) cutOff(stream);
      else refuse(stream, new TunnelError('HeadTimeout', 504, 'the head did not answer in time'));
    });
  }
}

const isLong = (headers: IncomingHttpHeaders, service: TunnelService): boolean =>
  headers[':protocol'] !== undefined || isGrpc(service);

/** Throws TunnelError. */
function check(
  headers: IncomingHttpHeaders,
  protocol: string | undefined,
  service: TunnelService,
): void {
  const method = headers[':method'];
  if (
    !isSendable(method, headers[':path']) ||
    (method === 'CONNECT') !== (protocol !== undefined)
  ) {
    throw wrong('its method or its path is none of HTTP');
  }
  if (protocol === undefined) return;
  if (protocol !== 'websocket' || isGrpc(service)) {
    throw wrong('only websockets are connected, and only to the dashboard and to serve');
  }
}

const wrong = (why: string): TunnelError =>
  new TunnelError('HeadFailed', 400, `the request cannot be sent: ${why}`);

/** An answer of the agent itself. */
function refuse(stream: ServerHttp2Stream, { fault, status, message }: TunnelError): void {
  if (stream.destroyed || stream.closed) return;
  if (stream.headersSent) {
    cutOff(stream);
    return;
  }
  stream.on('wantTrailers', () => stream.sendTrailers({ [tunnelHeader.end]: '1' }));
  stream.respond(
    { ':status': status, [tunnelHeader.refusal]: fault, 'content-type': 'text/plain' },
    { waitForTrailers: true },
  );
  stream.end(message);
  stream.resume();
}
