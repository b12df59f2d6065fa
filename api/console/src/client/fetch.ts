import { apiBase } from './base.ts';
import { authorization, tellSignedOut } from './credentials.ts';
import { ApiProblem, problemOf, unreachable } from './problem.ts';
import { queryText, type Query } from './query-text.ts';

export type CallOptions = Readonly<{
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined;
  query?: Query | undefined;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
  /** Sending the same twice makes one thing; see newIdempotencyKey. */
  idempotencyKey?: string | undefined;
}>;

const timeoutMs = 30_000;

/** A key for one thing that is to be made; keep it while the same thing is tried again. */
export const newIdempotencyKey = (): string => crypto.randomUUID();

/** The URL of a path of the API, for links. */
export const apiUrl = (path: string, query?: Query): string =>
  `${apiBase}${path}${queryText(query)}`;

/**
 * Asks the API. `path` begins after /v1.
 * @throws ApiProblem for every refusal, and when no answer comes
 */
export async function api<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await call(path, 'application/json', options);
  return (await bodyOf(response)) as T;
}

/** As `api`, for what is no JSON. */
export async function apiText(path: string, options: CallOptions = {}): Promise<string> {
  const response = await call(path, '*/*', options);
  return response.text();
}

/** Fetches a file and gives it to the browser to keep. */
export async function download(path: string, name: string, query?: Query): Promise<void> {
  const response = await call(path, '*/*', { query });
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by the next turn of its loop.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

function call(path: string, accept: string, options: CallOptions): Promise<Response> {
  const { method = 'GET', query, body, headers, signal, idempotencyKey } = options;
  const request = new Request(apiUrl(path, query), {
    method,
    headers: {
      accept,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  return sendRequest(request);
}

/**
 * Sends a request with what says who asks.
 * @throws ApiProblem for every refusal, and when no answer comes
 */
export async function sendRequest(request: Request): Promise<Response> {
  for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value);
  let response: Response;
  try {
    response = await fetch(request, {
      credentials: 'same-origin',
      redirect: 'error',
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]),
    });
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  const problem = problemOf(
    response.status,
    await bodyOf(response).catch(() => undefined),
    response.headers.get('retry-after'),
  );
  if (response.status === 401) tellSignedOut();
  throw problem;
}

/** What came, read as JSON; undefined when nothing did. */
async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiProblem({
      status: response.status,
      reason: 'NotJson',
      title: 'An answer that is none',
      detail: 'What came back is not JSON: is something between you and the server?',
      errors: [],
      retryAfterSeconds: undefined,
    });
  }
}
