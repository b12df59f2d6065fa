import type { Server } from 'node:https';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { limitInFlight } from '../plugins/in-flight.ts';
import type { AccountPorts } from '../ports.ts';
import type { RewardProofs } from '../../operator/ports/reward-roots.ts';
import { addRewardRoutes } from '../routes/rewards.ts';
import { addWalletRoutes } from '../routes/wallets.ts';
import { addWithdrawalRoutes } from '../routes/withdrawals.ts';
import { guardRoutes, accessOf } from './auth/access.ts';
import { Authenticator } from './auth/authenticator.ts';
import { Authority } from './auth/authority.ts';
import { SiteCookies } from './auth/cookies.ts';
import { Sealer } from './auth/sealer.ts';
import { allowNoBody, readBySchema, writeBySchema } from './compilers.ts';
import type { RouteContext } from './context.ts';
import { addEtags } from './etag.ts';
import { EventHub } from './events/event-hub.ts';
import { addIdempotency } from './idempotency.ts';
import { addOpenApi } from './openapi.ts';
import type { V1Ports } from './ports.ts';
import { routes } from './routes/index.ts';
import type { V1Server } from './server.ts';
import { addSecurityHeaders } from './security-headers.ts';

const flushEveryMs = 250;
/** Requests that are worked on at once; each may ask the store, or the hub's API server. */
const inFlight = { most: 512, retryAfterSeconds: 1 };

/** Routes that are older than this plugin, which it guards as well. */
export type OlderRoutes = Readonly<{
  accounts?: AccountPorts | undefined;
  rewards?: RewardProofs | undefined;
}>;

/** Everything below `/v1` for people, tools and the console. Nothing of it is shared with the intake. */
export async function v1(
  instance: FastifyInstance<Server>,
  { ports, older }: Readonly<{ ports: V1Ports; older: OlderRoutes }>,
): Promise<void> {
  const context = contextOf(ports);
  const { authenticator, authority, events } = context;
  instance.setValidatorCompiler(readBySchema);
  instance.setSerializerCompiler(writeBySchema);
  const server = instance.withTypeProvider() as V1Server;
  allowNoBody(server);
  addSecurityHeaders(server, ports.site);
  limitInFlight(server, inFlight);
  guardRoutes(server, { authenticator, authority, clock: ports.clock });
  addIdempotency(server, { ...ports, sealer: context.sealer });
  addEtags(server);
  await addOpenApi(server, ports.site);
  await server.register(addRoutes, { prefix: '/v1', context });
  addOlderRoutes(server, older);
  tellChanges(server, ports, events);
}

/** All routes that have a schema. */
export const addRoutes: FastifyPluginAsync<
  Readonly<{ context: RouteContext }>,
  Server,
  ZodTypeProvider
> = async (server, { context }) => {
  for (const add of routes) add(server, context);
};

/** What the plugin keeps for all routes. */
export function contextOf(ports: V1Ports): RouteContext {
  const { site, sessionKey } = ports;
  const sealer = new Sealer(sessionKey);
  const cookies = new SiteCookies(site.prefix);
  return {
    ports,
    sealer,
    cookies,
    authenticator: new Authenticator({ ...ports, sealer, cookies, domain: site.domain }),
    authority: new Authority(ports),
    events: new EventHub(),
  };
}

/** Accounts take the cookie as well as a token here; rewards are public, since the chain has them. */
export function addOlderRoutes(server: V1Server, { accounts, rewards }: OlderRoutes): void {
  if (accounts !== undefined) {
    const mayUse: AccountPorts['mayUse'] = async (request, verb, account) => {
      const [namespace, name] = account.split('/');
      await accessOf(request).authorize({ verb, resource: 'ioaccounts', namespace, name });
    };
    addWalletRoutes(server, { ...accounts, mayUse });
    addWithdrawalRoutes(server, { ...accounts, mayUse });
  }
  if (rewards !== undefined) addRewardRoutes(server, rewards);
}

/** Changes are told in bundles, and to nobody any more when the server closes. */
function tellChanges(server: V1Server, { changes }: V1Ports, events: EventHub): void {
  const unsubscribe = changes.subscribe((change) => events.note(change));
  const flushing = setInterval(() => void events.flush(), flushEveryMs);
  server.addHook('preClose', async () => {
    clearInterval(flushing);
    unsubscribe();
    events.close();
  });
}
