import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { IOCluster } from '../../../crds/schema/index.ts';
import { clusterView as viewOf } from '../../../operator/domain/views/cluster.ts';
import type { ClusterView } from '../../../operator/domain/views/types.ts';
import { Problem } from '../../problem.ts';
import { accessOf, hub } from '../auth/access.ts';
import { notFound } from '../auth/authority.ts';
import type { AddRoutes, RouteContext } from '../context.ts';
import { fromHub } from '../hub-problems.ts';
import { pageBody, pageRequest } from '../paging.ts';
import {
  empty,
  namespaceName,
  objectName,
  pageOf,
  pageQuery,
  problems,
} from '../schemas/common.ts';
import { clusterView } from '../schemas/private.ts';

/** A spec of an IOCluster with all that it may hold is smaller. */
const maxBodyBytes = 64 * 1024;
const tags = ['Clusters'];

export const namespacePath = z.strictObject({ ns: namespaceName });
export const clusterPath = z.strictObject({ ns: namespaceName, name: objectName });

const nameText = 'lower-case letters, digits and dashes, at most 63, beginning with a letter';
export const clusterName = z.string(nameText).regex(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, nameText);

/** The hub's API server alone judges a spec. */
export const clusterSpec = z
  .record(z.string().max(253), z.unknown(), 'the spec of an IOCluster, as an object')
  .meta({ description: '`spec` of an IOCluster: see `kubectl explain ioc.spec`.' });

const draft = z.strictObject({ name: clusterName, spec: clusterSpec }, 'a name and a spec');

const ttlText = 'a time such as 30m, 8h or 1h30m';
const change = z
  .strictObject({
    suspend: z.boolean('true or false').optional(),
    workerGroups: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(63),
          replicas: z.int('a whole number from 0 on').min(0).max(16_000),
        }),
      )
      .max(64)
      .optional(),
    ttl: z
      .string(ttlText)
      .max(64)
      .regex(/^([0-9]+(s|m|h))+$/, ttlText)
      .optional(),
  })
  .refine((asked) => Object.values(asked).some((each) => each !== undefined), {
    error: 'at least one of suspend, workerGroups and ttl',
  });

/** IOClusters of a namespace: written by the hub's API server, read from the read model. */
export const addClusterRoutes: AddRoutes = (server, context) => {
  const { views } = context.ports;
  const list = 'clusters';

  server.get(
    '/namespaces/:ns/clusters',
    {
      config: { access: hub('list', 'ioclusters') },
      schema: {
        tags,
        summary: 'IOClusters of a namespace',
        params: namespacePath,
        querystring: pageQuery,
        response: { 200: pageOf(clusterView), ...problems(400, 401, 404, 503) },
      },
    },
    async ({ params, query }) =>
      pageBody(list, await views.clusters(params.ns, pageRequest(list, query))),
  );

  server.get(
    '/namespaces/:ns/clusters/:name',
    {
      config: { access: hub('get', 'ioclusters') },
      schema: {
        tags,
        summary: 'An IOCluster',
        params: clusterPath,
        response: { 200: clusterView, ...problems(401, 404, 503) },
      },
    },
    async ({ params }) => knownCluster(context, params),
  );

  addCreation(server, context);
  addChanges(server, context);
};

const addCreation: AddRoutes = (server, { ports }) => {
  server.post(
    '/namespaces/:ns/clusters',
    {
      bodyLimit: maxBodyBytes,
      config: { access: hub('create', 'ioclusters'), idempotent: true },
      schema: {
        tags,
        summary: 'Make an IOCluster, or have it judged only',
        params: namespacePath,
        querystring: z.strictObject({ dryRun: z.enum(['true', 'false']).default('false') }),
        body: draft,
        response: {
          200: clusterView,
          201: clusterView,
          ...problems(400, 401, 403, 404, 409, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const { params, query, body } = request;
      const dryRun = query.dryRun === 'true';
      const requestedBy = accessOf(request).principal.username;
      const asked = { namespace: params.ns, ...body, requestedBy };
      const made = await fromHub(() => ports.clusters.create(asked, { dryRun }));
      return reply.code(dryRun ? 200 : 201).send(viewOf(made, () => undefined));
    },
  );
};

const addChanges: AddRoutes = (server, context) => {
  const { clusters } = context.ports;

  server.patch(
    '/namespaces/:ns/clusters/:name',
    {
      bodyLimit: maxBodyBytes,
      config: { access: hub('patch', 'ioclusters') },
      schema: {
        tags,
        summary: 'Suspend, resume or resize an IOCluster, or change how long it lives',
        description: 'If-Match has to be the `resourceVersion` that was read, or `*`.',
        params: clusterPath,
        body: change,
        response: {
          200: clusterView,
          ...problems(400, 401, 403, 404, 412, 422, 428, 503),
        },
      },
    },
    async (request) => {
      const { params, body } = request;
      const resourceVersion = versionIn(request, 'needed');
      const which = { namespace: params.ns, name: params.name, resourceVersion };
      const requestedBy = accessOf(request).principal.username;
      const changed = await fromHub(() => clusters.change(which, body, requestedBy));
      return viewOf(changed, await countriesFor(context, changed));
    },
  );

  server.delete(
    '/namespaces/:ns/clusters/:name',
    {
      config: { access: hub('delete', 'ioclusters') },
      schema: {
        tags,
        summary: 'End an IOCluster',
        description: 'It is gone once what it owes is settled. If-Match is taken when it is there.',
        params: clusterPath,
        response: { 202: empty, ...problems(400, 401, 403, 404, 412, 503) },
      },
    },
    async (request, reply) => {
      const { ns: namespace, name } = request.params;
      const resourceVersion = versionIn(request, 'allowed');
      await fromHub(() => clusters.remove({ namespace, name, resourceVersion }));
      return reply.code(202).send();
    },
  );
};

/**
 * The cluster of a path, as the hub wrote it last; one that was made just now as the API server has it.
 * Throws a problem without one.
 */
export async function knownCluster(
  { ports }: Pick<RouteContext, 'ports'>,
  { ns: namespace, name }: z.output<typeof clusterPath>,
): Promise<ClusterView> {
  const found = await ports.views.cluster(namespace, name);
  if (found !== undefined) return found;
  const made = await fromHub(() => ports.clusters.find(namespace, name));
  if (made === undefined) throw notFound({ resource: 'ioclusters', namespace, name });
  return viewOf(made, () => undefined);
}

async function countriesFor(
  { ports }: RouteContext,
  { status }: IOCluster,
): Promise<(member: string) => string | undefined> {
  const member = status?.lease?.member;
  const country = member === undefined ? undefined : (await ports.views.member(member))?.country;
  return () => country;
}

/** The version that the caller has seen; undefined: whatever it is now. */
function versionIn({ headers }: FastifyRequest, need: 'needed' | 'allowed'): string | undefined {
  const given = headers['if-match']?.trim();
  if (given === '*') return undefined;
  if (given === undefined) {
    if (need === 'allowed') return undefined;
    const text = 'send If-Match: the resourceVersion that you have seen, or * to overwrite';
    throw new Problem(428, 'PreconditionRequired', text);
  }
  const { version } = /^"?(?<version>[0-9]{1,20})"?$/.exec(given)?.groups ?? {};
  if (version !== undefined) return version;
  throw new Problem(412, 'Changed', 'If-Match is no resourceVersion of this IOCluster');
}
