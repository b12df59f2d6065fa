import { z } from 'zod';
import { instant as instantOf } from '../../../operator/domain/instant.ts';
import type { Asset } from '../../../operator/domain/ledger/types.ts';
import { formatAmount } from '../../../operator/domain/pricing/assets.ts';
import type { Page, PageRequest } from '../../../operator/domain/views/types.ts';
import { hub } from '../auth/access.ts';
import type { AddRoutes } from '../context.ts';
import { fromHub } from '../hub-problems.ts';
import { pageBody, pageRequest } from '../paging.ts';
import {
  asset,
  count,
  decimal,
  epochNumber,
  instant,
  pageOf,
  pageQuery,
  problems,
} from '../schemas/common.ts';
import { clusterPath, knownCluster } from './clusters.ts';

const tags = ['Clusters'];
/** A month. */
const mostEpochs = 720;

const usage = z
  .object({
    items: z.array(
      z.object({
        epoch: count,
        startTime: instant,
        deviceSeconds: decimal,
        model: z.string(),
        amount: decimal,
        asset,
      }),
    ),
    total: z
      .array(z.object({ asset, amount: decimal }))
      .meta({ description: 'What all leases of the cluster cost so far, by asset.' }),
  })
  .meta({ id: 'ClusterUsage' });

const event = z
  .object({ time: instant, type: z.string(), reason: z.string(), message: z.string() })
  .meta({ id: 'ClusterEvent' });

/** What a cluster has cost, and what happened to it. */
export const addClusterDetailRoutes: AddRoutes = (server, context) => {
  const { clusters, accountLedger } = context.ports;

  server.get(
    '/namespaces/:ns/clusters/:name/usage',
    {
      config: { access: hub('get', 'ioclusters') },
      schema: {
        tags,
        summary: 'What an IOCluster used in each epoch, and what that cost',
        params: clusterPath,
        querystring: z.strictObject({
          epochs: epochNumber.max(mostEpochs, `at most ${mostEpochs}`).default(mostEpochs),
        }),
        response: { 200: usage, ...problems(400, 401, 404, 503) },
      },
    },
    async ({ params, query }) => {
      const { uid } = await knownCluster(context, params);
      const { items, total } = await accountLedger.clusterUsage(uid, query.epochs);
      return {
        items: items.map(({ startSeconds, deviceSeconds, amount, ...item }) => ({
          ...item,
          startTime: instantOf(startSeconds),
          deviceSeconds: String(deviceSeconds),
          amount: formatAmount(amount, item.asset),
        })),
        total: total.map((each: Readonly<{ asset: Asset; amount: bigint }>) => ({
          asset: each.asset,
          amount: formatAmount(each.amount, each.asset),
        })),
      };
    },
  );

  server.get(
    '/namespaces/:ns/clusters/:name/events',
    {
      config: { access: hub('get', 'ioclusters') },
      schema: {
        tags,
        summary: 'What happened to an IOCluster, newest first',
        params: clusterPath,
        querystring: pageQuery,
        response: { 200: pageOf(event), ...problems(400, 401, 404, 503) },
      },
    },
    async ({ params, query }) => {
      const request = pageRequest('events', query);
      const { uid } = await knownCluster(context, params);
      const all = await fromHub(() => clusters.events(params.ns, params.name, uid));
      return pageBody('events', pageFrom(all, request));
    },
  );
};

/**
 * A page of a list that grows at its front. Its key counts from the end, and so stays where it was while
 * others come.
 */
export function pageFrom<T>(all: readonly T[], { limit, after }: PageRequest): Page<T> {
  const left = after === undefined || !/^\d{1,6}$/.test(after) ? all.length : Number(after);
  const from = Math.max(0, all.length - left);
  const items = all.slice(from, from + limit);
  const rest = all.length - from - items.length;
  return { items, next: rest > 0 ? String(rest) : undefined };
}
