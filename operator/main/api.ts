import type { AddressInfo } from 'node:net';
import { type ApiServer, buildServer, secureContext } from '../../api/server.ts';
import { createMemberGate, type WatchedMemberGate } from '../adapters/kubernetes/member-gate.ts';
import { type Database, openDatabase } from '../adapters/postgres/database.ts';
import { createEvidenceStore } from '../adapters/postgres/evidence.ts';
import { genesisSeconds } from '../adapters/postgres/migrate.ts';
import { maintainPartitions } from '../adapters/postgres/partitions.ts';
import { createUsageIntake } from '../adapters/postgres/usage-intake.ts';
import { createApiMetrics } from '../adapters/prometheus/api-metrics.ts';
import type { ApiConfig } from '../config.ts';
import type { ClusterDirectory } from '../ports/cluster-directory.ts';
import { type Clock, sleep, systemClock } from '../runtime/clock.ts';
import { type HealthCheck, HealthServer } from '../runtime/health-server.ts';
import { errorFields, type Logger, messageOf } from '../runtime/logger.ts';
import { accountPorts, hubClient } from './api-accounts.ts';
import { rewardProofs } from './api-rewards.ts';
import { renterGateway } from './api-gateway.ts';
import { tunnelRegistry } from './api-tunnels.ts';
import { consoleAssets, openV1 } from './api-v1.ts';
import { requiredDatabaseUrl } from './database.ts';
import { processLogger } from './process.ts';
import { readTls, sameTls, type TlsPaths } from './tls-files.ts';

const maxConnections = 16;
/** A report that takes longer is tried again by its agent. */
const statementTimeoutMs = 10_000;
const maintainEveryMs = 3_600_000;
const upkeepEveryMs = 60_000;

/** Intervals of what is looked at again and again. */
export type ApiPace = Readonly<{ probeEveryMs: number; tlsEveryMs: number }>;

/** Runs the intake until the signal is aborted, then answers what it has taken. */
export async function runApi(config: ApiConfig, signal: AbortSignal): Promise<void> {
  const pace = { probeEveryMs: 5_000, tlsEveryMs: 10_000 };
  const api = await startApi(config, requiredDatabaseUrl(config), processLogger(config), pace);
  await aborted(signal);
  await api.stop();
}

/** A running intake. */
export type RunningApi = Readonly<{ port: number; healthPort: number; stop: () => Promise<void> }>;

/** Starts the intake and its health server; it need not have reached the database yet. */
export async function startApi(
  config: ApiConfig,
  url: string,
  logger: Logger,
  pace: ApiPace,
): Promise<RunningApi> {
  const clock = systemClock;
  const metrics = createApiMetrics();
  const paths = { cert: config['tls-cert'], key: config['tls-key'], clientCa: config['client-ca'] };
  const tls = await readTls(paths);
  const database = openDatabase(url, {
    applicationName: 'io-operator api',
    maxConnections,
    statementTimeoutMs,
  });
  const intake = createUsageIntake(database);
  const evidence = createEvidenceStore(database);
  const hub = hubClient(config);
  const accounts = accountPorts(config, hub, database, clock);
  const members = createMemberGate(hub, logger);
  const rewards = rewardProofs(config, database);
  // Whom a cluster belongs to, and where it runs, is what the hub says.
  const tunnels = tunnelRegistry(config, { clock, metrics, logger });
  const renters = renterGateway(config, hub, tunnels, { clock, metrics: metrics.gateway, logger });
  const gateway = renters.ports;
  const v1 = openV1(config, {
    ...{ hub, database, url, rewards, clock, logger },
    metrics: metrics.gateway,
  });
  const ports = {
    ...{ intake, evidence, metrics, logger, clock, accounts, rewards, members, tunnels, gateway },
    ...{ v1: v1.ports, console: await consoleAssets(config) },
  };
  const server = buildServer(ports, { tls });
  const stopping = new AbortController();
  const readiness = new Readiness(database, members, gateway.clusters, stopping.signal);
  const health = new HealthServer({
    healthz: () => [{ name: 'process', ok: true }],
    readyz: () => readiness.checks(),
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
  });
  const loop = { clock, logger, signal: stopping.signal };
  const loops = [
    every({ ...loop, name: 'database probe', ms: pace.probeEveryMs }, () => readiness.probe()),
    every({ ...loop, name: 'renewal of TLS', ms: pace.tlsEveryMs }, renewal(server, paths, logger)),
    every({ ...loop, name: 'partitions', ms: maintainEveryMs }, () =>
      maintainPartitions(database, clock.now()),
    ),
    every({ ...loop, name: 'upkeep of the API', ms: upkeepEveryMs }, v1.maintain),
    members.run(stopping.signal),
    renters.run(stopping.signal),
  ];
  const healthPort = await health.listen(config['metrics-address']);
  await server.listen(config['listen-address']);
  const { port } = server.server.address() as AddressInfo;
  logger.info({ port, healthPort }, 'api starts');
  return {
    port,
    healthPort,
    stop: async () => {
      stopping.abort();
      await closeWithin(server, clock, config['shutdown-timeout-seconds'] * 1000);
      await Promise.all(loops);
      await Promise.all([health.close(), v1.close(), database.destroy(), hub.close()]);
      logger.info({}, 'api stopped');
    },
  };
}

/** Ready while the database answers and was migrated, members and clusters are known, and nobody asked to stop. */
class Readiness {
  readonly #database: Database;
  readonly #members: WatchedMemberGate;
  readonly #clusters: Pick<ClusterDirectory, 'isKnown'>;
  readonly #stopping: AbortSignal;
  #fault: string | undefined = 'was not asked yet';

  constructor(
    database: Database,
    members: WatchedMemberGate,
    clusters: Pick<ClusterDirectory, 'isKnown'>,
    stopping: AbortSignal,
  ) {
    this.#database = database;
    this.#members = members;
    this.#clusters = clusters;
    this.#stopping = stopping;
  }

  async probe(): Promise<void> {
    try {
      await genesisSeconds(this.#database);
      this.#fault = undefined;
    } catch (error) {
      this.#fault = messageOf(error);
    }
  }

  checks(): readonly HealthCheck[] {
    const fault = this.#fault;
    return [
      {
        name: 'database',
        ok: fault === undefined,
        ...(fault === undefined ? {} : { message: fault }),
      },
      {
        name: 'members',
        ok: this.#members.isKnown(),
        message: "the hub's IOMembers were not read yet",
      },
      {
        name: 'clusters',
        ok: this.#clusters.isKnown(),
        message: "the hub's IOClusters were not read yet",
      },
      { name: 'running', ok: !this.#stopping.aborted, message: 'the process was asked to stop' },
    ];
  }
}

/** Takes renewed files over for new connections; half a renewal is left for the next look. */
function renewal(server: ApiServer, paths: TlsPaths, logger: Logger): () => Promise<void> {
  let used: Awaited<ReturnType<typeof readTls>> | undefined;
  return async () => {
    const read = await readTls(paths);
    if (used !== undefined && sameTls(read, used)) return;
    server.server.setSecureContext(secureContext(read));
    if (used !== undefined) logger.info({}, 'TLS files were renewed');
    used = read;
  };
}

type Loop = Readonly<{
  name: string;
  ms: number;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
}>;

/** Does something at once and then again and again; a failure is logged. */
async function every(
  { name, ms, clock, logger, signal }: Loop,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      logger.warn(errorFields(error), `${name} failed, and is tried again`);
    }
    await sleep(clock, ms, signal);
  }
}

/** Waits for the answers to what was taken, but not for ever. */
async function closeWithin(server: ApiServer, clock: Clock, ms: number): Promise<void> {
  const done = new AbortController();
  const closed = server.close().finally(() => done.abort());
  await sleep(clock, ms, done.signal);
  server.server.closeAllConnections();
  await closed;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
