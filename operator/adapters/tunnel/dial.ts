import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type Socket, connect as connectSocket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { tunnelProtocol } from '../../domain/tunnel/headers.ts';
import type { DialOptions, TunnelDialer } from '../../ports/tunnel-agent.ts';
import type { Clock } from '../../runtime/clock.ts';
import { serveTunnel } from './agent-end.ts';
import { type SessionPace, usualPace } from './session.ts';
import type { StreamServer } from './stream-server.ts';

/** PEM texts: whom to believe, and who this is. */
export type TunnelCredentials = Readonly<{ ca: string; cert: string; key: string }>;

export type DialerOptions = Readonly<{
  /** `https://host:port` of the api. */
  url: string;
  /** Of an HTTP proxy on the way there. */
  proxyUrl: string | undefined;
  credentials: () => Promise<TunnelCredentials>;
  server: Pick<StreamServer, 'serve'>;
  clock: Clock;
  pace?: SessionPace;
}>;

const connectWithinMs = 10_000;

/** Dials the api over TLS 1.3, with the agent's certificate, for a tunnel. */
export function tunnelDialer(options: DialerOptions): TunnelDialer {
  const { server, clock, pace = usualPace } = options;
  return {
    async dial({ isTaken, signal }: DialOptions) {
      // Only until there is a tunnel: one that is there ends in order.
      const scope = new AbortController();
      const stop = (): void => scope.abort(new Error('the agent stops'));
      signal.addEventListener('abort', stop, { once: true });
      const late = new Error(`there was no connection within ${connectWithinMs} ms`);
      const cancel = clock.setTimeout(() => scope.abort(late), connectWithinMs);
      try {
        if (signal.aborted) stop();
        const socket = await connected(options, scope.signal);
        cancel();
        scope.signal.addEventListener('abort', () => socket.destroy(), { once: true });
        return await serveTunnel(socket, { server, isTaken, clock, pace });
      } finally {
        cancel();
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

async function connected(options: DialerOptions, signal: AbortSignal): Promise<TLSSocket> {
  const { hostname, port } = new URL(options.url);
  const to = { host: bare(hostname), port: port === '' ? 443 : Number(port) };
  const { ca, cert, key } = await options.credentials();
  signal.throwIfAborted();
  const way = await wayTo(to, options.proxyUrl, signal);
  way.on('error', () => undefined);
  const socket = connectTls({
    ...{ socket: way, ca, cert, key, minVersion: 'TLSv1.3', ALPNProtocols: [tunnelProtocol] },
    // A name to be checked, and none to be sent where there is an address only.
    ...{ host: to.host, ...(isIP(to.host) === 0 ? { servername: to.host } : {}) },
  });
  await endingWith(signal, socket, once(socket, 'secureConnect'));
  if (socket.alpnProtocol === tunnelProtocol) return socket;
  socket.destroy();
  throw new Error(`the api at ${options.url} takes no tunnels`);
}

type Place = Readonly<{ host: string; port: number }>;

async function wayTo(to: Place, proxy: string | undefined, signal: AbortSignal): Promise<Socket> {
  if (proxy !== undefined) return throughProxy(to, new URL(proxy), signal);
  const socket = connectSocket({ ...to, noDelay: true, keepAlive: true });
  await endingWith(signal, socket, once(socket, 'connect'));
  return socket;
}

/** CONNECT, which an HTTP proxy answers with the connection itself. */
async function throughProxy(to: Place, proxy: URL, signal: AbortSignal): Promise<Socket> {
  const authority = to.host.includes(':') ? `[${to.host}]:${to.port}` : `${to.host}:${to.port}`;
  const { username, password } = proxy;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const sent = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    ...{ host: bare(proxy.hostname), method: 'CONNECT', path: authority, agent: false },
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
    headers: {
      host: authority,
      ...(username === ''
        ? {}
        : { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` }),
    },
  });
  sent.end();
  const [response, socket, first] = await endingWith(
    signal,
    sent,
    once(sent, 'connect') as Promise<[IncomingMessage, Socket, Buffer]>,
  );
  if (response.statusCode !== 200) {
    socket.destroy();
    throw new Error(`the proxy answers CONNECT with ${response.statusCode}`);
  }
  if (first.length > 0) socket.unshift(first);
  return socket;
}

/** What is under way ends with the signal; what came of it goes on after it. */
async function endingWith<T>(
  signal: AbortSignal,
  what: Readonly<{ destroy: (error: Error) => unknown }>,
  work: Promise<T>,
): Promise<T> {
  const end = (): void => void what.destroy(signal.reason as Error);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await work;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** An IPv6 address without its brackets. */
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
