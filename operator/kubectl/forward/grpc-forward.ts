import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { pipeline } from 'node:stream';
import { messageOf } from '../../runtime/logger.ts';
import { type GatewayClient, problemDetail } from '../gateway/gateway-client.ts';
import { outboundHeaders } from './headers.ts';
import { forwardedUrl } from './http-forward.ts';
import { refusalOf } from './local-only.ts';

const maximumSessions = 64;
const maximumStreams = 256;
const windowBytes = 4 * 2 ** 20;
const pingEveryMs = 20_000;
const maximumErrorLength = 64 * 2 ** 10;
/** Status codes of gRPC. */
const grpcPermissionDenied = 7;
const grpcUnavailable = 14;

/**
 * A server for gRPC without TLS on this machine that sends all it gets to the Ray Client server of
 * the cluster, as the person: `ray.init("ray://127.0.0.1:10001")`. It does not listen yet.
 */
export function grpcForward(gateway: GatewayClient, tell: (text: string) => void): Http2Server {
  const base = gateway.url('client/');
  const upstream = new Upstream(gateway, base);
  const server = createServer({
    settings: { initialWindowSize: windowBytes, maxConcurrentStreams: maximumStreams },
  });
  let sessions = 0;
  server.on('session', (session) => {
    sessions += 1;
    session.once('close', () => (sessions -= 1));
    session.on('error', () => session.destroy());
    if (sessions > maximumSessions) session.destroy();
    else session.setLocalWindowSize(windowBytes);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    forward(upstream, base, stream, headers).catch((error: unknown) => {
      tell(`client: ${messageOf(error)}`);
      fail(stream, grpcUnavailable, messageOf(error));
    });
  });
  server.once('close', () => upstream.close());
  return server;
}

/** One HTTP/2 connection to the gateway, made anew when it breaks. */
class Upstream {
  readonly gateway: GatewayClient;
  readonly #origin: string;
  #session: ClientHttp2Session | undefined;

  constructor(gateway: GatewayClient, base: URL) {
    this.gateway = gateway;
    this.#origin = base.origin;
  }

  session(): ClientHttp2Session {
    const current = this.#session;
    if (current !== undefined && !current.closed && !current.destroyed) return current;
    const session = connect(this.#origin, {
      ...{ ca: this.gateway.target.ca, minVersion: 'TLSv1.2' },
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    session.once('connect', () => session.setLocalWindowSize(windowBytes));
    // Its streams end with the same error, and tell it.
    session.on('error', () => session.destroy());
    session.on('goaway', () => session.close());
    const timer = setInterval(() => {
      if (!session.destroyed && !session.connecting) session.ping(() => {});
    }, pingEveryMs);
    session.once('close', () => clearInterval(timer));
    this.#session = session;
    return session;
  }

  close(): void {
    this.#session?.destroy();
  }
}

async function forward(
  upstream: Upstream,
  base: URL,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const method = headers[':method'] ?? 'POST';
  const why = refusalOf(method, headers);
  const url = forwardedUrl(base, headers[':path'] ?? '');
  if (why !== undefined || url === undefined) {
    fail(stream, grpcPermissionDenied, why ?? 'the path is none');
    return;
  }
  const own = await upstream.gateway.headers();
  if (stream.destroyed) return;
  const far = upstream.session().request({
    ...outboundHeaders(headers),
    ...{ authorization: own.authorization, te: 'trailers' },
    ...{ ':method': method, ':path': url.pathname + url.search },
  });
  stream.once('close', () => far.close(constants.NGHTTP2_CANCEL));
  pipeline(stream, far, () => {});
  await answer(upstream, stream, far);
}

/** The answer with its trailers, in which gRPC has its status. */
function answer(
  upstream: Upstream,
  stream: ServerHttp2Stream,
  far: ClientHttp2Stream,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let trailers: OutgoingHttpHeaders = {};
    far.once('error', reject);
    far.once('trailers', (found) => (trailers = withoutPseudo(found)));
    far.once('response', (found, flags) => {
      const status = Number(found[':status']);
      if (status === constants.HTTP_STATUS_UNAUTHORIZED) upstream.gateway.target.tokens.forget();
      const isGrpc = found['content-type']?.startsWith('application/grpc') === true;
      if (status !== constants.HTTP_STATUS_OK || !isGrpc) {
        refuse(stream, far, status).then(resolve, reject);
        return;
      }
      const isOnlyHeaders = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      const kept = { ...withoutPseudo(found), ':status': status };
      if (isOnlyHeaders) {
        stream.respond(kept, { endStream: true });
        resolve();
        return;
      }
      stream.respond(kept, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers(trailers));
      pipeline(far, stream, (error) => (error ? reject(error) : resolve()));
    });
  });
}

/** What the gateway says of it, in the words of gRPC. */
async function refuse(
  stream: ServerHttp2Stream,
  far: ClientHttp2Stream,
  status: number,
): Promise<void> {
  let body = '';
  for await (const chunk of far.setEncoding('utf8') as AsyncIterable<string>) {
    if (body.length < maximumErrorLength) body += chunk;
  }
  fail(stream, grpcStatusOf(status), problemDetail(body) ?? `the gateway answers ${status}`);
}

function withoutPseudo(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
}

/** As gRPC maps them (http-grpc-status-mapping). */
function grpcStatusOf(status: number): number {
  if (status === 401) return 16;
  if (status === 403) return grpcPermissionDenied;
  return status === 404 ? 12 : grpcUnavailable;
}

function fail(stream: ServerHttp2Stream, code: number, message: string): void {
  if (stream.destroyed || stream.headersSent) {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return;
  }
  stream.respond(
    {
      ...{ ':status': 200, 'content-type': 'application/grpc' },
      ...{ 'grpc-status': String(code), 'grpc-message': encodeURIComponent(message.slice(0, 500)) },
    },
    { endStream: true },
  );
}
