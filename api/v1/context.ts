import type { Authenticator } from './auth/authenticator.ts';
import type { SiteCookies } from './auth/cookies.ts';
import type { Authority } from './auth/authority.ts';
import type { Sealer } from './auth/sealer.ts';
import type { EventHub } from './events/event-hub.ts';
import type { V1Ports } from './ports.ts';
import type { V1Server } from './server.ts';

/** What routes are made with: the ports, and what the plugin keeps for all of them. */
export type RouteContext = Readonly<{
  ports: V1Ports;
  authenticator: Authenticator;
  authority: Authority;
  cookies: SiteCookies;
  sealer: Sealer;
  events: EventHub;
}>;

/** Adds routes; their paths begin after `/v1`. */
export type AddRoutes = (server: V1Server, context: RouteContext) => void;
