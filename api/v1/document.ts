import { fastify } from 'fastify';
import type { Server } from 'node:https';
import type { RewardProofs } from '../../operator/ports/reward-roots.ts';
import { silentLogger } from '../../operator/runtime/logger.ts';
import type { AccountPorts } from '../ports.ts';
import { readBySchema, writeBySchema } from './compilers.ts';
import { addOpenApi } from './openapi.ts';
import { addOlderRoutes, addRoutes, contextOf } from './plugin.ts';
import type { PrivatePorts } from './private-ports.ts';
import type { CorePorts, Site, V1Ports } from './ports.ts';
import type { V1Server } from './server.ts';

const site: Site = {
  ...{ name: 'io', domain: 'localhost', prefix: '', chainId: 'localnet', walletSignIn: true },
};
const keyBytes = 32;

/** The OpenAPI document of all routes, without anything behind them. */
export async function openApiDocument(): Promise<object> {
  const server = fastify<Server>({ logger: false }).withTypeProvider() as V1Server;
  server.setValidatorCompiler(readBySchema);
  server.setSerializerCompiler(writeBySchema);
  await addOpenApi(server, site);
  const context = contextOf(nothingBehind());
  await server.register(addRoutes, { prefix: '/v1', context });
  addOlderRoutes(server, { accounts: {} as AccountPorts, rewards: {} as RewardProofs });
  await server.ready();
  const document = server.swagger();
  await server.close();
  return document;
}

/** Routes look at these when they are added; what answers requests is never asked for. */
function nothingBehind(): V1Ports {
  const absent = {} as Omit<CorePorts, 'site' | 'sessionKey' | 'oidc' | 'logger'> & PrivatePorts;
  return {
    ...absent,
    site,
    invitations: {} as PrivatePorts['invitations'],
    transactions: {} as PrivatePorts['transactions'],
    sessionKey: new Uint8Array(keyBytes),
    logger: silentLogger,
    oidc: {
      provider: { ...({} as NonNullable<CorePorts['oidc']>['provider']), name: 'OpenID Connect' },
      prefixes: { username: '', groups: '' },
    },
    clock: { now: () => 0, monotonicMs: () => 0 },
  };
}
