import type { KubeConfig } from '@kubernetes/client-node';
import { ApiError, errorOfResponse } from './api-error.ts';
import { type Clock, type Random, sleep } from './clock.ts';
import { Deadline } from './deadline.ts';
import { linesOf, textOf } from './json-lines.ts';
import { Semaphore } from './semaphore.ts';
import { type HttpRequest, type HttpResponse, Transport, unreachable } from './transport.ts';

/** What every call takes. */
export type CallOptions = {
  /** Ends the call early; it then throws ApiError `Aborted`, or the signal's own ApiError. */
  signal?: AbortSignal | undefined;
  /** For one attempt, in milliseconds; the client's own limit by default. */
  timeoutMs?: number | undefined;
  /** Does not queue behind other requests. For lease renewals only. */
  urgent?: boolean | undefined;
};

/** One attempt, as the metrics want it. */
export type RequestRecord = {
  verb: string;
  /** `plural.group`. */
  resource: string;
  /** HTTP status, 0 when there was no answer. */
  status: number;
  seconds: number;
};

/** A request with what decides how it is sent. */
export type ApiRequest = CallOptions & {
  method: HttpRequest['method'];
  verb: string;
  resource: string;
  path: string;
  body?: string;
  contentType?: string;
  idempotent: boolean;
};

/** A watch that is open. `close` must be called. */
export type OpenStream = { lines: AsyncIterable<string>; close(): void };

const maximumWaiting = 20_000;
const maximumRetries = 4;
/** A server that asks for more patience than this tells the caller instead. */
const maximumRetryAfterMs = 10_000;
const maximumErrorBytes = 1024 * 1024;
const defaultSilenceMs = 120_000;
/** Connections beside maxInFlight, for watches, which keep theirs. */
const watchConnections = 64;

/** Sends requests with limits in time, number and size, and repeats what may be repeated. */
export class Requester {
  readonly #transport: Transport;
  readonly #semaphore: Semaphore;
  readonly #timeoutMs: number;
  readonly #maximumResponseBytes: number;
  readonly #onRequest: (record: RequestRecord) => void;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(options: {
    kubeConfig: KubeConfig;
    userAgent: string;
    maxInFlight: number;
    timeoutMs: number;
    maximumResponseBytes: number;
    onRequest: (record: RequestRecord) => void;
    clock: Clock;
    random: Random;
  }) {
    this.#transport = new Transport({
      kubeConfig: options.kubeConfig,
      userAgent: options.userAgent,
      connections: options.maxInFlight + watchConnections,
      clock: options.clock,
    });
    this.#semaphore = new Semaphore(options.maxInFlight, maximumWaiting);
    this.#timeoutMs = options.timeoutMs;
    this.#maximumResponseBytes = options.maximumResponseBytes;
    this.#onRequest = options.onRequest;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** The body of the answer. Throws ApiError. */
  async text(request: ApiRequest): Promise<string> {
    for (let retries = 0; ; retries += 1) {
      try {
        return await this.#attempt(request);
      } catch (error) {
        const delayMs = retryDelayMs(error, { idempotent: request.idempotent, retries });
        if (delayMs === undefined) throw error;
        await sleep(this.#clock, delayMs * (1 + this.#random() / 4), request.signal);
      }
    }
  }

  /** Opens a watch. Throws ApiError, also while its lines are read. */
  async stream(request: {
    resource: string;
    path: string;
    signal: AbortSignal;
    silenceMs?: number | undefined;
  }): Promise<OpenStream> {
    const silenceMs = request.silenceMs ?? defaultSilenceMs;
    const limit = new Deadline(this.#clock, request.signal, this.#timeoutMs, 'Timeout');
    const startedMs = this.#clock.monotonicMs();
    let status = 0;
    try {
      const response = await this.#transport.send({
        method: 'GET',
        path: request.path,
        signal: limit.signal,
      });
      status = response.status;
      if (status !== 200) throw await this.#refusal(response, `watch ${request.resource}`);
      limit.restart(silenceMs, 'WatchSilent');
      return {
        lines: this.#lines(response, limit, silenceMs),
        close: () => {
          limit.clear();
          response.body.destroy();
        },
      };
    } catch (error) {
      limit.clear();
      throw error;
    } finally {
      this.#record('watch', request.resource, status, startedMs);
    }
  }

  /** Ends every connection. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async *#lines(
    response: HttpResponse,
    limit: Deadline,
    silenceMs: number,
  ): AsyncGenerator<string, void, undefined> {
    try {
      const chunks = tap(response.body, () => limit.restart(silenceMs, 'WatchSilent'));
      yield* linesOf(chunks, this.#maximumResponseBytes);
    } catch (error) {
      throw unreachable(error, limit.signal);
    }
  }

  async #attempt(request: ApiRequest): Promise<string> {
    const timeoutMs = request.timeoutMs ?? this.#timeoutMs;
    const limit = new Deadline(this.#clock, request.signal, timeoutMs, 'Timeout');
    let release = (): void => {};
    let status = 0;
    let startedMs = this.#clock.monotonicMs();
    try {
      if (request.urgent !== true) release = await this.#semaphore.acquire(limit.signal);
      startedMs = this.#clock.monotonicMs();
      const response = await this.#transport.send({
        method: request.method,
        path: request.path,
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.contentType === undefined ? {} : { contentType: request.contentType }),
        signal: limit.signal,
      });
      status = response.status;
      if (status < 200 || status > 299) {
        throw await this.#refusal(response, `${request.verb} ${request.path.split('?', 1)[0]}`);
      }
      return await textOf(response.body, this.#maximumResponseBytes);
    } catch (error) {
      throw unreachable(error, limit.signal);
    } finally {
      release();
      limit.clear();
      this.#record(request.verb, request.resource, status, startedMs);
    }
  }

  async #refusal(response: HttpResponse, what: string): Promise<ApiError> {
    if (response.status === 401) this.#transport.forgetCredentials();
    const body = await textOf(response.body, maximumErrorBytes);
    return errorOfResponse({
      status: response.status,
      body,
      retryAfter: response.header('retry-after'),
      what,
    });
  }

  #record(verb: string, resource: string, status: number, startedMs: number): void {
    const seconds = (this.#clock.monotonicMs() - startedMs) / 1000;
    this.#onRequest({ verb, resource, status, seconds });
  }
}

/**
 * How long to wait before the same request is sent again; undefined when it must not be.
 * A server that answers 429 or 503 with Retry-After wants the same again; a connection that was
 * closed while idle has carried nothing. Anything else is the caller's decision.
 */
export function retryDelayMs(
  error: unknown,
  request: { idempotent: boolean; retries: number },
): number | undefined {
  if (!request.idempotent || !(error instanceof ApiError)) return undefined;
  if (error.status === 429 || error.status === 503) {
    const asked = error.retryAfterMs;
    if (asked === undefined || asked > maximumRetryAfterMs) return undefined;
    return request.retries < maximumRetries ? Math.max(asked, 50) : undefined;
  }
  if (error.status === 0 && error.reason === 'Unreachable' && request.retries === 0) {
    const code = (error.cause as { code?: unknown } | undefined)?.code;
    return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' ? 0 : undefined;
  }
  return undefined;
}

async function* tap(
  chunks: AsyncIterable<Buffer>,
  onChunk: () => void,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    onChunk();
    yield chunk;
  }
}
