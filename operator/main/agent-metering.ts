import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { AgentMetrics } from '../adapters/prometheus/agent-metrics.ts';
import { exporterTargets } from '../agent/metering/exporters.ts';
import { type IntakeCredentials, intakeClient } from '../agent/metering/intake-client.ts';
import { type Metering, type MeteringOptions, openMetering } from '../agent/metering/index.ts';
import { WatchSight } from '../agent/metering/watch-sight.ts';
import { type AgentConfig, ConfigError } from '../config.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import { loadKubeConfig } from '../runtime/kube-config.ts';
import type { RuntimeMetrics } from '../runtime/metrics.ts';

/** What metering needs to be told, when it is asked for. */
export type MeteringConfig = Readonly<{ apiUrl: string; apiCa: string; spoolDirectory: string }>;

/** Undefined: there is no --api-url, so nothing is metered. Throws ConfigError. */
export function meteringConfig(config: AgentConfig): MeteringConfig | undefined {
  const apiUrl = config['api-url'];
  if (apiUrl === undefined) return undefined;
  const apiCa = config['api-ca'];
  const spoolDirectory = config['spool-directory'];
  if (apiCa === undefined || spoolDirectory === undefined) {
    throw new ConfigError(
      'io-operator agent: --api-url needs --api-ca, the CA of the api, and --spool-directory, ' +
        'where usage is kept until the api has it',
    );
  }
  return { apiUrl, apiCa, spoolDirectory };
}

/** How far the member's pods and nodes are seen, and the metrics that tell when a watch opens. */
export function watchSights(clock: Clock, metrics: RuntimeMetrics) {
  const sights = { pods: new WatchSight(clock), nodes: new WatchSight(clock) };
  const apiRequest: RuntimeMetrics['apiRequest'] = (verb, resource, code, seconds) => {
    metrics.apiRequest(verb, resource, code, seconds);
    if (verb !== 'watch' || code !== 200) return;
    if (resource === 'pods') sights.pods.opened();
    if (resource === 'nodes') sights.nodes.opened();
  };
  return { sights, apiRequest };
}

type Shared = Omit<
  MeteringOptions,
  'client' | 'evidence' | 'member' | 'reportMs' | 'spoolDirectory' | 'random'
>;

/** Opens the spool; reports go to the api with the certificate that the hub knows the agent by. */
export function startMetering(
  config: AgentConfig,
  hub: Readonly<{ kubeconfig: string; proxyUrl: string | undefined }>,
  { apiUrl, apiCa, spoolDirectory }: MeteringConfig,
  { local, ...options }: Shared & Readonly<{ local: ApiClient; metrics: AgentMetrics }>,
): Promise<Metering> {
  const newClient = () =>
    intakeClient({
      url: apiUrl,
      proxyUrl: hub.proxyUrl,
      credentials: () => intakeCredentials(hub.kubeconfig, apiCa),
      clock: options.clock,
    });
  const evidenceSeconds = config['evidence-seconds'];
  return openMetering({
    ...options,
    client: newClient(),
    evidence:
      evidenceSeconds === 0
        ? undefined
        : {
            client: newClient(),
            targets: exporterTargets(local, config['dcgm-selector']),
            intervalMs: evidenceSeconds * 1000,
          },
    spoolDirectory,
    member: config.member,
    reportMs: config['report-seconds'] * 1000,
    random: Math.random,
  });
}

/** The certificate that the hub knows the agent by, and whom it believes to be the api. */
export async function intakeCredentials(
  kubeconfig: string,
  apiCa: string,
): Promise<IntakeCredentials> {
  const options: RequestOptions = {};
  await loadKubeConfig(kubeconfig).applyToHTTPSOptions(options);
  const cert = pem(options.cert);
  const key = pem(options.key);
  if (cert === undefined || key === undefined) {
    throw new Error(`${kubeconfig} has no client certificate; the api knows agents by theirs`);
  }
  return { ca: await readFile(apiCa, 'utf8'), cert, key };
}

function pem(value: RequestOptions['cert'] | RequestOptions['key']): string | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : undefined;
}
