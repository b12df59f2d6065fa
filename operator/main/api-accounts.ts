import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AccountPorts } from '../../api/ports.ts';
import { createAccountDesk } from '../adapters/kubernetes/account-desk.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { createPayouts } from '../adapters/postgres/payouts.ts';
import { createWallets } from '../adapters/postgres/wallets.ts';
import { type ApiConfig, ConfigError } from '../config.ts';
import { ApiClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import { loadKubeConfig } from '../runtime/kube-config.ts';
import { version } from '../version.ts';

const leastKeyBytes = 32;

/** A client for the hub's API server. */
export function hubClient(config: ApiConfig): ApiClient {
  return new ApiClient({
    kubeConfig: loadKubeConfig(config['hub-kubeconfig']),
    userAgent: `io-operator/${version} (api)`,
  });
}

/** What routes about accounts answer from. */
export function accountPorts(
  config: ApiConfig,
  hub: ApiClient,
  database: Database,
  clock: Clock,
): AccountPorts {
  return {
    desk: createAccountDesk(hub),
    wallets: createWallets(database),
    payouts: createPayouts(database),
    clock,
    signIn: {
      domain: config['public-domain'],
      chainId: config['chain-id'],
      nonceKey: nonceKey(config['nonce-key-file']),
    },
  };
}

/** Without a file, a challenge can be answered only at the process that made it. */
function nonceKey(file: string | undefined): Uint8Array {
  if (file === undefined) return randomBytes(leastKeyBytes);
  const key = readFileSync(file);
  if (key.length >= leastKeyBytes) return key;
  throw new ConfigError(
    `io-operator api: --nonce-key-file: ${file} has ${key.length} bytes, and needs ${leastKeyBytes} random ones`,
  );
}
