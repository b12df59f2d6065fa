import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { connectTimeoutMs } from '../../domain/tunnel/limits.ts';
import type { TunnelService } from '../../domain/tunnel/services.ts';
import { TunnelError } from '../../ports/tunnel.ts';
import type { Head } from '../../ports/tunnel-agent.ts';
import type { Clock } from '../../runtime/clock.ts';

/** One request that came through the tunnel, and the head that it is for. */
export type Exchange = Readonly<{
  stream: ServerHttp2Stream;
  headers: IncomingHttpHeaders;
  /** No body follows the head of the request. */
  isWhole: boolean;
  service: TunnelService;
  head: Head;
  port: number;
  clock: Clock;
  /** The head has answered. */
  answered: (status: number) => void;
}>;

const unreachable: readonly unknown[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EACCES',
  'EADDRNOTAVAIL',
];

/** What the renter is told of a head that did not answer: no address, and nothing of the system's. */
export function headFault(error: unknown): TunnelError {
  if (error instanceof TunnelError) return error;
  if (error instanceof Error && error.cause instanceof TunnelError) return error.cause;
  if (unreachable.includes(codeOf(error))) {
    const text = 'the head of the cluster takes no connections for this service';
    return new TunnelError('HeadUnreachable', 502, text);
  }
  return new TunnelError('HeadFailed', 502, 'the head of the cluster closed the connection');
}

/** HTTP/2 tells of a connection that was not made as the cause of a stream that was given up. */
function codeOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('cause' in error && error.cause !== undefined) return codeOf(error.cause);
  return 'code' in error ? error.code : undefined;
}

/** Gives a connection up that is not made in time. */
export function limitConnect(socket: Socket, clock: Clock): void {
  if (!socket.connecting) return;
  const cancel = clock.setTimeout(() => {
    const text = `the head of the cluster did not accept a connection within ${connectTimeoutMs} ms`;
    socket.destroy(new TunnelError('HeadUnreachable', 502, text));
  }, connectTimeoutMs);
  socket.once('connect', cancel);
  socket.once('close', cancel);
}

export const pathOf = (headers: IncomingHttpHeaders): string => headers[':path'] ?? '/';

/** As a URL writes it. */
export const hostPort = ({ head, port }: Exchange): string =>
  head.host.includes(':') ? `[${head.host}]:${port}` : `${head.host}:${port}`;
