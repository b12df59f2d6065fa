import { accessOf } from '../auth/access.ts';
import { principalKey } from '../auth/principal.ts';
import type { AddRoutes } from '../context.ts';
import { streamEvents } from '../events/event-stream.ts';
import { rightToKnow } from '../events/may-know.ts';

/** `GET /v1/events`: server-sent events of what changed and the caller may see. */
export const addEventRoutes: AddRoutes = (server, { ports, authenticator, authority, events }) => {
  server.get(
    '/events',
    {
      config: { access: 'signedIn', stream: true },
      exposeHeadRoute: false,
      schema: {
        tags: ['events'],
        summary:
          'Server-sent events `cluster`, `device`, `member`, `account`, `case`, `network` and `epoch`: ' +
          'the scope and the name of what changed',
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      const { principal } = accessOf(request);
      const session = principal.via === 'token' ? undefined : authenticator.session(request);
      const own = await authority.ownAccount(principal);
      streamEvents(reply, events, {
        key: principalKey(principal),
        mayKnow: async (change) => {
          const right = rightToKnow(change);
          if (right === undefined) return true;
          const isOwn = change.kind === 'account' && own?.startsWith(`${change.scope}/`) === true;
          if (isOwn && change.name === '') return true;
          return authority.may(principal, right);
        },
        dataOf: ({ scope, name }) => ({ scope, name }),
        lastsMs:
          session === undefined ? undefined : session.expiresAtSeconds * 1000 - ports.clock.now(),
      });
    },
  );
};
