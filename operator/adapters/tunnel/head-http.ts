import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { endToEnd } from '../../domain/tunnel/headers.ts';
import { maxHeaderBytes } from '../../domain/tunnel/limits.ts';
import { type Exchange, headFault, hostPort, limitConnect, pathOf } from './exchange.ts';
import { endWhole, pour, wholeBody } from './whole-body.ts';

/** HTTP/1.1 to the head. Throws TunnelError while there is no answer; resolves with its head. */
export async function overHttp(exchange: Exchange, agent: Agent): Promise<void> {
  const { stream } = exchange;
  let sent = send(exchange, agent);
  let response = await responseOf(sent).catch((error: unknown) => {
    if (!isWorthRepeating(exchange, sent)) throw headFault(error);
    return undefined;
  });
  if (response === undefined) {
    // The connection that was kept had just been closed, and nothing was asked yet.
    sent = send(exchange, agent);
    response = await responseOf(sent).catch((error: unknown) => {
      throw headFault(error);
    });
  }
  const { statusCode = 502 } = response;
  if (stream.destroyed || stream.headersSent) {
    response.destroy();
    return;
  }
  exchange.answered(statusCode);
  answer(exchange, response, statusCode);
}

function send(exchange: Exchange, agent: Agent): ClientRequest {
  const { stream, headers, isWhole, head, port, clock } = exchange;
  const { 'content-length': length, ...kept } = endToEnd(headers);
  // Without either, the runtime would send some methods' bodies without a length.
  const framing: Record<string, string | string[]> =
    length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': length };
  const sent = request({
    ...{ agent, host: head.host, port, maxHeaderSize: maxHeaderBytes },
    method: headers[':method'] ?? 'GET',
    path: pathOf(headers),
    headers: {
      ...kept,
      host: hostPort(exchange),
      ...(head.authorization === undefined ? {} : { authorization: head.authorization }),
      ...(isWhole ? {} : framing),
    },
  });
  sent.once('socket', (socket) => limitConnect(socket, clock));
  let isComplete = (): boolean => false;
  sent.once('response', (response) => {
    isComplete = () => response.complete;
  });
  stream.once('close', () => {
    if (!isComplete()) sent.destroy();
  });
  sent.on('error', () => undefined);
  if (isWhole) return sent.end();
  const body = wholeBody(stream, false);
  body.once('error', () => sent.destroy());
  // What comes after the answer has nobody to read it.
  stream.once('finish', () => {
    body.unpipe(sent);
    body.resume();
  });
  body.pipe(sent);
  return sent;
}

function responseOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
    sent.once('close', () => reject(new Error('closed')));
  });
}

function isWorthRepeating({ stream, headers, isWhole }: Exchange, sent: ClientRequest): boolean {
  const isSafe = headers[':method'] === 'GET' || headers[':method'] === 'HEAD';
  return isSafe && isWhole && sent.reusedSocket && !stream.destroyed;
}

function answer({ stream, headers }: Exchange, response: IncomingMessage, status: number): void {
  const hasNoBody = headers[':method'] === 'HEAD' || status === 204 || status === 304;
  const head = { ...endToEnd(response.headers), ':status': status };
  if (hasNoBody) {
    response.resume();
    stream.respond(head, { endStream: true });
    return;
  }
  endWhole(stream, () => response.complete);
  stream.respond(head, { waitForTrailers: true });
  pour(response, stream);
}
