import { stringify } from 'yaml';
import { z } from 'zod';
import { computeApiVersion, type IOCluster } from '../../../crds/schema/index.ts';
import {
  type Alternative,
  alternativesOf,
} from '../../../operator/domain/placement/alternatives.ts';
import { requestOf } from '../../../operator/domain/placement/request.ts';
import { conditionOf } from '../../../operator/domain/views/conditions.ts';
import type { MemberView } from '../../../operator/domain/views/types.ts';
import type { ClusterDraft } from '../../../operator/ports/cluster-writer.ts';
import { TimedCache } from '../../gateway/timed-cache.ts';
import { Problem } from '../../problem.ts';
import { accessOf } from '../auth/access.ts';
import { principalKey } from '../auth/principal.ts';
import type { AddRoutes, RouteContext } from '../context.ts';
import { fromHub } from '../hub-problems.ts';
import { count, namespaceName, problems } from '../schemas/common.ts';
import { payment, refusal } from '../schemas/private.ts';
import { clusterName, clusterSpec } from './clusters.ts';

const maxBodyBytes = 64 * 1024;
/** Each is an object on the hub for as long as it is asked about. */
const maxInFlight = 16;
const maxInFlightOfOne = 2;
/** The same question within it is answered as before. */
const keepMs = 5_000;
const maxKept = 1_000;
const maxAlternatives = 20;
/** A hub has at most a thousand members. */
const membersPerPage = 200;
const maxMemberPages = 5;

const question = z.strictObject(
  { namespace: namespaceName, name: clusterName.default('cluster'), spec: clusterSpec },
  'a namespace and a spec',
);

const quote = z
  .object({
    feasible: z.boolean().meta({ description: 'Whether it could start now, by the devices.' }),
    devices: count,
    priceMicroUsdPerHour: count.optional(),
    payment: payment.optional(),
    refusals: z.array(refusal),
    reason: z.string().optional().meta({ description: 'Why it could never start as it is.' }),
    alternatives: z
      .array(z.object({ country: z.string(), priceMicroUsdPerHour: count, free: count }))
      .meta({ description: 'Countries where it may fit now, the cheapest first.' }),
    yaml: z.string().meta({ description: 'What to apply, as it was asked.' }),
  })
  .meta({ id: 'Quote' });
type Quote = z.input<typeof quote>;

/**
 * What a cluster would cost. The hub alone knows every device: it is asked with a suspended copy, as
 * `kubectl io quote` does, and so says exactly what it would do. Alternatives come from the read model.
 */
export const addQuoteRoutes: AddRoutes = (server, context) => {
  const { clock } = context.ports;
  const monotonicMs = (): number => clock.monotonicMs();
  const bounds = { maxEntries: maxKept, maxPending: maxInFlight, monotonicMs };
  const quotes = new TimedCache<Quote>({ ...bounds, ttlMs: () => keepMs });
  const members = new TimedCache<readonly MemberView[]>({ ...bounds, ttlMs: () => keepMs });
  const inFlight = new Map<string, number>();

  server.post(
    '/quotes',
    {
      bodyLimit: maxBodyBytes,
      config: { access: 'checked' },
      schema: {
        tags: ['Clusters'],
        summary: 'What an IOCluster would cost, and whether it could start now',
        body: question,
        response: { 200: quote, ...problems(400, 401, 403, 404, 409, 422, 429, 503) },
      },
    },
    async (request) => {
      const access = accessOf(request);
      const { namespace, name, spec } = request.body;
      await access.authorize({ verb: 'create', resource: 'ioclusters', namespace });
      const who = principalKey(access.principal);
      const asked = { namespace, name, spec, requestedBy: access.principal.username };
      const key = JSON.stringify([who, namespace, name, spec]);
      return quotes.get(key, () =>
        within(inFlight, who, async () => {
          const all = await members.get('', () => allMembers(context));
          return quoteOf(context, asked, all);
        }),
      );
    },
  );
};

/** One person does not take the places of all others. */
async function within<T>(
  inFlight: Map<string, number>,
  who: string,
  work: () => Promise<T>,
): Promise<T> {
  const before = inFlight.get(who) ?? 0;
  if (before >= maxInFlightOfOne) {
    const text = `${maxInFlightOfOne} quotes of yours are being made; wait for one of them`;
    throw new Problem(429, 'TooManyQuotes', text, { retryAfterSeconds: 1 });
  }
  inFlight.set(who, before + 1);
  try {
    return await work();
  } finally {
    const after = (inFlight.get(who) ?? 1) - 1;
    if (after === 0) inFlight.delete(who);
    else inFlight.set(who, after);
  }
}

async function quoteOf(
  { ports }: RouteContext,
  asked: ClusterDraft,
  members: readonly MemberView[],
): Promise<Quote> {
  const cluster = await fromHub(() => ports.clusters.quote(asked));
  if (cluster === undefined) {
    const text = 'the hub did not say in time what it costs; ask again';
    throw new Problem(503, 'NoQuote', text, { retryAfterSeconds: 5 });
  }
  const { quote: found, refusals = [] } = cluster.status ?? {};
  const reason = invalidity(cluster);
  const alternatives: readonly Alternative[] =
    reason === undefined
      ? alternativesOf(anywhere(cluster, found?.payment !== undefined), members, maxAlternatives)
      : [];
  return {
    feasible: found !== undefined && refusals.length === 0 && reason === undefined,
    devices: found?.devices ?? 0,
    ...(found === undefined ? {} : { priceMicroUsdPerHour: found.priceMicroUsdPerHour }),
    ...(found?.payment === undefined ? {} : { payment: found.payment }),
    refusals: [...refusals],
    ...(reason === undefined ? {} : { reason }),
    alternatives: [...alternatives],
    yaml: manifestText(asked),
  };
}

/** What the hub has against the cluster itself; it names no member. */
function invalidity({ status }: IOCluster): string | undefined {
  const valid = conditionOf(status?.conditions, 'Valid');
  return valid?.status === 'False' ? valid.message : undefined;
}

/** The same wishes, but for where and for how far. */
function anywhere({ spec }: IOCluster, paid: boolean) {
  const { latency: _, ...request } = requestOf(spec, { paid });
  return { ...request, countries: [], regions: [] };
}

async function allMembers({ ports }: RouteContext): Promise<readonly MemberView[]> {
  const members: MemberView[] = [];
  let after: string | undefined;
  for (let page = 0; page < maxMemberPages; page += 1) {
    const { items, next } = await ports.views.members({}, { limit: membersPerPage, after });
    members.push(...items);
    if (next === undefined) break;
    after = next;
  }
  return members;
}

const manifestText = ({ namespace, name, spec }: ClusterDraft): string =>
  stringify({
    apiVersion: computeApiVersion,
    kind: 'IOCluster',
    metadata: { name, namespace },
    spec,
  });
