import { z } from 'zod';
import { Problem } from '../../problem.ts';
import type { AddRoutes } from '../context.ts';
import { publicKinds } from '../events/may-know.ts';
import { streamEvents } from '../events/event-stream.ts';
import { addressKey } from '../rate-limit.ts';
import { itemsOf, problems, wholeNumber } from '../schemas/common.ts';
import {
  countryCapacityView,
  emissionView,
  historyPoint,
  modelMarketView,
  networkView,
  pricePoint,
} from '../schemas/public.ts';

const tags = ['network'];
const config = { access: 'public' } as const;
/** Emission moves once an hour, and its curve is long. */
const emissionAge = 'public, max-age=300';

const hoursText = 'a whole number of hours, from 1 to 8784';
const hours = (usual: number) => z.strictObject({ hours: wholeNumber(8_784, usual, hoursText) });
const modelText = 'the name of a model, such as H100-80GB-HBM3';
const model = z.string(modelText).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, modelText);

/** `GET /v1/network…`: supply, demand and prices of the network, for everybody. */
export const addNetworkRoutes: AddRoutes = (server, context) => {
  addStandings(server, context);
  addHistories(server, context);
  addNetworkEvents(server, context);
};

const addStandings: AddRoutes = (server, { ports: { views } }) => {
  server.get(
    '/network',
    {
      config,
      schema: {
        ...{ tags, summary: 'Supply and demand now' },
        response: { 200: networkView, ...problems(503) },
      },
    },
    async () => {
      const view = await views.network();
      if (view !== undefined) return view;
      const details = { retryAfterSeconds: 5 };
      throw new Problem(503, 'NotCountedYet', 'the hub has not counted the network yet', details);
    },
  );

  server.get(
    '/network/models',
    {
      config,
      schema: {
        ...{ tags, summary: 'Supply, demand and prices by model' },
        response: { 200: itemsOf(modelMarketView) },
      },
    },
    async () => ({ items: [...(await views.models())] }),
  );

  server.get(
    '/network/countries',
    {
      config,
      schema: {
        ...{ tags, summary: 'Capacity by country' },
        response: { 200: itemsOf(countryCapacityView) },
      },
    },
    async () => ({
      items: (await views.countries()).map((view) => ({ ...view, models: [...view.models] })),
    }),
  );
};

const addHistories: AddRoutes = (server, { ports: { views, ledger } }) => {
  server.get(
    '/network/history',
    {
      config,
      schema: {
        ...{ tags, summary: 'The network over time' },
        querystring: hours(24),
        response: { 200: itemsOf(historyPoint), ...problems(400) },
      },
    },
    async ({ query }) => ({ items: [...(await views.history(query.hours))] }),
  );

  server.get(
    '/network/models/:model/prices',
    {
      config,
      schema: {
        ...{ tags, summary: 'Prices of a model over time' },
        params: z.strictObject({ model }),
        querystring: hours(168),
        response: { 200: itemsOf(pricePoint), ...problems(400) },
      },
    },
    async ({ params, query }) => ({ items: [...(await views.prices(params.model, query.hours))] }),
  );

  server.get(
    '/network/emission',
    {
      config,
      schema: {
        ...{ tags, summary: 'What was and will be emitted' },
        response: { 200: emissionView },
      },
    },
    async (_, reply) => {
      reply.header('cache-control', emissionAge);
      const view = await ledger.emission();
      return { ...view, curve: [...view.curve] };
    },
  );
};

const addNetworkEvents: AddRoutes = (server, { events }) => {
  server.get(
    '/network/events',
    {
      config: { ...config, stream: true },
      exposeHeadRoute: false,
      schema: {
        tags,
        summary: 'Server-sent events: `network` and `epoch`, without content',
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      streamEvents(reply, events, {
        key: `address ${addressKey(request.ip)}`,
        mayKnow: ({ kind }) => Promise.resolve(publicKinds.has(kind)),
        dataOf: () => ({}),
      });
    },
  );
};
