import pino from 'pino';
import { createMetrics, type Metrics } from '../adapters/prometheus/metrics.ts';
import type { AgentConfig, Config, HubConfig } from '../config.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { HealthServer } from '../runtime/health-server.ts';
import { loadKubeConfig } from '../runtime/kube-config.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Manager } from '../runtime/manager.ts';
import { version } from '../version.ts';

/** What every io-operator process has. */
export type Foundation = Readonly<{ logger: Logger; metrics: Metrics }>;

/** JSON lines on stdout, times in RFC 3339, level by name. */
export function processLogger(config: Config): Logger {
  return pino({
    level: config['log-level'],
    base: { component: config.command },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    messageKey: 'message',
  });
}

/** Of a process that works on API servers. */
export function foundation(config: HubConfig | AgentConfig): Foundation {
  return { logger: processLogger(config), metrics: createMetrics(config.command) };
}

/** A client for the API server of a kubeconfig; without a path the one this pod runs in. */
export function clientFor(
  kubeconfig: string | undefined,
  component: Config['command'],
  { metrics }: Foundation,
): ApiClient {
  return new ApiClient({
    kubeConfig: loadKubeConfig(kubeconfig),
    userAgent: `io-operator/${version} (${component})`,
    maxInFlight: 64,
    onRequest: ({ verb, resource, status, seconds }) =>
      metrics.apiRequest(verb, resource, status, seconds),
  });
}

/** Serves health and metrics of a manager; it is closed with the manager. */
export function healthServer(manager: () => Manager, { metrics }: Foundation): HealthServer {
  return new HealthServer({
    healthz: () => manager().healthz(),
    readyz: () => manager().readyz(),
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
  });
}
