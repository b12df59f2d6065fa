import { z } from 'zod';
import { accessOf } from '../auth/access.ts';
import { scopeOf } from '../auth/scope.ts';
import type { AddRoutes } from '../context.ts';
import { empty, problems } from '../schemas/common.ts';

const tags = ['session'];
const config = { access: 'signedIn' } as const;

const sessionView = z
  .object({
    username: z.string().meta({ description: 'As the RBAC of the hub names the caller.' }),
    via: z.enum(['token', 'wallet', 'oidc']),
    wallet: z.string().optional(),
    displayName: z.string(),
    accounts: z.array(
      z.object({
        namespace: z.string(),
        name: z.string(),
        kind: z.enum(['Renter', 'Supplier', 'Both']),
      }),
    ),
    namespaces: z
      .array(z.string())
      .meta({ description: 'In which the caller may see something; others have to be named.' }),
  })
  .meta({ id: 'SessionView' });

/** `GET` and `DELETE /v1/session`: who somebody is here, and the end of it. */
export const addSessionRoutes: AddRoutes = (server, { ports, authority, cookies }) => {
  const { views, tenants } = ports;

  server.get(
    '/session',
    {
      config,
      schema: {
        ...{ tags, summary: 'Who the caller is' },
        response: { 200: sessionView, ...problems(401, 503) },
      },
    },
    async (request) => {
      const { principal } = accessOf(request);
      const { username, via, wallet, displayName } = principal;
      const { accounts, namespaces } = await scopeOf(principal, { authority, views, tenants });
      return {
        ...{ username, via, wallet, displayName },
        accounts: [...accounts],
        namespaces: [...namespaces],
      };
    },
  );

  server.delete(
    '/session',
    {
      config,
      schema: {
        tags,
        summary: 'Signs out: the cookie goes',
        response: { 204: empty, ...problems(401, 403) },
      },
    },
    async (_, reply) =>
      reply.code(204).header('set-cookie', cookies.clear('session')).send(undefined),
  );
};
