import { z } from 'zod';
import { flag, path } from './fields.ts';

const oneLine = /^[^\p{Cc}]{1,64}$/u;

/** Flags of the api about its site: what people see of it, and how they sign in. */
export const site = {
  'site-name': z.string().regex(oneLine, 'must be at most 64 characters').default('io'),
  // The path that all of it is below, where a proxy has other things at the root.
  'path-prefix': z
    .string()
    .regex(
      /^((\/[A-Za-z0-9][A-Za-z0-9._-]{0,62}){1,8})?$/,
      'must be a path such as /gpu, without / at its end',
    )
    .default(''),
  // The built console; by default the one beside the program, if there is one.
  'console-directory': path.optional(),
  // What sessions are sealed with; at least 32 random bytes, the same for all replicas.
  'session-key-file': path.optional(),
  'wallet-sign-in': flag.default(true),
  'explorer-url': z
    .url({ protocol: /^https?$/, error: 'must be a URL with {signature} in it' })
    .max(512)
    .refine((url) => url.includes('{signature}'), 'must have {signature} in it')
    .optional(),
  'gateway-url': z.url({ protocol: /^https$/, error: 'must be https://host:port' }).optional(),
  'oidc-issuer': z.url({ protocol: /^https?$/, error: 'must be the URL of an issuer' }).optional(),
  'oidc-client-id': z.string().min(1).max(256).optional(),
  'oidc-client-secret-file': path.optional(),
  'oidc-name': z.string().regex(oneLine, 'must be at most 64 characters').default('OpenID Connect'),
  'oidc-scopes': z
    .string()
    .regex(/^openid( [\x21-\x7e]{1,64}){0,16}$/, 'must be words with spaces between, openid first')
    .default('openid profile'),
  // The same as the API server's, so that one person is one user to both.
  'oidc-username-prefix': z.string().max(64).default('oidc:'),
  'oidc-groups-claim': z.string().min(1).max(64).default('groups'),
  'oidc-groups-prefix': z.string().max(64).default('oidc:'),
};
