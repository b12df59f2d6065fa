import createClient from 'openapi-fetch';
import { apiBase } from './base.ts';
import { sendRequest } from './fetch.ts';
import type { components, paths } from './schema.gen.ts';

/** What the API answers with, by the name that its OpenAPI document gives it. */
export type Answer<Name extends keyof components['schemas']> = components['schemas'][Name];

/**
 * The API as its OpenAPI document has it: paths, parameters, bodies and answers are checked by the
 * compiler. A refusal is thrown as ApiProblem.
 */
export const client = createClient<paths>({
  baseUrl: apiBase.replace(/\/v1$/, ''),
  fetch: sendRequest,
});

/** The answer itself. Refusals were thrown before; without a body there is nothing to give. */
export async function answerOf<T>(called: Promise<Readonly<{ data?: T }>>): Promise<T> {
  const { data } = await called;
  return data as T;
}
