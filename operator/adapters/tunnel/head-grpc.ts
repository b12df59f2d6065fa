import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { endToEnd } from '../../domain/tunnel/headers.ts';
import { TunnelError } from '../../ports/tunnel.ts';
import { type Exchange, headFault, hostPort, limitConnect, pathOf } from './exchange.ts';
import { sessionOptions } from './session.ts';
import { cutOff, endWhole, pour, wholeBody } from './whole-body.ts';

/** A connection that carries no stream is closed after so long. */
const idleConnectionMs = 60_000;

/** Connections to heads that speak gRPC, one each. */
export class GrpcHeads {
  readonly #sessions = new Map<string, ClientHttp2Session>();

  /** HTTP/2 without TLS to the head. Throws TunnelError while there is no answer. */
  async send(exchange: Exchange): Promise<void> {
    const { stream, headers, isWhole, head } = exchange;
    const session = this.#sessionTo(exchange);
    const sent = session.request(
      {
        ...endToEnd(headers),
        ...(head.authorization === undefined ? {} : { authorization: head.authorization }),
        ...{ ':method': headers[':method'] ?? 'POST', ':path': pathOf(headers) },
        ...{ ':scheme': 'http', ':authority': hostPort(exchange), te: 'trailers' },
      },
      { endStream: isWhole },
    );
    stream.once('close', () => cutOff(sent));
    if (!isWhole) pipeBody(exchange, sent);
    const response = await responseOf(sent).catch((error: unknown) => {
      throw headFault(error);
    });
    if (stream.destroyed || stream.headersSent) return;
    exchange.answered(response.status);
    answer(exchange, sent, response);
  }

  close(): void {
    for (const session of this.#sessions.values()) session.destroy();
  }

  #sessionTo(exchange: Exchange): ClientHttp2Session {
    const { head, port, clock } = exchange;
    const key = hostPort(exchange);
    const kept = this.#sessions.get(key);
    if (kept !== undefined && !kept.closed && !kept.destroyed) return kept;
    const socket = connectSocket({ host: head.host, port, noDelay: true });
    limitConnect(socket, clock);
    const session = connect(`http://${key}`, { ...sessionOptions, createConnection: () => socket });
    this.#sessions.set(key, session);
    session.on('error', () => undefined);
    session.once('close', () => {
      if (this.#sessions.get(key) === session) this.#sessions.delete(key);
    });
    // Ends when the streams have; while there are some, it only takes no new ones.
    session.setTimeout(idleConnectionMs, () => session.close());
    return session;
  }
}

function pipeBody({ stream }: Exchange, sent: ClientHttp2Stream): void {
  const body = wholeBody(stream, false);
  body.once('error', () => cutOff(sent));
  sent.once('close', () => {
    body.unpipe(sent);
    body.resume();
  });
  body.pipe(sent);
}

type Response = Readonly<{ status: number; headers: IncomingHttpHeaders; isWhole: boolean }>;

function responseOf(sent: ClientHttp2Stream): Promise<Response> {
  return new Promise((resolve, reject) => {
    sent.once('response', (headers, flags) => {
      const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      resolve({ status: headers[':status'] ?? 502, headers, isWhole });
    });
    sent.on('error', reject);
    sent.once('close', () => {
      reject(new TunnelError('HeadFailed', 502, 'the head of the cluster reset the call'));
    });
  });
}

function answer(
  { stream }: Exchange,
  sent: ClientHttp2Stream,
  { status, headers, isWhole }: Response,
): void {
  const head = { ...endToEnd(headers), ':status': status };
  if (isWhole) {
    sent.resume();
    stream.respond(head, { endStream: true });
    return;
  }
  // A call that went well or failed has trailers; one that was cut off has none.
  let trailers: Record<string, string | string[]> | undefined;
  sent.once('trailers', (received) => {
    trailers = endToEnd(received);
  });
  endWhole(
    stream,
    () => trailers !== undefined,
    () => trailers ?? {},
  );
  stream.respond(head, { waitForTrailers: true });
  pour(sent, stream);
}
