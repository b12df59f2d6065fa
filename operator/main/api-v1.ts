import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ConsoleAssets, readConsole } from '../../api/console-assets.ts';
import type { CorePorts, Site, V1Ports } from '../../api/v1/ports.ts';
import { createRights } from '../adapters/kubernetes/rights.ts';
import { createPeopleProvider } from '../adapters/oidc/people-provider.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { createIdempotencyKeys } from '../adapters/postgres/idempotency-keys.ts';
import { createPublicLedger, keepEpochSums } from '../adapters/postgres/public-reader.ts';
import { createTenants } from '../adapters/postgres/tenants.ts';
import { openViewChanges } from '../adapters/postgres/views/changes.ts';
import { createViews } from '../adapters/postgres/views/reader.ts';
import { type ApiConfig, ConfigError } from '../config.ts';
import type { RewardProofs } from '../ports/reward-roots.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import { privateApi } from './api-private.ts';

const leastKeyBytes = 32;

/** What the API for people and tools answers from. */
export type OpenV1 = Readonly<{
  ports: V1Ports;
  /** Does what has to be done now and then. */
  maintain: () => Promise<void>;
  close: () => Promise<void>;
}>;

type Base = Pick<CorePorts, 'logger' | 'metrics'> &
  Readonly<{
    hub: ApiClient;
    database: Database;
    /** Connection string: changes are heard on a connection of their own. */
    url: string;
    rewards: RewardProofs | undefined;
    clock: Clock;
  }>;

/** Opens what `/v1` needs. Throws ConfigError for what a person has to put right. */
export function openV1(config: ApiConfig, base: Base): OpenV1 {
  const { hub, database, url, clock, logger, metrics } = base;
  const sessionKey = keyOf(config['session-key-file']);
  const oidc = oidcOf(config);
  const changes = openViewChanges({ url, clock, logger });
  const keys = createIdempotencyKeys(database);
  const { ports: own, clearUp } = privateApi(config, base);
  const core: CorePorts = {
    ...{ changes, keys, metrics, logger, clock, sessionKey, oidc },
    views: createViews(database, clock),
    ledger: createPublicLedger(database),
    rights: createRights(hub),
    tenants: createTenants(database),
    site: siteOf(config),
  };
  return {
    ports: { ...core, ...own },
    maintain: async () => {
      await keepEpochSums(database);
      await keys.forget(Math.floor(clock.now() / 1000));
      await clearUp();
    },
    close: () => changes.close(),
  };
}

function siteOf(config: ApiConfig): Site {
  return {
    name: config['site-name'],
    domain: config['public-domain'],
    prefix: config['path-prefix'],
    chainId: config['chain-id'],
    explorerUrlTemplate: config['explorer-url'],
    gatewayUrl: config['gateway-url'],
    walletSignIn: config['wallet-sign-in'],
  };
}

function oidcOf(config: ApiConfig): CorePorts['oidc'] {
  const { 'oidc-issuer': issuer, 'oidc-client-id': clientId } = config;
  const secretFile = config['oidc-client-secret-file'];
  if (issuer === undefined && clientId === undefined && secretFile === undefined) return undefined;
  if (issuer === undefined || clientId === undefined) {
    throw new ConfigError('io-operator api: --oidc-issuer and --oidc-client-id go together');
  }
  return {
    provider: createPeopleProvider({
      ...{ issuer, clientId },
      name: config['oidc-name'],
      clientSecret: secretFile === undefined ? undefined : readFileSync(secretFile, 'utf8').trim(),
      scopes: config['oidc-scopes'],
      groupsClaim: config['oidc-groups-claim'],
    }),
    prefixes: { username: config['oidc-username-prefix'], groups: config['oidc-groups-prefix'] },
  };
}

/** Without a file, who signed in is known to this process alone, and to nobody after it. */
function keyOf(file: string | undefined): Uint8Array {
  if (file === undefined) return randomBytes(leastKeyBytes);
  const key = readFileSync(file);
  if (key.length >= leastKeyBytes) return key;
  throw new ConfigError(
    `io-operator api: --session-key-file: ${file} has ${key.length} bytes, and needs ${leastKeyBytes} random ones`,
  );
}

/** The console that was built; undefined where nobody built one. */
export async function consoleAssets(config: ApiConfig): Promise<ConsoleAssets | undefined> {
  const { 'console-directory': told, 'path-prefix': prefix } = config;
  if (told !== undefined) return readConsole(told, prefix);
  // Beside the bundled program.
  const usual = fileURLToPath(new URL('console', import.meta.url));
  return existsSync(usual) ? readConsole(usual, prefix) : undefined;
}
