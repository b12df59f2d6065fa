import {
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import { Server, type ServerOptions } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { tunnelProtocol } from '../operator/domain/tunnel/headers.ts';
import { tendSession } from './http2-sessions.ts';

/** Streams that a connection of HTTP/2 may have open; a Ray Client has two, a browser some dozens. */
const maxStreamsPerConnection = 128;
const streamWindowBytes = 512 * 1024;

export type ListenerOptions = ServerOptions &
  Readonly<{
    /** Idle connections of HTTP/2 are closed after it, and those that never ask anything. */
    idleMs: number;
    firstRequestMs: number;
    /** Takes connections of agents that bring a tunnel; undefined: such connections are closed. */
    onTunnel?: ((socket: TLSSocket) => void) | undefined;
    /** Called once, when no new connections are taken any more. */
    onClosing?: (() => void) | undefined;
  }>;

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * One port for HTTP/1.1, HTTP/2 and tunnels: ALPN says which. Requests of HTTP/2 are emitted as
 * `request` like those of HTTP/1.1. Closing all connections closes each of them, whatever it speaks.
 */
export class Listener extends Server {
  readonly #http2: Http2Server;
  #onClosing: () => void;
  readonly #open = new Set<TLSSocket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(options: ListenerOptions, onRequest: RequestListener) {
    super({ ...options, ALPNProtocols: ['h2', 'http/1.1', tunnelProtocol] }, onRequest);
    const [http1] = this.listeners('secureConnection');
    if (http1 === undefined) throw new Error('the server of node:https takes no connections');
    this.#onClosing = options.onClosing ?? (() => undefined);
    this.#http2 = this.#http2Server();
    this.removeAllListeners('secureConnection');
    this.on('secureConnection', (socket: TLSSocket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      // Nobody else listens before a protocol has taken the socket over, or after.
      socket.on('error', () => socket.destroy());
      if (socket.alpnProtocol === 'h2') this.#acceptHttp2(socket, options);
      else if (socket.alpnProtocol !== tunnelProtocol) http1.call(this, socket);
      else if (options.onTunnel === undefined) socket.destroy();
      else options.onTunnel(socket);
    });
  }

  /** Clients of HTTP/2 are asked to open no more streams; those that are open go on. */
  override closeIdleConnections(): void {
    this.#onClosing();
    this.#onClosing = () => undefined;
    super.closeIdleConnections();
    for (const session of this.#sessions) session.close();
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#open) socket.destroy();
  }

  #acceptHttp2(socket: TLSSocket, { idleMs, firstRequestMs }: ListenerOptions): void {
    // Emitted before `emit` returns.
    this.#http2.once('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      tendSession(session, socket, { idleMs, firstRequestMs });
    });
    this.#http2.emit('connection', socket);
  }

  #http2Server(): Http2Server {
    const server = createHttp2Server({
      settings: {
        enablePush: false,
        maxConcurrentStreams: maxStreamsPerConnection,
        initialWindowSize: streamWindowBytes,
        maxHeaderListSize: 16 * 1024,
      },
      maxHeaderListPairs: 128,
      maxSessionInvalidFrames: 32,
      maxSessionRejectedStreams: 64,
      maxSettings: 16,
      // Who opens streams only to reset them (CVE-2023-44487) is cut off after so many.
      streamResetBurst: 256,
      streamResetRate: 32,
    });
    server.on('sessionError', () => undefined);
    for (const event of ['request', 'checkContinue'] as const) {
      server.on(event, (...exchange: unknown[]) => this.emit(event, ...exchange));
    }
    return server;
  }
}
