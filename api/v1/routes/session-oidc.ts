import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import {
  ProviderUnavailableError,
  type SignInSecrets,
  SignInRefusedError,
} from '../../../operator/ports/people-provider.ts';
import { errorFields, type Logger } from '../../../operator/runtime/logger.ts';
import { localPath } from '../auth/cross-site.ts';
import { oidcPrincipal, type Principal } from '../auth/principal.ts';
import type { Sealer } from '../auth/sealer.ts';
import { sealSession, sessionSeconds } from '../auth/session.ts';
import type { AddRoutes, RouteContext } from '../context.ts';
import type { V1Server } from '../server.ts';

const tags = ['session'];
const config = { access: 'public' } as const;
/** People have to find their password. */
const signInSeconds = 600;
const stateBytes = 32;

const begunSchema = z.strictObject({
  s: z.string().length(43),
  r: z.string(),
  e: z.number().int(),
});

type Fault = 'SignInExpired' | 'SignInRefused' | 'ProviderUnavailable';

/**
 * `GET /v1/session/oidc/login` sends people to the provider, `GET /v1/session/oidc/callback` takes them
 * back. What ties both together lies in a cookie; the verifier of PKCE and the nonce are derived from it
 * with the key, and are nowhere else. Who cannot be let in comes to the sign-in page, with the reason.
 */
export const addOidcRoutes: AddRoutes = (server, context) => {
  const { oidc } = context.ports;
  if (oidc === undefined) return;
  addLogin(server, context, oidc);
  addCallback(server, context, oidc);
};

type Oidc = NonNullable<RouteContext['ports']['oidc']>;

function addLogin(server: V1Server, context: RouteContext, { provider }: Oidc): void {
  const { ports, cookies, sealer } = context;
  const { callback, home, failed, now } = placesOf(context);
  server.get(
    '/session/oidc/login',
    {
      config,
      exposeHeadRoute: false,
      schema: {
        ...{ tags, summary: 'Sends people to their provider to sign in' },
        querystring: z.strictObject({ returnTo: z.string().max(2_048).optional() }),
      },
    },
    async (request, reply) => {
      const state = randomBytes(stateBytes).toString('base64url');
      const returnTo = localPath(request.query.returnTo) ?? home;
      const begun = { s: state, r: returnTo, e: now() + signInSeconds };
      reply.header('cache-control', 'no-store');
      try {
        const url = await provider.signInUrl(callback, secretsOf(sealer, state));
        const text = sealer.seal('oidc-state', begun);
        reply.header('set-cookie', cookies.set('oidc', text, signInSeconds));
        return await reply.redirect(url, 302);
      } catch (error) {
        if (!(error instanceof ProviderUnavailableError)) throw error;
        ports.logger.warn(errorFields(error), 'the OIDC provider does not answer');
        return reply.redirect(failed('ProviderUnavailable'), 302);
      }
    },
  );
}

function addCallback(server: V1Server, context: RouteContext, oidc: Oidc): void {
  const { ports, cookies, sealer } = context;
  const { callback, home, failed, now } = placesOf(context);
  server.get(
    '/session/oidc/callback',
    {
      config,
      exposeHeadRoute: false,
      schema: {
        ...{ tags, summary: 'Where the provider sends people back to' },
        querystring: z.looseObject({ state: z.string().max(128).optional() }),
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const text = cookies.read('oidc', request.headers.cookie);
      const begun = begunSchema.safeParse(sealer.open('oidc-state', text ?? '')).data;
      if (begun === undefined || begun.s !== request.query.state || now() >= begun.e) {
        return reply.redirect(failed('SignInExpired'), 302);
      }
      const query = /\?.*$/.exec(request.url)?.[0] ?? '';
      const secrets = secretsOf(sealer, begun.s);
      const found = await identified(oidc, `${callback}${query}`, secrets, ports.logger);
      if (typeof found === 'string') {
        return reply.header('set-cookie', cookies.clear('oidc')).redirect(failed(found), 302);
      }
      const session = cookies.set('session', sealSession(sealer, found, now()), sessionSeconds);
      return reply
        .header('set-cookie', [session, cookies.clear('oidc')])
        .redirect(localPath(begun.r) ?? home, 302);
    },
  );
}

function placesOf({ ports: { site, clock } }: RouteContext) {
  const home = `${site.prefix}/console/`;
  return {
    home,
    callback: `https://${site.domain}${site.prefix}/v1/session/oidc/callback`,
    failed: (fault: Fault): string => `${home}sign-in?problem=${fault}`,
    now: (): number => Math.floor(clock.now() / 1000),
  };
}

async function identified(
  { provider, prefixes }: Oidc,
  url: string,
  secrets: SignInSecrets,
  logger: Logger,
): Promise<Principal | Fault> {
  try {
    return oidcPrincipal(await provider.identify(url, secrets), prefixes) ?? 'SignInRefused';
  } catch (error) {
    const isRefused = error instanceof SignInRefusedError;
    if (!isRefused && !(error instanceof ProviderUnavailableError)) throw error;
    logger.warn(errorFields(error), 'somebody could not be signed in by OIDC');
    return isRefused ? 'SignInRefused' : 'ProviderUnavailable';
  }
}

function secretsOf(sealer: Sealer, state: string): SignInSecrets {
  const derived = (what: string): string =>
    sealer.mark('oidc-state', `${what} ${state}`).toString('base64url');
  return { state, nonce: derived('nonce'), verifier: derived('verifier') };
}
