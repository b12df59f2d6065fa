import type { GatewayMetrics } from '../../operator/ports/gateway-metrics.ts';
import type { IdempotencyKeys } from '../../operator/ports/idempotency-keys.ts';
import type { PeopleProvider } from '../../operator/ports/people-provider.ts';
import type { PublicLedger } from '../../operator/ports/public-ledger.ts';
import type { Rights } from '../../operator/ports/rights.ts';
import type { Tenants } from '../../operator/ports/tenants.ts';
import type { ViewChanges, Views } from '../../operator/ports/views.ts';
import type { Logger } from '../../operator/runtime/logger.ts';
import type { OidcPrefixes } from './auth/principal.ts';
import type { PrivatePorts } from './private-ports.ts';

/** How a site is known, and what it says of itself. */
export type Site = Readonly<{
  /** What the console shows as its name. */
  name: string;
  /** Host, and port where it is not the usual one, by which people reach it. */
  domain: string;
  /** The path that all of it is below, such as `/gpu`; empty at the root of the host. */
  prefix: string;
  /** `mainnet`, `devnet`, `testnet` or `localnet`. */
  chainId: string;
  /** Of a page about a transaction, with `{signature}` in it. */
  explorerUrlTemplate?: string | undefined;
  /** Where renters' clusters are reached. */
  gatewayUrl?: string | undefined;
  walletSignIn: boolean;
}>;

/** What the routes of everybody, of signing in, and of live events need of the outside. */
export type CorePorts = Readonly<{
  views: Views;
  changes: ViewChanges;
  ledger: PublicLedger;
  rights: Rights;
  tenants: Tenants;
  keys: IdempotencyKeys;
  site: Site;
  /** Secret of all servers of one site: sessions, and what else they seal. At least 32 bytes. */
  sessionKey: Uint8Array;
  /** Undefined: nobody signs in by OIDC. */
  oidc?: Readonly<{ provider: PeopleProvider; prefixes: OidcPrefixes }> | undefined;
  metrics: Pick<GatewayMetrics, 'reviewed'>;
  logger: Logger;
  clock: Readonly<{ now: () => number; monotonicMs: () => number }>;
}>;

/** What everything below `/v1` needs of the outside, but for the routes that are older than it. */
export type V1Ports = CorePorts & PrivatePorts;
