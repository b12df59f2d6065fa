import type { Server } from 'node:https';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { IntakeRoute } from '../operator/ports/intake-metrics.ts';
import { Admission, type AdmissionLimits } from './plugins/admission.ts';
import { noteReceived } from './plugins/clock-skew.ts';
import { limitAccountRequests } from './plugins/account-access.ts';
import { addMemberIdentity } from './plugins/member-identity.ts';
import { addProblems } from './plugins/problems.ts';
import type { ApiPorts } from './ports.ts';
import { addEvidenceRoute } from './routes/evidence.ts';
import { addHeartbeatRoute } from './routes/heartbeats.ts';
import { addRewardRoutes } from './routes/rewards.ts';
import { addUsageRoute } from './routes/usage.ts';
import { addWalletRoutes } from './routes/wallets.ts';
import { addWithdrawalRoutes } from './routes/withdrawals.ts';

/** PEM texts. Clients are asked for a certificate; each route says whether it needs one. */
export type ServerTls = Readonly<{ key: string; cert: string; clientCa: string }>;

export type ApiServer = FastifyInstance<Server>;

export type ServerOptions = Readonly<{ tls: ServerTls; limits?: Partial<AdmissionLimits> }>;

const defaultLimits: AdmissionLimits = {
  requests: 512,
  bytes: 128 * 1024 * 1024,
  requestsPerMember: 4,
};
/** Each member keeps a connection or two. */
const maxConnections = 4_096;
const requestTimeoutMs = 15_000;
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
    https: {
      ...secureContext(tls),
      requestCert: true,
      // The intake refuses who is not authorized, with a problem that says why.
      rejectUnauthorized: false,
      handshakeTimeout: handshakeTimeoutMs,
      maxHeaderSize: 16 * 1024,
    },
    requestTimeout: requestTimeoutMs,
    connectionTimeout: 2 * requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    bodyLimit: 64 * 1024,
    forceCloseConnections: 'idle',
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    logger: false,
  });
  server.server.maxConnections = maxConnections;
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
  addProblems(server, ports);
  const admission = new Admission({ ...defaultLimits, ...limits }, metrics);
  server.register(async (intake) => {
    addMemberIdentity(intake, ports);
    admission.addTo(intake);
    addUsageRoute(intake, ports);
    addHeartbeatRoute(intake, ports);
    addEvidenceRoute(intake, ports);
  });
  const { accounts, rewards } = ports;
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
  return server;
}

const routes: Readonly<Record<string, IntakeRoute>> = {
  '/v1/intake/usage': 'usage',
  '/v1/intake/heartbeats': 'heartbeats',
  '/v1/intake/evidence': 'evidence',
};

function routeOf({ routeOptions }: FastifyRequest): IntakeRoute {
  return routes[routeOptions.url ?? ''] ?? 'other';
}
