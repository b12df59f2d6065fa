import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { memberNamespace } from '../../../operator/domain/lease.ts';
import type { Right } from '../../../operator/ports/rights.ts';
import { Problem } from '../../problem.ts';
import { namespaceName, objectName } from '../schemas/common.ts';
import { addressKey, refuseAfter, TokenBuckets } from '../rate-limit.ts';
import type { Authenticator } from './authenticator.ts';
import { type Authority, notFound } from './authority.ts';
import { type Principal, principalKey } from './principal.ts';

/**
 * Who may use a route; each has to say it, or the server does not start.
 * - `public`: everybody.
 * - `signedIn`: everybody who is known; the answer is about themselves.
 * - `checked`: the handler asks `accessOf(request)`; an answer without that is not sent.
 * - a right: as the hub says, before the body is read (`hub('get', 'ioclusters')`).
 */
export type AccessRule = 'public' | 'signedIn' | 'checked' | HubRule;
type HubRule = Pick<Right, 'verb' | 'resource'>;

/** Needs a right to what the path names: `:ns`, or the member `:member`, and `:name`. */
export const hub = (verb: Right['verb'], resource: Right['resource']): HubRule => ({
  verb,
  resource,
});

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route. */
    access?: AccessRule;
  }
}

const perPrincipal = { perSecond: 20, burst: 60, maxKeys: 50_000 };
const perAddress = { perSecond: 10, burst: 100, maxKeys: 50_000 };

const accesses = new WeakMap<FastifyRequest, RequestAccess>();

/** Who sent a request, and what they may do. */
export class RequestAccess {
  readonly #authority: Authority;
  readonly #principal: Principal | undefined;
  #asked = false;

  constructor(authority: Authority, principal: Principal | undefined) {
    this.#authority = authority;
    this.#principal = principal;
  }

  /** Who it is; throws a problem when nobody is signed in. */
  get principal(): Principal {
    if (this.#principal === undefined) throw unauthenticated();
    return this.#principal;
  }

  /** Whether somebody asked what they may do. */
  get asked(): boolean {
    return this.#asked;
  }

  may(right: Right): Promise<boolean> {
    const { principal } = this;
    this.#asked = true;
    return this.#authority.may(principal, right);
  }

  /** Throws a problem: 404 for what they may not even see, 403 for what they may see and not do. */
  authorize(right: Right): Promise<void> {
    const { principal } = this;
    this.#asked = true;
    return this.#authority.authorize(principal, right);
  }

  /** `namespace/name` of the account whose wallet signed in; undefined for everybody else. */
  ownAccount(): Promise<string | undefined> {
    const { principal } = this;
    this.#asked = true;
    return this.#authority.ownAccount(principal);
  }
}

/** Who sent the request, and what they may do. */
export function accessOf(request: FastifyRequest): RequestAccess {
  const access = accesses.get(request);
  if (access === undefined) throw new Error('the route is not one of /v1');
  return access;
}

type Ports = Readonly<{
  authenticator: Authenticator;
  authority: Authority;
  clock: Readonly<{ monotonicMs: () => number }>;
}>;

/** Refuses who may not use a route, or asks too often, before anything is read of the body. */
export function guardRoutes(server: FastifyInstance, ports: Ports): void {
  const { authenticator, authority, clock } = ports;
  const monotonicMs = (): number => clock.monotonicMs();
  const principals = new TokenBuckets({ ...perPrincipal, monotonicMs });
  const addresses = new TokenBuckets({ ...perAddress, monotonicMs });
  // By themselves: people behind one address are not shut out by those who look without signing in.
  const wrongTokens = new TokenBuckets({ ...perAddress, monotonicMs });
  server.addHook('onRoute', refuseUndeclared);
  server.addHook('onRequest', async (request) => {
    const rule = ruleOf(request);
    const address = addressKey(request.ip);
    const principal = await identified(request, rule, address);
    refuseAfter(
      principal === undefined ? addresses.take(address) : principals.take(principalKey(principal)),
    );
    const access = new RequestAccess(authority, principal);
    accesses.set(request, access);
    if (rule === 'public') return;
    if (principal === undefined) throw unauthenticated();
    if (typeof rule === 'object') await access.authorize(rightOf(rule, request.params));
  });
  server.addHook('onSend', async (request, reply) => {
    if (ruleOf(request) !== 'checked' || reply.statusCode >= 400) return;
    if (accesses.get(request)?.asked !== true) {
      throw new Error(`${request.method} ${request.url} answers without asking who may`);
    }
  });

  /** Wrong tokens cost the hub's time: whoever sends many of them is not asked about any more. */
  async function identified(
    request: FastifyRequest,
    rule: AccessRule,
    address: string,
  ): Promise<Principal | undefined> {
    if (rule === 'public') return authenticator.cookiePrincipal(request);
    if (request.headers.authorization === undefined) return authenticator.browserPrincipal(request);
    refuseAfter(wrongTokens.waitFor(address));
    try {
      return await authenticator.tokenPrincipal(request);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) wrongTokens.take(address);
      throw error;
    }
  }
}

function refuseUndeclared({ config, method, url }: RouteOptions): void {
  if (config?.access !== undefined) return;
  throw new Error(`${String(method)} ${url} does not say who may use it: set config.access`);
}

function ruleOf({ routeOptions }: FastifyRequest): AccessRule {
  const { access } = routeOptions.config;
  if (access !== undefined) return access;
  // Paths that there are none of lead here.
  return 'public';
}

/** What is no name is not asked about: there is nothing of that name. */
function rightOf({ verb, resource }: HubRule, params: unknown): Right {
  const { ns, namespace: own = ns, member, name } = params as Readonly<Record<string, string>>;
  const namespace = own ?? (member === undefined ? undefined : memberNamespace(member));
  const right = { verb, resource, namespace, name };
  const isNamed =
    (namespace === undefined || namespaceName.safeParse(namespace).success) &&
    (name === undefined || objectName.safeParse(name).success);
  if (!isNamed) throw notFound(right);
  return right;
}

function unauthenticated(): Problem {
  const text = 'sign in, or send Authorization: Bearer <Kubernetes token>';
  return new Problem(401, 'Unauthenticated', text);
}
