import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import type { FastifySerializerCompiler } from 'fastify/types/schema.js';
import { z } from 'zod';
import { Problem } from '../problem.ts';
import { validated } from '../schemas/validate.ts';

/** Reads paths, queries and bodies by their schema; a fault is a problem with an error per field. */
export const readBySchema: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (value: unknown) => {
    try {
      return { value: validated(schema, value ?? {}, partOf(httpPart)) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { error };
    }
  };

/** Writes answers by their schema: what it does not name is left out, what does not fit is a fault. */
export const writeBySchema: FastifySerializerCompiler<z.ZodType> =
  ({ schema, method, url }) =>
  (value: unknown) => {
    const result = schema.safeParse(value);
    if (result.success) return JSON.stringify(result.data);
    const [issue] = result.error.issues;
    // The value itself may be private: only the field's name is told.
    throw new Error(`${method} ${url} answers with a wrong ${issue?.path.join('.') ?? 'body'}`);
  };

/** Some clients say that they send JSON, and send nothing: that is no body. */
export function allowNoBody(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') done(null, undefined);
      else void parse(request, body, done);
    },
  );
}

function partOf(httpPart: string | undefined): string {
  if (httpPart === 'querystring') return 'the query';
  return httpPart === 'params' ? 'the path' : 'the body';
}
