import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import type { Duplex, Readable } from 'node:stream';
import {
  endToEnd,
  type Hello,
  helloPath,
  isSendable,
  tunnelHeader,
  websocketHeaders,
} from '../../domain/tunnel/headers.ts';
import { helloWithinMs, maxRefusalBytes, maxStreams } from '../../domain/tunnel/limits.ts';
import {
  type Tunnel,
  type TunnelAnswer,
  TunnelError,
  type TunnelRequest,
  type TunnelSocket,
  type TunnelTarget,
} from '../../ports/tunnel.ts';
import type { TunnelMetrics } from '../../ports/tunnel-metrics.ts';
import type { Clock } from '../../runtime/clock.ts';
import { destroy, keepAlive, type SessionPace, sessionOptions } from './session.ts';
import { faultOf } from './refusal.ts';
import { connectionOf, cutOff, endWhole, wholeBody } from './whole-body.ts';

export type MemberTunnelOptions = Readonly<{
  hello: Hello;
  clock: Clock;
  pace: SessionPace;
  /** Of all tunnels of the gateway together. */
  streams: { count: number };
  metrics: TunnelMetrics;
}>;

/** What the agent said to the gateway's hello. */
export type Welcome = 'taken' | 'duplicate' | 'failed';

/** The gateway's end of the tunnel to one agent: there the gateway is the client of HTTP/2. */
export class MemberTunnel implements Tunnel {
  /** Resolves when the connection has ended, and why. */
  readonly closed: Promise<string>;
  readonly #session: ClientHttp2Session;
  readonly #socket: Duplex;
  readonly #options: MemberTunnelOptions;
  #isRetiring = false;

  constructor(socket: Duplex, options: MemberTunnelOptions) {
    this.#options = options;
    this.#session = connect('http://io-tunnel', {
      ...sessionOptions,
      createConnection: () => socket,
    });
    this.#socket = socket;
    this.closed = keepAlive({ session: this.#session, socket }, options.clock, options.pace);
    this.#session.on('goaway', () => {
      this.#isRetiring = true;
    });
  }

  /** Whether a request may be sent. */
  get isOpen(): boolean {
    return !this.#isRetiring && !this.#session.closed && !this.#session.destroyed;
  }

  /** Says which gateway this is. Anything but `taken` ends the connection. */
  async hello(): Promise<Welcome> {
    const { clock, hello } = this.#options;
    const cancel = clock.setTimeout(() => this.destroy(), helloWithinMs);
    try {
      const { gateway, count } = hello;
      const stream = this.#session.request(
        {
          ...{ ':method': 'POST', ':path': helloPath },
          [tunnelHeader.gatewayId]: gateway,
          [tunnelHeader.gatewayCount]: String(count),
        },
        { endStream: true },
      );
      const { headers } = await responseOf(stream);
      stream.resume();
      if (headers[':status'] === 200) return 'taken';
      this.#session.close();
      return headers[':status'] === 409 ? 'duplicate' : 'failed';
    } catch {
      this.destroy();
      return 'failed';
    } finally {
      cancel();
    }
  }

  async request(request: TunnelRequest): Promise<TunnelAnswer> {
    const { method, headers, body } = request;
    const own = { ...endToEnd(headers), ':method': method };
    const stream = this.#open(request, own, body === undefined);
    if (body !== undefined) send(body, stream);
    return this.#answer(request, stream);
  }

  async connect(target: TunnelTarget): Promise<TunnelSocket> {
    if (!this.#session.remoteSettings.enableConnectProtocol) {
      throw new TunnelError('TunnelLost', 502, 'the agent of the member carries no websockets');
    }
    const own = { ':method': 'CONNECT', ':protocol': 'websocket' };
    const stream = this.#open(target, { ...websocketHeaders(target.headers), ...own }, false);
    const { headers } = await this.#response(target, stream);
    stream.once('close', () => this.#options.metrics.streamEnded(target.service, 'answer'));
    return { headers: websocketHeaders(headers), socket: connectionOf(stream) };
  }

  /** Begins no request any more, and ends the connection when those that run have ended. */
  retire(why: string): void {
    this.#isRetiring = true;
    if (this.#session.destroyed) return;
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, 0, Buffer.from(why));
    this.#session.close();
  }

  destroy(): void {
    destroy({ session: this.#session, socket: this.#socket });
  }

  #open(
    { lease, service, path, signal }: TunnelTarget,
    own: Record<string, string | string[]>,
    endStream: boolean,
  ): ClientHttp2Stream {
    const { streams, metrics } = this.#options;
    if (signal.aborted) throw aborted();
    if (!isSendable(own[':method'], path)) {
      throw new TunnelError('HeadFailed', 400, 'the method or the path cannot be sent');
    }
    if (!this.isOpen) throw lost('the tunnel to the member is closing');
    if (streams.count >= maxStreams) {
      const text = `the gateway carries ${maxStreams} streams, as many as it may`;
      throw new TunnelError('TooManyStreams', 503, text);
    }
    const said = { [tunnelHeader.lease]: lease, [tunnelHeader.service]: service };
    const stream = this.#session.request(
      { ...own, ...said, ':path': path, ':scheme': 'http', ':authority': 'head' },
      { endStream, waitForTrailers: !endStream },
    );
    // Whoever waits for an answer, or reads a body, is told by other means.
    stream.on('error', () => undefined);
    streams.count += 1;
    metrics.streams(streams.count);
    const abort = (): void => cutOff(stream);
    signal.addEventListener('abort', abort, { once: true });
    stream.once('close', () => {
      signal.removeEventListener('abort', abort);
      streams.count -= 1;
      metrics.streams(streams.count);
    });
    return stream;
  }

  async #answer(request: TunnelRequest, stream: ClientHttp2Stream): Promise<TunnelAnswer> {
    const { service } = request;
    const { metrics } = this.#options;
    const { headers, isWhole } = await this.#response(request, stream);
    const body = wholeBody(stream, isWhole);
    let trailers: Record<string, string | string[]> = {};
    stream.on('trailers', (received) => {
      trailers = endToEnd(received);
    });
    // Whoever reads it is told; where nobody does, it is no fault of the gateway.
    body.on('error', () => undefined);
    body.once('close', () => {
      // Nobody reads what is left of the request.
      if (!stream.writableFinished) cutOff(stream);
      metrics.streamEnded(service, body.readableEnded ? 'answer' : 'cut-off');
    });
    return {
      ...{ status: headers[':status'] ?? 502, headers: endToEnd(headers), body },
      trailers: () => trailers,
    };
  }

  /** Throws what the agent says in place of the head, and what became of the stream. */
  async #response({ service, signal }: TunnelTarget, stream: ClientHttp2Stream): Promise<Response> {
    try {
      const response = await responseOf(stream);
      const fault = faultOf(response.headers[tunnelHeader.refusal]);
      if (fault === undefined) return response;
      const text = await textOf(wholeBody(stream, response.isWhole));
      throw new TunnelError(fault, response.headers[':status'] ?? 502, text);
    } catch (error) {
      cutOff(stream);
      const told = error instanceof TunnelError ? error : undefined;
      const fault = signal.aborted ? aborted() : (told ?? lost('the tunnel to the member ended'));
      this.#options.metrics.streamEnded(service, fault.fault);
      throw fault;
    }
  }
}

type Response = Readonly<{
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  isWhole: boolean;
}>;

/** Rejects when the stream ends without an answer. */
function responseOf(stream: ClientHttp2Stream): Promise<Response> {
  return new Promise((resolve, reject) => {
    stream.once('response', (headers, flags) => {
      resolve({ headers, isWhole: (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0 });
    });
    stream.on('error', reject);
    stream.once('close', () => reject(new Error('the stream was reset')));
  });
}

/** The body flows as fast as the agent takes it; one that is cut off resets the stream. */
function send(body: Readable, stream: ClientHttp2Stream): void {
  let isWhole = false;
  endWhole(stream, () => isWhole);
  const cut = (): void => {
    if (!isWhole) cutOff(stream);
  };
  body.once('end', () => {
    isWhole = true;
  });
  body.once('close', cut);
  body.once('error', cut);
  stream.once('close', () => {
    body.unpipe(stream);
    body.off('close', cut);
  });
  body.pipe(stream);
}

async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxRefusalBytes) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const aborted = (): TunnelError => new TunnelError('Aborted', 499, 'the request was given up');
const lost = (why: string): TunnelError => new TunnelError('TunnelLost', 502, why);
