import { createHash, randomBytes } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type Duplex, pipeline } from 'node:stream';
import { websocketHeaders } from '../../domain/tunnel/headers.ts';
import { maxHeaderBytes } from '../../domain/tunnel/limits.ts';
import { TunnelError } from '../../ports/tunnel.ts';
import { type Exchange, headFault, hostPort, limitConnect, pathOf } from './exchange.ts';
import { connectionOf } from './whole-body.ts';

/** RFC 6455, 4.2.2. */
const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** A websocket to the head. Throws TunnelError when the head does not upgrade. */
export async function overWebsocket(exchange: Exchange): Promise<void> {
  const { stream, headers, head, port, clock } = exchange;
  const key = randomBytes(16).toString('base64');
  const sent = request({
    ...{ agent: false, host: head.host, port, maxHeaderSize: maxHeaderBytes },
    ...{ method: 'GET', path: pathOf(headers) },
    headers: {
      ...websocketHeaders(headers),
      host: hostPort(exchange),
      ...(head.authorization === undefined ? {} : { authorization: head.authorization }),
      ...{ connection: 'Upgrade', upgrade: 'websocket' },
      ...{ 'sec-websocket-key': key, 'sec-websocket-version': '13' },
    },
  });
  sent.once('socket', (socket) => limitConnect(socket, clock));
  stream.once('close', () => sent.destroy());
  const { response, socket, first } = await upgradeOf(sent).catch((error: unknown) => {
    throw headFault(error);
  });
  socket.on('error', () => undefined);
  if (response.headers['sec-websocket-accept'] !== acceptOf(key)) {
    socket.destroy();
    throw new TunnelError('HeadFailed', 502, 'the head of the cluster answered no websocket');
  }
  if (stream.destroyed || stream.headersSent) {
    socket.destroy();
    return;
  }
  exchange.answered(101);
  stream.respond({ ...websocketHeaders(response.headers), ':status': 200 });
  if (first.length > 0) socket.unshift(first);
  // Each direction ends by itself; what ends in the middle ends both.
  const connection = connectionOf(stream);
  pipeline(socket, connection, () => undefined);
  pipeline(connection, socket, () => undefined);
}

type Upgrade = Readonly<{ response: IncomingMessage; socket: Duplex; first: Buffer }>;

function upgradeOf(sent: ClientRequest): Promise<Upgrade> {
  return new Promise((resolve, reject) => {
    sent.once('upgrade', (response, socket, first) => resolve({ response, socket, first }));
    sent.once('response', ({ statusCode = 502 }) => {
      const text = `the head of the cluster answers a websocket with ${statusCode}`;
      reject(new TunnelError('NotUpgraded', statusCode, text));
      sent.destroy();
    });
    sent.on('error', reject);
    sent.once('close', () => reject(new Error('closed')));
    sent.end();
  });
}
