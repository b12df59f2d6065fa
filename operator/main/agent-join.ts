import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { secretCredentials } from '../adapters/kubernetes/secret-credentials.ts';
import { memberKeys } from '../adapters/x509/request.ts';
import { type HubRoute, writeHubCredentials, writeHubKubeconfig } from '../agent/join/hub-files.ts';
import { JoinError } from '../agent/join/join-error.ts';
import { Joining } from '../agent/join/joining.ts';
import { stateMember } from '../agent/join/statement.ts';
import { type AgentConfig, ConfigError } from '../config.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { exponentialMs } from '../runtime/backoff.ts';
import { sleep, systemClock } from '../runtime/clock.ts';
import { tokenKubeConfig } from '../runtime/kube-config.ts';
import { splitKey } from '../runtime/kube-object.ts';
import { errorFields, messageOf } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';
import { version } from '../version.ts';
import { memberFileFaults } from './member-file.ts';
import type { Foundation } from './process.ts';

/** How the agent gets at its hub. */
export type HubAccess = Readonly<{
  /** Path of a kubeconfig whose credentials are renewed in place. */
  kubeconfig: string;
  proxyUrl: string | undefined;
  /** The hub for informers: they wait until the agent has joined. */
  gate: (hub: ApiClient) => Pick<ApiClient, 'list' | 'watch'>;
  /** What makes the access good, and keeps it so. */
  runnables: (hub: ApiClient) => readonly Runnable[];
}>;

/** The kubeconfig that the agent was given, or one that joining the hub fills. Throws ConfigError. */
export function hubAccess(config: AgentConfig, local: ApiClient, base: Foundation): HubAccess {
  const proxyUrl = config['https-proxy'];
  const given = config['hub-kubeconfig'];
  if (given !== undefined) {
    return { kubeconfig: given, proxyUrl, gate: (hub) => hub, runnables: () => [] };
  }
  const { route, statement, stateDirectory, secret } = joinConfig(config);
  const options = {
    identity: { member: config.member, enrolment: config.enrolment },
    store: secretCredentials(local, secret),
    ...{ keys: memberKeys, clock: systemClock, logger: base.logger, statement },
    signerName: config['hub-signer'],
    lifetimeSeconds: config['certificate-hours'] * 3600,
    invited: async () => invitedClient(route, config['join-token-file'], base),
  };
  const kubeconfig = writeHubKubeconfig(stateDirectory, route);
  const joining = new Joining(options, (credentials) =>
    writeHubCredentials(stateDirectory, credentials),
  );
  return {
    ...{ kubeconfig, proxyUrl },
    gate: (hub) => joining.gate(hub),
    runnables: (hub) => [
      joining.runnable(hub),
      statementRunnable(hub, config.member, statement, base),
    ],
  };
}

type JoinConfig = Readonly<{
  route: HubRoute;
  statement: Readonly<Record<string, unknown>>;
  secret: Readonly<{ namespace: string; name: string }>;
  stateDirectory: string;
}>;

function joinConfig(config: AgentConfig): JoinConfig {
  const needed = ['hub-url', 'member-file', 'credentials-secret', 'state-directory'] as const;
  const [url, memberFile, secretKey, stateDirectory] = needed.map((flag) => config[flag]);
  if (
    url === undefined ||
    memberFile === undefined ||
    secretKey === undefined ||
    stateDirectory === undefined
  ) {
    const missing = needed.filter((flag) => config[flag] === undefined).map((flag) => `--${flag}`);
    throw new ConfigError(
      `io-operator agent: ${missing.join(', ')} missing: an agent joins its hub with ` +
        `${needed.map((flag) => `--${flag}`).join(', ')}, or is given --hub-kubeconfig`,
    );
  }
  const { namespace = '', name } = splitKey(secretKey);
  return {
    route: { url, caFile: config['hub-ca-file'], proxyUrl: config['https-proxy'] },
    statement: readMemberFile(memberFile),
    secret: { namespace, name },
    stateDirectory,
  };
}

function readMemberFile(path: string): Readonly<Record<string, unknown>> {
  let faults: readonly string[];
  try {
    faults = memberFileFaults(path);
  } catch (error) {
    throw new ConfigError(`--member-file ${path} cannot be read: ${messageOf(error)}`);
  }
  if (faults.length > 0) throw new ConfigError(`--member-file ${path}: ${faults.join('; ')}`);
  return parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

function invitedClient(
  { url, caFile, proxyUrl }: HubRoute,
  tokenFile: string | undefined,
  { metrics }: Foundation,
): ApiClient {
  const token = tokenFile === undefined ? '' : readFileSync(tokenFile, 'utf8').trim();
  if (token === '') {
    throw new JoinError(
      'Uninvited',
      'this agent has no certificate and no invitation: --join-token-file has to hold the token that ' +
        'kubectl io member invite prints',
    );
  }
  const caBundle = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
  return new ApiClient({
    kubeConfig: tokenKubeConfig({ url, caBundle, proxyUrl, token }),
    userAgent: `io-operator/${version} (agent)`,
    onRequest: ({ verb, resource, status, seconds }) =>
      metrics.apiRequest(verb, resource, status, seconds),
  });
}

const statementBackoff = { baseMs: 5_000, maximumMs: 300_000 };

/** What the data centre changed in its file since it joined; told once a start. */
function statementRunnable(
  hub: ApiClient,
  member: string,
  statement: Readonly<Record<string, unknown>>,
  { logger }: Foundation,
): Runnable {
  return {
    name: 'member-statement',
    run: async (signal) => {
      for (let failures = 0; !signal.aborted; failures += 1) {
        try {
          await stateMember(hub, member, statement, { logger, signal });
          return;
        } catch (error) {
          if (signal.aborted) return;
          logger.warn(errorFields(error), 'the hub did not hear what is offered here');
        }
        await sleep(systemClock, exponentialMs(failures, statementBackoff), signal);
      }
    },
  };
}
