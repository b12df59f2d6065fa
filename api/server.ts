import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { IntakeRoute } from '../operator/ports/intake-metrics.ts';
import { addConsoleRoutes } from './console-assets.ts';
import { createGateway } from './gateway/gateway.ts';
import { Listener } from './listener.ts';
import { withoutPrefix } from './path-prefix.ts';
import { Admission, type AdmissionLimits } from './plugins/admission.ts';
import { noteReceived } from './plugins/clock-skew.ts';
import { limitAccountRequests } from './plugins/account-access.ts';
import { addMemberIdentity } from './plugins/member-identity.ts';
import { addProblems } from './plugins/problems.ts';
import { limitBodyTime } from './plugins/body-time.ts';
import type { ApiPorts } from './ports.ts';
import { addEvidenceRoute } from './routes/evidence.ts';
import { addHeartbeatRoute } from './routes/heartbeats.ts';
import { addRewardRoutes } from './routes/rewards.ts';
import { addUsageRoute } from './routes/usage.ts';
import { addWalletRoutes } from './routes/wallets.ts';
import { addWithdrawalRoutes } from './routes/withdrawals.ts';
import { tunnelAcceptance } from './tunnel/accept.ts';
import { v1 } from './v1/plugin.ts';

/** PEM texts. Clients are asked for a certificate; each route says whether it needs one. */
export type ServerTls = Readonly<{ key: string; cert: string; clientCa: string }>;

export type ApiServer = FastifyInstance<Server>;

export type ServerOptions = Readonly<{ tls: ServerTls; limits?: Partial<AdmissionLimits> }>;

const defaultLimits: AdmissionLimits = {
  requests: 512,
  bytes: 128 * 1024 * 1024,
  requestsPerMember: 4,
};
/** Each member keeps three or four, each renter's client a few. */
const maxConnections = 16_384;
const requestTimeoutMs = 15_000;
const checkConnectionsMs = 5_000;
const handshakeTimeoutMs = 10_000;
const keepAliveMs = 75_000;

/** The options of TLS, for the start and for renewed certificates (`setSecureContext`). */
export function secureContext({ key, cert, clientCa }: ServerTls) {
  return { key, cert, ca: clientCa, minVersion: 'TLSv1.3' as const };
}

/** The HTTPS server of `io-operator api`; it does not listen yet. Closing it waits for answers. */
export function buildServer(ports: ApiPorts, { tls, limits }: ServerOptions): ApiServer {
  const { clock, metrics } = ports;
  const server = fastify<Server>({
    serverFactory: (handler) => listenerOf(ports, tls, handler),
    bodyLimit: 64 * 1024,
    forceCloseConnections: 'idle',
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    logger: false,
  });
  server.removeContentTypeParser('text/plain');
  const started = new WeakMap<FastifyRequest, number>();
  server.addHook('onRequest', async (request) => {
    started.set(request, clock.monotonicMs());
    noteReceived(request, clock.now());
  });
  server.addHook('onResponse', async (request, reply) => {
    const seconds = (clock.monotonicMs() - (started.get(request) ?? 0)) / 1000;
    metrics.answered(routeOf(request), reply.statusCode, seconds);
  });
  limitBodyTime(server, requestTimeoutMs);
  addProblems(server, ports);
  const admission = new Admission({ ...defaultLimits, ...limits }, metrics);
  server.register(async (intake) => {
    addMemberIdentity(intake, ports);
    admission.addTo(intake);
    addUsageRoute(intake, ports);
    addHeartbeatRoute(intake, ports);
    addEvidenceRoute(intake, ports);
  });
  const { accounts, rewards, v1: v1Ports, console: assets } = ports;
  const older = { accounts, rewards };
  if (v1Ports === undefined) addOlderRoutes(server, older);
  else server.register(v1, { ports: v1Ports, older });
  if (assets !== undefined) {
    addConsoleRoutes(server, assets, v1Ports?.site ?? { prefix: '', domain: 'localhost' });
  }
  return server;
}

/** Routes that need nothing of the API for people: each asks for a Kubernetes token, or for nothing. */
function addOlderRoutes(
  server: ApiServer,
  { accounts, rewards }: Pick<ApiPorts, 'accounts' | 'rewards'>,
): void {
  if (accounts !== undefined) {
    server.register(async (about) => {
      limitAccountRequests(about);
      addWalletRoutes(about, accounts);
      addWithdrawalRoutes(about, accounts);
    });
  }
  if (rewards !== undefined) {
    server.register(async (about) => {
      limitAccountRequests(about);
      addRewardRoutes(about, rewards);
    });
  }
}

/** The listener of everything: what is not the gateway's is Fastify's. */
function listenerOf(
  ports: ApiPorts,
  tls: ServerTls,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Listener {
  const gateway = ports.gateway === undefined ? undefined : createGateway(ports.gateway);
  const prefix = ports.v1?.site.prefix ?? '';
  const options = {
    ...secureContext(tls),
    requestCert: true,
    // The intake refuses who is not authorized, with a problem that says why.
    rejectUnauthorized: false,
    handshakeTimeout: handshakeTimeoutMs,
    maxHeaderSize: 16 * 1024,
    headersTimeout: requestTimeoutMs,
    // Bodies are timed where it is known what they are.
    requestTimeout: 0,
    connectionsCheckingInterval: checkConnectionsMs,
    keepAliveTimeout: keepAliveMs,
    idleMs: keepAliveMs,
    firstRequestMs: requestTimeoutMs,
    onTunnel: tunnelAcceptance(ports),
    onClosing: () => ports.tunnels?.retire(),
    shouldUpgradeCallback: (request: IncomingMessage) => {
      withoutPrefix(request, prefix);
      return gateway?.upgrades(request) === true;
    },
  };
  const listener = new Listener(options, (request, response) => {
    withoutPrefix(request, prefix);
    if (gateway?.answers(request) === true) gateway.request(request, response);
    else handler(request, response);
  });
  listener.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    withoutPrefix(request, prefix);
    // The gateway asks for a body only when it is known where that goes.
    if (gateway?.answers(request) !== true) response.writeContinue();
    listener.emit('request', request, response);
  });
  listener.on('upgrade', (request: IncomingMessage, socket: Duplex, first: Buffer) =>
    gateway?.upgrade(request, socket, first),
  );
  listener.maxConnections = maxConnections;
  listener.setTimeout(2 * requestTimeoutMs);
  return listener;
}

const routes: Readonly<Record<string, IntakeRoute>> = {
  '/v1/intake/usage': 'usage',
  '/v1/intake/heartbeats': 'heartbeats',
  '/v1/intake/evidence': 'evidence',
};

function routeOf({ routeOptions }: FastifyRequest): IntakeRoute {
  return routes[routeOptions.url ?? ''] ?? 'other';
}
