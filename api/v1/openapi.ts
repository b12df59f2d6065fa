import swagger from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { docsCss, docsPage, type OpenApiDocument } from './docs/page.ts';
import type { Site } from './ports.ts';
import type { V1Server } from './server.ts';

const config = { access: 'public' } as const;
const needed = [{ token: [] }, { session: [] }];

/**
 * Describes all routes that are added after it: `/v1/openapi.json`, and a page for people at `/v1/docs`.
 * Both are made of the schemas that requests and answers are held to.
 */
export async function addOpenApi(
  server: V1Server,
  { name, prefix, domain }: Pick<Site, 'name' | 'prefix' | 'domain'>,
): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: `${name} API`,
        version: 'v1',
        description:
          'Lists are paged by `limit` and `cursor`. Answers to GET have an ETag. Refusals are ' +
          'application/problem+json. A POST that makes something takes an Idempotency-Key.',
      },
      servers: [{ url: `https://${domain}${prefix}` }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'A Kubernetes token of the hub.' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: prefix === '' ? '__Host-io-session' : '__Secure-io-session',
            description: 'Of who signed in with a wallet or an OIDC provider.',
          },
        },
      },
    },
    transform: (input) => {
      const { schema, url } = jsonSchemaTransform(input);
      const isPublic = input.route.config?.access === 'public';
      const described = withDescriptions(schema);
      return { url, schema: isPublic ? described : { ...described, security: needed } };
    },
    transformObject: (input) => withoutUnused(jsonSchemaTransformObject(input)),
  });

  const hidden = { hide: true };
  server.get('/v1/openapi.json', { config, schema: hidden }, async (_, reply) => {
    reply.type('application/json; charset=utf-8');
    return JSON.stringify(server.swagger());
  });
  server.get('/v1/docs', { config, schema: hidden }, async (_, reply) => {
    reply.header(
      'content-security-policy',
      "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    reply.type('text/html; charset=utf-8');
    return docsPage(server.swagger() as OpenApiDocument, `${prefix}/v1`);
  });
  server.get('/v1/docs.css', { config, schema: hidden }, async (_, reply) => {
    reply.type('text/css; charset=utf-8');
    return docsCss;
  });
}

const descriptions: Readonly<Record<string, string>> = {
  200: 'As asked for.',
  201: 'Made.',
  202: 'Taken; it is done later.',
  204: 'Done.',
  400: 'Something of the request is wrong; `errors` says what, field by field.',
  401: 'Nobody is signed in, or the token is not valid.',
  403: 'The caller may see it, but not do this.',
  404: 'There is no such thing, or the caller may not see it.',
  409: 'It does not fit what is there.',
  412: 'It was changed since it was read.',
  422: 'It can be read, and cannot be done.',
  429: 'Too many requests; Retry-After says when the next may come.',
  503: 'Something that is needed does not answer; Retry-After says when to ask again.',
};

/** Answers with what they mean, and refusals with their own content type. */
function withDescriptions(schema: FastifySchema | undefined): FastifySchema {
  if (schema === undefined) return {};
  const { response } = schema;
  if (typeof response !== 'object' || response === null) return schema;
  const described = Object.entries(response).map(([status, of]: [string, object]) => {
    const description = descriptions[status] ?? 'An answer.';
    if (!/^[45]/.test(status)) return [status, { description, ...of }] as const;
    const content = { 'application/problem+json': { schema: of } };
    return [status, { description, content }] as const;
  });
  return { ...schema, response: Object.fromEntries(described) };
}

type Described = ReturnType<typeof jsonSchemaTransformObject>;

/** Schemas that nothing refers to are left out: each is there as a body and as an answer. */
function withoutUnused(document: Described): Described {
  if (!('components' in document)) return document;
  const { schemas = {}, ...components } = document.components ?? {};
  const used = new Set<string>();
  const visit = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(
      /"#\/components\/schemas\/([^"]+)"/g,
    )) {
      if (used.has(name)) continue;
      used.add(name);
      visit(schemas[name] ?? {});
    }
  };
  visit(document.paths ?? {});
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  return {
    ...document,
    components: { ...components, schemas: Object.fromEntries(kept) },
  } as Described;
}
