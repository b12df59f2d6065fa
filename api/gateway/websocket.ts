import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { headersForCluster } from '../../operator/domain/gateway/headers.ts';
import type { TunnelHeaders, TunnelSocket } from '../../operator/ports/tunnel.ts';
import { Problem } from '../problem.ts';
import { type Admitted, checkLease, type ClusterTarget, isOfCluster } from './admission.ts';
import { askedOf, type ForwardPorts } from './forward.ts';
import type { Record } from './record.ts';
import { answerProblem } from './renter.ts';

const keepAliveMs = 30_000;
const handshakeId = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export const isWebsocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket';

type Told = (
  gone: AbortController,
  answer: (problem: Problem) => void,
  work: (record: Record) => Promise<void>,
) => Promise<void>;

/** Serves a websocket until either end closes it: the gateway passes its frames on unread. */
export async function serveWebsocket(
  ports: ForwardPorts,
  request: IncomingMessage,
  socket: Duplex,
  first: Buffer,
  told: Told,
): Promise<void> {
  const gone = new AbortController();
  socket.on('error', () => socket.destroy());
  socket.once('close', () => gone.abort());
  if (!(socket instanceof Socket)) {
    socket.destroy();
    return;
  }
  socket.setTimeout(0);
  socket.setKeepAlive(true, keepAliveMs);
  let upgraded = false;
  const answer = (problem: Problem): void => {
    if (upgraded) socket.destroy();
    else refuse(request, socket, problem);
  };
  await told(gone, answer, async (record) => {
    const key = websocketKey(request);
    const target = record.target;
    if (target === undefined || !isOfCluster(target) || target.service === 'client') {
      throw new Problem(400, 'NoWebsocket', 'there are websockets below dashboard/ and serve/');
    }
    const admitted = await ports.admission.admit(askedOf(request), target);
    record.user = admitted.caller.username;
    try {
      const opened = await open(ports, request, target, admitted, gone);
      upgraded = true;
      record.status = 101;
      socket.write(answerHead(key, opened.tunnel.headers));
      if (first.length > 0) socket.unshift(first);
      await carry(ports, socket, record, opened, admitted.recheck);
    } finally {
      admitted.leave();
    }
  });
}

type Opened = Readonly<{ tunnel: TunnelSocket; checkLease: () => void }>;

async function open(
  { admission, clusters }: ForwardPorts,
  request: IncomingMessage,
  target: ClusterTarget,
  admitted: Admitted,
  { signal }: AbortController,
): Promise<Opened> {
  const asked = askedOf(request);
  const { lease, tunnel } = await admission.route(admitted, asked, target);
  const { service, path } = target;
  const headers = headersForCluster(request.headers);
  try {
    const opened = await tunnel.connect({ lease, service, path, headers, signal });
    return { tunnel: opened, checkLease: () => checkLease(clusters, target, lease) };
  } catch (error) {
    throw await admission.explained(error, admitted, asked, target);
  }
}

/** Until both directions have ended; what ends in the middle ends both. */
async function carry(
  { watch, limits }: ForwardPorts,
  socket: Socket,
  record: Record,
  { tunnel, checkLease: check }: Opened,
  recheck: () => Promise<void>,
): Promise<void> {
  const { up, down } = record;
  const end = (problem: Problem | undefined): void => {
    record.problem ??= problem;
    for (const side of [socket, tunnel.socket]) side.destroy();
  };
  const unwatch = watch.add({
    ...{ up, down, end, idleMs: limits.longIdleMs, timedBody: false },
    recheck: async () => {
      check();
      await recheck();
    },
  });
  // Both ends of two pipelines listen to each of the two.
  setMaxListeners(32, socket, tunnel.socket);
  try {
    await Promise.all([pipeline(socket, up, tunnel.socket), pipeline(tunnel.socket, down, socket)]);
  } finally {
    unwatch();
    end(undefined);
  }
}

function websocketKey({ method, headers }: IncomingMessage): string {
  const key = headers['sec-websocket-key'] ?? '';
  if (method !== 'GET' || !/^[A-Za-z0-9+/]{22}==$/.test(key)) {
    throw new Problem(400, 'BadUpgrade', 'a websocket begins with GET and Sec-WebSocket-Key');
  }
  if (headers['sec-websocket-version'] !== '13') {
    throw new Problem(400, 'BadUpgrade', 'send Sec-WebSocket-Version: 13');
  }
  return key;
}

function answerHead(key: string, headers: TunnelHeaders): string {
  const accept = createHash('sha1').update(`${key}${handshakeId}`).digest('base64');
  const chosen = ['sec-websocket-protocol', 'sec-websocket-extensions'].flatMap((name) =>
    [headers[name] ?? []]
      .flat()
      .filter((value) => /^[\x20-\x7e]*$/.test(value))
      .map((value) => `${name}: ${value}`),
  );
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    ...['upgrade: websocket', 'connection: Upgrade', `sec-websocket-accept: ${accept}`],
    ...chosen,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function refuse(request: IncomingMessage, socket: Socket, problem: Problem): void {
  if (socket.destroyed) return;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.end());
  answerProblem(request, response, problem);
}
