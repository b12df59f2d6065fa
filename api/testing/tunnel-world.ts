import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { type AddressInfo, createServer as createProxy, connect, type Socket } from 'node:net';
import type { KeyPair } from '../../hack/federation/certificate.ts';
import { tunnelDialer } from '../../operator/adapters/tunnel/dial.ts';
import type { StreamLimits } from '../../operator/adapters/tunnel/lease-streams.ts';
import { type SessionPace, usualPace } from '../../operator/adapters/tunnel/session.ts';
import { StreamServer } from '../../operator/adapters/tunnel/stream-server.ts';
import { TunnelRegistry } from '../../operator/adapters/tunnel/tunnel-registry.ts';
import { TunnelKeeper } from '../../operator/agent/tunnel/tunnel-keeper.ts';
import type { TunnelService } from '../../operator/domain/tunnel/services.ts';
import type { MemberGate } from '../../operator/ports/member-gate.ts';
import { type Tunnel, TunnelError, type Tunnels } from '../../operator/ports/tunnel.ts';
import type { LeaseHeads } from '../../operator/ports/tunnel-agent.ts';
import type { TunnelMetrics } from '../../operator/ports/tunnel-metrics.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import type { Logger } from '../../operator/runtime/logger.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import type { GatewayPorts } from '../gateway/ports.ts';
import { IntakeServer } from './intake-server.ts';

export const testLease = 'lease-0123456789abcdef';

/** A gateway that takes tunnels: the real server of the api, and its registry. */
export type TestGateway = Readonly<{
  api: IntakeServer;
  registry: TunnelRegistry;
  counted: string[];
  url: string;
  stop: () => Promise<void>;
}>;

export async function startGateway(
  options: {
    id?: string;
    count?: number;
    members?: MemberGate;
    pace?: SessionPace;
    authority?: KeyPair;
    logged?: string[];
    /** What answers renters, through the tunnels of this gateway. */
    renters?: (tunnels: Tunnels) => GatewayPorts;
  } = {},
): Promise<TestGateway> {
  const { id = 'api-0', count = 1, pace = usualPace, logged = [] } = options;
  const counted: string[] = [];
  const registry = new TunnelRegistry({
    hello: { gateway: id, count },
    ...{ clock: systemClock, metrics: countingMetrics(counted), pace },
    logger: loggerInto(logged),
  });
  const unused = async (): Promise<never> => {
    throw new Error('nothing is reported here');
  };
  const api = await IntakeServer.start(
    { report: unused, heartbeat: unused },
    {
      tunnels: registry,
      ...(options.renters === undefined ? {} : { gateway: options.renters(registry) }),
      ...(options.members === undefined ? {} : { members: options.members }),
      ...(options.authority === undefined ? {} : { authority: options.authority }),
    },
  );
  const stop = async (): Promise<void> => {
    const closed = api.server.close();
    api.server.server.closeAllConnections();
    await closed;
  };
  return { api, registry, counted, url: `https://127.0.0.1:${api.port}`, stop };
}

export type TestAgent = Readonly<{
  server: StreamServer;
  keeper: TunnelKeeper;
  counted: string[];
  logged: string[];
  /** What it says to be known by; a test may change it. */
  credentials: { pair: KeyPair };
  stop: () => Promise<void>;
}>;

export type AgentOptions = Readonly<{
  member?: string;
  enrolment?: number;
  url?: string;
  proxyUrl?: string;
  heads: LeaseHeads;
  portOf?: (service: TunnelService) => number;
  limits?: StreamLimits;
  idleMs?: (kind: 'exchange' | 'session') => number;
  pace?: SessionPace;
}>;

/** An agent of a member that keeps tunnels to a gateway. */
export function startAgent({ api, url }: TestGateway, options: AgentOptions): TestAgent {
  const { member = 'a', enrolment = 1, pace = usualPace } = options;
  const counted: string[] = [];
  const logged: string[] = [];
  const metrics = countingMetrics(counted);
  const clock = systemClock;
  const { heads, portOf, limits, idleMs } = options;
  const server = new StreamServer({
    ...{ heads, metrics, clock },
    ...(portOf === undefined ? {} : { portOf }),
    ...(limits === undefined ? {} : { limits }),
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  const credentials = { pair: api.agent(member, enrolment) };
  const keeper = new TunnelKeeper({
    dialer: tunnelDialer({
      url: options.url ?? url,
      proxyUrl: options.proxyUrl,
      credentials: async () => ({
        ca: api.authority.certificatePem,
        cert: credentials.pair.certificatePem,
        key: credentials.pair.keyPem,
      }),
      ...{ server, clock, pace },
    }),
    credentials: async () => credentials.pair.certificatePem,
    ...{ clock, random: () => 0.5, metrics, logger: loggerInto(logged) },
  });
  const stopping = new AbortController();
  const running = keeper.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
    server.close();
  };
  return { server, keeper, counted, logged, credentials, stop };
}

/** Waits for the tunnel of a member. */
export function tunnelOf({ registry }: TestGateway, member = 'a'): Promise<Tunnel> {
  return eventually(() => {
    const tunnel = registry.open(member);
    if (tunnel === undefined) throw new Error(`there is no tunnel of ${member}`);
    return tunnel;
  });
}

/** Every lease is here, and its head on this machine. */
export const localHeads = (authorization?: string): LeaseHeads => ({
  headOf: async (lease) => (lease === testLease ? { host: '127.0.0.1', authorization } : undefined),
  distrust: () => undefined,
});

/** What runs in a data centre: something that speaks HTTP/1.1, or HTTP/2 without TLS. */
export async function listening<T extends Server | Http2Server>(
  server: T,
): Promise<Readonly<{ server: T; port: number; stop: () => void }>> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { server, port, stop };
}

export const httpHead = (handler: Parameters<typeof createServer>[1]) =>
  listening(createServer(handler));
export const grpcHead = (handler: Parameters<typeof createHttp2Server>[1]) =>
  listening(createHttp2Server(handler));

/** One address for several ports, which it picks in turn. */
export async function startBalancer(ports: number[]) {
  let next = 0;
  const sockets = new Set<Socket>();
  const server = createProxy((socket) => {
    const port = ports[next++ % ports.length];
    if (port === undefined) return void socket.destroy();
    const to = connect(port, '127.0.0.1');
    sockets.add(socket).add(to);
    socket.on('error', () => to.destroy());
    to.on('error', () => socket.destroy());
    socket.pipe(to).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  /** Connections stay, and nothing comes through any more. */
  const freeze = (): void => {
    server.close();
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { url: `https://127.0.0.1:${port}`, ports, freeze, stop };
}

/** The fault of a TunnelError, with its status. */
export async function faultOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof TunnelError) return `${error.fault} ${error.status}`;
    throw error;
  }
  return 'none';
}

function countingMetrics(counted: string[]): TunnelMetrics {
  return {
    tunnels: (count) => void counted.push(`tunnels ${count}`),
    tunnelOpened: (outcome) => void counted.push(`opened ${outcome}`),
    streams: (count) => void counted.push(`streams ${count}`),
    streamEnded: (service, outcome) => void counted.push(`${service} ${outcome}`),
  };
}

function loggerInto(logged: string[]): Logger {
  const line = (fields: object, message: string) =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: line, info: line, warn: line, error: line };
}
