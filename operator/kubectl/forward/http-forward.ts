import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { messageOf } from '../../runtime/logger.ts';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import { inboundHeaders, outboundHeaders } from './headers.ts';
import { refusalOf } from './local-only.ts';

const maximumConnections = 256;
const headersTimeoutMs = 15_000;

/**
 * A server for HTTP/1.1 and websockets on this machine that sends all it gets to one service of the
 * cluster, as the person. It does not listen yet.
 */
export function httpForward(
  gateway: GatewayClient,
  service: 'dashboard' | 'serve',
  tell: (text: string) => void,
): Server {
  const base = gateway.url(`${service}/`);
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: 0 });
  server.maxConnections = maximumConnections;
  server.on('request', (request, response) => {
    forward(gateway, base, request, response).catch((error: unknown) => {
      tell(`${service}: ${messageOf(error)}`);
      if (response.headersSent) response.destroy();
      else refuse(response, 502, messageOf(error));
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    upgrade(gateway, base, request, socket, head).catch((error: unknown) => {
      tell(`${service}: ${messageOf(error)}`);
      socket.destroy();
    });
  });
  server.on('clientError', (_, socket) => socket.destroy());
  return server;
}

/** The same path below the gateway's; undefined for what is no path, such as a whole URL. */
export function forwardedUrl(base: URL, path: string): URL | undefined {
  if (!path.startsWith('/') || !URL.canParse(`http://localhost${path}`)) return undefined;
  const { pathname, search } = new URL(`http://localhost${path}`);
  const url = new URL(base);
  url.pathname = base.pathname + pathname.slice(1);
  url.search = search;
  return url.pathname.startsWith(base.pathname) ? url : undefined;
}

async function forward(
  gateway: GatewayClient,
  base: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url: path = '/', headers } = request;
  const why = refusalOf(method, headers);
  const url = forwardedUrl(base, path);
  if (why !== undefined || url === undefined) {
    request.resume();
    refuse(response, why === undefined ? 400 : 403, why ?? 'the path is none');
    return;
  }
  const own = await gateway.headers();
  const hasBody =
    headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
  await new Promise<void>((resolve, reject) => {
    const outgoing = httpsRequest(url, {
      ...{ method, agent: gateway.agent },
      headers: { ...outboundHeaders(headers), authorization: own.authorization },
    });
    response.once('close', () => {
      // Nobody waits for it any more.
      outgoing.destroy();
      resolve();
    });
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      if (answer.statusCode === 401) gateway.target.tokens.forget();
      response.writeHead(answer.statusCode ?? 502, inboundHeaders(answer.headers, base));
      pipeline(answer, response, (error) => (error ? reject(error) : resolve()));
    });
    if (hasBody) pipeline(request, outgoing, (error) => error && outgoing.destroy(error));
    else outgoing.end();
  });
}

async function upgrade(
  gateway: GatewayClient,
  base: URL,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { url: path = '/', headers } = request;
  const why = refusalOf('UPGRADE', headers);
  const url = forwardedUrl(base, path);
  if (why !== undefined || url === undefined || headers.upgrade?.toLowerCase() !== 'websocket') {
    endWith(socket, why === undefined ? '400 Bad Request' : '403 Forbidden', why ?? '');
    return;
  }
  const own = await gateway.headers();
  const outgoing = httpsRequest(url, {
    agent: gateway.agent,
    headers: {
      ...outboundHeaders(headers),
      ...{ authorization: own.authorization, connection: 'Upgrade', upgrade: 'websocket' },
      origin: base.origin,
    },
  });
  socket.once('close', () => outgoing.destroy());
  await new Promise<void>((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      answer.resume();
      endWith(socket, `${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`, '');
      resolve();
    });
    outgoing.once('upgrade', (answer, far, farHead) => {
      const kept = ['sec-websocket-accept', 'sec-websocket-protocol', 'sec-websocket-extensions'];
      const lines = kept
        .filter((name) => answer.headers[name] !== undefined)
        .map((name) => `${name}: ${String(answer.headers[name])}\r\n`);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${lines.join('')}\r\n`,
      );
      if (farHead.length > 0) socket.write(farHead);
      if (head.length > 0) far.write(head);
      pipeline(far, socket, far, () => resolve());
    });
    outgoing.end();
  });
}

function refuse(response: ServerResponse, status: number, detail: string): void {
  const body = JSON.stringify({
    type: 'about:blank',
    title: 'kubectl io port-forward',
    status,
    detail,
  });
  response
    .writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' })
    .end(`${body}\n`);
}

function endWith(socket: Duplex, status: string, detail: string): void {
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${detail}\n`,
  );
}
