import type { AddressInfo } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { failure, success } from './rpc/dispatch.ts';
import { parse, stringify } from './rpc/json.ts';
import { invalidRequest, methodNotFound, parseError, RpcError } from './rpc/rpc-error.ts';
import { type Notify, type Subscriptions, tooManySubscriptions } from './rpc/subscriptions.ts';

export type SocketLimits = Readonly<{
  connections: number;
  subscriptionsPerConnection: number;
  messageBytes: number;
  /** What a connection may leave unread. */
  queuedBytes: number;
}>;

const goodbyeMs = 500;
/** Codes of RFC 6455 and of IANA's registry. After any but this one web3.js connects for ever. */
const normal = 1000;
const tryAgainLater = 1013;

const call = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string().max(256), z.number(), z.bigint(), z.null()]),
  method: z.string().max(64),
  params: z.unknown().optional(),
});
const unsubscribeParams = z.tuple([z.number().int()]);

/** JSON-RPC over websocket: subscriptions and nothing else. */
export class SocketServer {
  readonly #server: WebSocketServer;
  readonly #subscriptions: Subscriptions;
  readonly #limits: SocketLimits;

  private constructor(server: WebSocketServer, subscriptions: Subscriptions, limits: SocketLimits) {
    this.#server = server;
    this.#subscriptions = subscriptions;
    this.#limits = limits;
    server.on('connection', (socket) => this.#serve(socket));
  }

  /** Listens on the loopback interface. */
  static listen(
    port: number,
    subscriptions: Subscriptions,
    limits: SocketLimits,
  ): Promise<SocketServer> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port,
      maxPayload: limits.messageBytes,
      perMessageDeflate: false,
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.once('listening', () => {
        server.off('error', reject);
        resolve(new SocketServer(server, subscriptions, limits));
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Says goodbye, and does not wait long for an answer. */
  async close(): Promise<void> {
    const clients = [...this.#server.clients];
    for (const socket of clients) socket.close(normal);
    const impatient = setTimeout(() => {
      for (const socket of clients) socket.terminate();
    }, goodbyeMs);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(impatient);
  }

  #serve(socket: WebSocket): void {
    if (this.#server.clients.size > this.#limits.connections) {
      socket.close(tryAgainLater, `at most ${this.#limits.connections} connections`);
      return;
    }
    const own = new Set<number>();
    // A client that breaks the protocol is disconnected by the library; `close` follows.
    socket.on('error', () => undefined);
    socket.on('message', (data) => this.#message(socket, own, data));
    socket.on('close', () => {
      for (const id of own) this.#subscriptions.unsubscribe(id);
    });
  }

  #message(socket: WebSocket, own: Set<number>, data: RawData): void {
    let id: unknown = null;
    try {
      const read = call.safeParse(readJson(data));
      if (!read.success) throw invalidRequest('not a call of JSON-RPC 2.0');
      id = read.data.id;
      this.#answer(socket, own, read.data);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.#send(socket, failure(id, error));
    }
  }

  #answer(
    socket: WebSocket,
    own: Set<number>,
    { id, method, params }: z.output<typeof call>,
  ): void {
    if (method === 'ping') return this.#send(socket, success(id, 'pong'));
    if (method.endsWith('Unsubscribe')) {
      const read = unsubscribeParams.safeParse(params);
      const known = read.success && own.delete(read.data[0]);
      if (known) this.#subscriptions.unsubscribe(read.data[0]);
      return this.#send(socket, success(id, known));
    }
    if (!method.endsWith('Subscribe')) throw methodNotFound();
    const limit = this.#limits.subscriptionsPerConnection;
    if (own.size >= limit) throw tooManySubscriptions(limit);
    const notify: Notify = (name, subscription, result) => {
      if (name === 'signatureNotification') own.delete(subscription);
      this.#send(socket, { jsonrpc: '2.0', method: name, params: { result, subscription } });
    };
    this.#subscriptions.subscribe(method, params, notify, (subscription) => {
      own.add(subscription);
      this.#send(socket, success(id, subscription));
    });
  }

  #send(socket: WebSocket, message: unknown): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > this.#limits.queuedBytes) {
      socket.close(tryAgainLater, 'notifications are not read fast enough');
      socket.terminate();
      return;
    }
    socket.send(stringify(message));
  }
}

function readJson(data: RawData): unknown {
  try {
    return parse((data as Buffer).toString());
  } catch {
    throw parseError();
  }
}
