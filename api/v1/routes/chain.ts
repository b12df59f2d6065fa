import { z } from 'zod';
import type { AddRoutes } from '../context.ts';
import { pageBody, pageRequest } from '../paging.ts';
import { pageOf, pageQuery, problems } from '../schemas/common.ts';
import { chainEventView } from '../schemas/public.ts';

const kindText = 'the kind of an event, such as Staked';

/** `GET /v1/chain/events`: what the program did on chain, as anybody finds it there. */
export const addChainRoutes: AddRoutes = (server, { ports }) => {
  server.get(
    '/chain/events',
    {
      config: { access: 'public' },
      schema: {
        ...{ tags: ['chain'], summary: 'Events of the program on chain, newest first' },
        querystring: pageQuery.extend({
          kind: z
            .string(kindText)
            .regex(/^[A-Za-z]{1,64}$/, kindText)
            .optional(),
        }),
        response: { 200: pageOf(chainEventView), ...problems(400) },
      },
    },
    async ({ query: { kind, ...query } }) => {
      // A cursor holds for the kind that it was made for.
      const list = `chain-events ${kind ?? ''}`;
      return pageBody(list, await ports.ledger.chainEvents(kind, pageRequest(list, query)));
    },
  );
};
