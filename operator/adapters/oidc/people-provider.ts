import {
  allowInsecureRequests,
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  type Configuration,
  discovery,
  ResponseBodyError,
} from 'openid-client';
import { z } from 'zod';
import {
  type Identified,
  type PeopleProvider,
  ProviderUnavailableError,
  SignInRefusedError,
} from '../../ports/people-provider.ts';
import { messageOf } from '../../runtime/logger.ts';

export type ProviderOptions = Readonly<{
  /** What people know it as. */
  name: string;
  issuer: string;
  clientId: string;
  /** Undefined: a public client. */
  clientSecret?: string | undefined;
  scopes: string;
  groupsClaim: string;
}>;

const timeoutSeconds = 10;
const maxGroups = 256;

const claimsSchema = z.object({
  sub: z.string().min(1).max(255),
  name: z.string().max(256).optional().catch(undefined),
  preferred_username: z.string().max(256).optional().catch(undefined),
  email: z.string().max(256).optional().catch(undefined),
});
const groupsSchema = z.array(z.string().min(1).max(256)).max(maxGroups).catch([]);

/**
 * An OpenID Connect provider. It is asked what it can at the first sign-in, so that the server starts
 * without it, and again when that failed.
 */
export function createPeopleProvider(options: ProviderOptions): PeopleProvider {
  const { name, scopes: scope, groupsClaim } = options;
  let found: Promise<Configuration> | undefined;
  const configuration = async (): Promise<Configuration> => {
    found ??= discovered(options);
    try {
      return await found;
    } catch (error) {
      found = undefined;
      throw new ProviderUnavailableError(`${options.issuer}: ${messageOf(error)}`);
    }
  };
  return {
    name,
    signInUrl: async (redirectUri, { state, nonce, verifier }) => {
      const parameters = {
        ...{ redirect_uri: redirectUri, scope, state, nonce },
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      };
      return buildAuthorizationUrl(await configuration(), parameters).href;
    },
    identify: async (callback, { state, nonce, verifier }) => {
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
      const provider = await configuration();
      try {
        const tokens = await authorizationCodeGrant(provider, new URL(callback), {
          ...checks,
          idTokenExpected: true,
        });
        return identifiedBy(tokens.claims(), groupsClaim);
      } catch (error) {
        throw faultOf(error);
      }
    },
  };
}

/** Over plain HTTP on this machine alone, where a provider for tests may be. */
function discovered({ issuer, clientId, clientSecret }: ProviderOptions): Promise<Configuration> {
  const url = new URL(issuer);
  const isLocal =
    url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return discovery(url, clientId, clientSecret, undefined, {
    timeout: timeoutSeconds,
    ...(isLocal ? { execute: [allowInsecureRequests] } : {}),
  });
}

function identifiedBy(claims: object | undefined, groupsClaim: string): Identified {
  const read = claimsSchema.safeParse(claims);
  if (!read.success) throw new SignInRefusedError('the provider named nobody');
  const { sub: subject, name, preferred_username: username, email } = read.data;
  const groups: unknown = Object.getOwnPropertyDescriptor(claims ?? {}, groupsClaim)?.value;
  return { subject, name: name ?? username ?? email, groups: groupsSchema.parse(groups) };
}

/** What a client throws may hold a code or a token: only the kind of fault goes on. */
function faultOf(error: unknown): Error {
  if (error instanceof SignInRefusedError) return error;
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return new SignInRefusedError(`the provider refused: ${error.error}`);
  }
  if (error instanceof ClientError) {
    const isSlow = error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT';
    const text = `the answer of the provider: ${error.code ?? 'no reason'}`;
    return isSlow ? new ProviderUnavailableError(text) : new SignInRefusedError(text);
  }
  return new ProviderUnavailableError(`the provider does not answer: ${messageOf(error)}`);
}
