import type { FastifyRequest } from 'fastify';
import type { GatewayMetrics } from '../../../operator/ports/gateway-metrics.ts';
import type { Rights } from '../../../operator/ports/rights.ts';
import { BearerIdentity, bearerOf } from '../../plugins/bearer-identity.ts';
import { Problem } from '../../problem.ts';
import type { SiteCookies } from './cookies.ts';
import { isCrossSite, originsOf } from './cross-site.ts';
import { type Principal, tokenPrincipal } from './principal.ts';
import type { Sealer } from './sealer.ts';
import { openSession, type Session } from './session.ts';

/** For how long an answer about a token holds. */
const limits = { allowedMs: 10_000, deniedMs: 3_000 };

export type AuthenticatorPorts = Readonly<{
  rights: Pick<Rights, 'authenticate'>;
  metrics: Pick<GatewayMetrics, 'reviewed'>;
  clock: Readonly<{ now: () => number; monotonicMs: () => number }>;
  sealer: Sealer;
  cookies: SiteCookies;
  /** Host, and port where it is not the usual one, of the site. */
  domain: string;
}>;

/** Who sends requests, by the credential alone: a Kubernetes token, or the cookie of a session. */
export class Authenticator {
  readonly #ports: AuthenticatorPorts;
  readonly #bearers: BearerIdentity;

  constructor(ports: AuthenticatorPorts) {
    this.#ports = ports;
    const { rights: reviews, metrics, clock } = ports;
    this.#bearers = new BearerIdentity({ reviews, metrics, clock }, limits);
  }

  /** Whose token it is. Throws a problem: 401 for a token of nobody, 503 while nobody can tell. */
  async tokenPrincipal({ headers }: FastifyRequest): Promise<Principal> {
    return tokenPrincipal(await this.#bearers.callerOf(bearerOf(headers)));
  }

  /** Whose session it is; undefined without one. */
  cookiePrincipal(request: FastifyRequest): Principal | undefined {
    return this.session(request)?.principal;
  }

  /** The same for what only this site may ask for. Throws a problem when another site may have. */
  browserPrincipal(request: FastifyRequest): Principal | undefined {
    const principal = this.cookiePrincipal(request);
    if (principal !== undefined) this.refuseCrossSite(request);
    return principal;
  }

  session({ headers }: FastifyRequest): Session | undefined {
    const { cookies, sealer, clock } = this.#ports;
    const text = cookies.read('session', headers.cookie);
    if (text === undefined) return undefined;
    return openSession(sealer, text, Math.floor(clock.now() / 1000));
  }

  /** Throws a problem when a page of another site may have sent it, and it would change something. */
  refuseCrossSite({ method, headers }: FastifyRequest): void {
    if (!isCrossSite(method, headers, originsOf(this.#ports.domain, headers))) return;
    const text = 'a session may be used from pages of this site alone; tools send a Bearer token';
    throw new Problem(403, 'CrossSite', text);
  }
}
