import type { AddressInfo, Server } from 'node:net';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { grpcForward } from './grpc-forward.ts';
import { httpForward } from './http-forward.ts';

/** Services of a Ray cluster with the ports that Ray's own programs look for. */
export const servicePorts = { dashboard: 8265, serve: 8000, client: 10001 } as const;
type Service = keyof typeof servicePorts;

/** A service and the port that it gets on this machine; 0: a free one. */
export type Forward = Readonly<{ service: Service; port: number }>;

const loopback = '127.0.0.1';
const closeWithinMs = 2_000;

/** `dashboard`, `dashboard:9265` or `client:0`. Throws UsageError. */
export function forwardOf(text: string): Forward {
  const [service = '', port, ...more] = text.split(':');
  if (!Object.hasOwn(servicePorts, service) || more.length > 0) {
    throw new UsageError(`${text}: must be dashboard, serve or client, or such as dashboard:9265`);
  }
  const known = service as Service;
  if (port === undefined) return { service: known, port: servicePorts[known] };
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError(`${text}: the port must be a number up to 65535`);
  }
  return { service: known, port: Number(port) };
}

/** Listens until the person ends it. */
export async function portForward(
  session: Session,
  gateway: GatewayClient,
  forwards: readonly Forward[],
): Promise<void> {
  // A token that is not there is told now, not at the first request.
  await gateway.headers();
  const servers: Server[] = [];
  try {
    for (const forward of forwards) {
      const server = serverOf(gateway, forward.service, session.tell);
      servers.push(server);
      const port = await listen(server, forward);
      session.print(lineOf(forward.service, port, gateway.target.clusterName));
    }
    await aborted(session.signal);
  } finally {
    await Promise.all(servers.map((server) => close(session, server)));
  }
}

function serverOf(gateway: GatewayClient, service: Service, tell: (text: string) => void): Server {
  return service === 'client' ? grpcForward(gateway, tell) : httpForward(gateway, service, tell);
}

function lineOf(service: Service, port: number, clusterName: string): string {
  const scheme = service === 'client' ? 'ray' : 'http';
  return `Forwarding ${scheme}://${loopback}:${port} to ${service} of ${clusterName}`;
}

function listen(server: Server, { service, port }: Forward): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be had: ${error.message}`;
      reject(new Error(`port ${port} ${why}: name another, such as ${service}:0 for a free one`));
    });
    server.listen(port, loopback, () => resolve((server.address() as AddressInfo).port));
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Connections that are open get a moment. */
function close({ clock }: Session, server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimeout(resolve, closeWithinMs);
    server.close(() => {
      cancel();
      resolve();
    });
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function') {
      server.closeAllConnections();
    }
  });
}
