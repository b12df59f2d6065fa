import { createHash } from 'node:crypto';
import type { AgentOptions, RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import { messageOf } from './logger.ts';

/** One HTTP request; `path` starts with a slash and carries its query. */
export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: string;
  contentType?: string;
  signal: AbortSignal;
};

/** What came back. The body must be read to its end or destroyed, or its connection is lost. */
export type HttpResponse = {
  status: number;
  header(name: string): string | undefined;
  body: AsyncIterable<Buffer> & { destroy(error?: Error): unknown };
};

type Credentials = { dispatcher: Dispatcher; headers: Record<string, string>; digest: string };

/** Tokens, exec plugins and certificate files are asked again after this long. */
const credentialsLifetimeMs = 10_000;
const connectTimeoutMs = 10_000;
const idleConnectionMs = 30_000;

/**
 * HTTP/1.1 to one API server with the kubeconfig's authentication: client certificates, tokens,
 * rotating token files, exec plugins, proxies. Certificates that changed on disk get a new pool;
 * requests under way end on the old one.
 */
export class Transport {
  readonly #kubeConfig: KubeConfig;
  readonly #userAgent: string;
  readonly #connections: number;
  readonly #clock: Clock;
  readonly #origin: string;
  readonly #pathPrefix: string;
  readonly #retired = new Set<Dispatcher>();
  #credentials: Credentials | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<Credentials> | undefined;
  #closed = false;

  constructor(options: {
    kubeConfig: KubeConfig;
    userAgent: string;
    connections: number;
    clock: Clock;
  }) {
    this.#kubeConfig = options.kubeConfig;
    this.#userAgent = options.userAgent;
    this.#connections = options.connections;
    this.#clock = options.clock;
    const server = options.kubeConfig.getCurrentCluster()?.server;
    if (server === undefined) {
      throw new Error('kubeconfig: current-context names no cluster; set one that exists');
    }
    const url = new URL(server);
    this.#origin = url.origin;
    this.#pathPrefix = url.pathname.replace(/\/+$/, '');
  }

  /** Sends one request; resolves when the headers are here. Throws ApiError with status 0. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    try {
      const { dispatcher, headers } = await this.#current();
      const response = await dispatcher.request({
        origin: this.#origin,
        path: this.#pathPrefix + request.path,
        method: request.method,
        headers: {
          ...headers,
          accept: 'application/json',
          'user-agent': this.#userAgent,
          ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        },
        body: request.body ?? null,
        signal: request.signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return {
        status: response.statusCode,
        header: (name) => first(response.headers[name]),
        body: response.body,
      };
    } catch (error) {
      throw unreachable(error, request.signal);
    }
  }

  /** The next request reads the credentials anew, as after a 401. */
  forgetCredentials(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Ends every connection, also those of watches. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#credentials !== undefined) this.#retired.add(this.#credentials.dispatcher);
    await Promise.all(Array.from(this.#retired, (dispatcher) => dispatcher.destroy()));
  }

  async #current(): Promise<Credentials> {
    if (this.#closed) {
      throw new ApiError({ status: 0, reason: 'Aborted', message: 'the client is closed' });
    }
    const fresh = this.#clock.monotonicMs() - this.#readAtMs < credentialsLifetimeMs;
    if (fresh && this.#credentials !== undefined) return this.#credentials;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<Credentials> {
    const before = this.#credentials;
    let read: { options: AgentOptions; headers: Record<string, string>; digest: string };
    try {
      read = await readCredentials(this.#kubeConfig);
    } catch (error) {
      // A file that is being replaced just now, or an exec plugin that fails once: what was good
      // ten seconds ago most likely still is.
      if (before !== undefined) return before;
      throw new ApiError({
        status: 0,
        reason: 'Credentials',
        message: `credentials of the kubeconfig: ${messageOf(error)}`,
        cause: error,
      });
    }
    this.#readAtMs = this.#clock.monotonicMs();
    const { options, headers, digest } = read;
    if (before?.digest === digest) {
      this.#credentials = { ...before, headers };
      return this.#credentials;
    }
    const dispatcher = await this.#createDispatcher(options);
    this.#credentials = { dispatcher, headers, digest };
    if (before !== undefined) this.#retire(before.dispatcher);
    return this.#credentials;
  }

  #retire(dispatcher: Dispatcher): void {
    this.#retired.add(dispatcher);
    const drop = (): boolean => this.#retired.delete(dispatcher);
    // A close that fails leaves connections that time out by themselves.
    dispatcher.close().then(drop, drop);
  }

  async #createDispatcher(options: AgentOptions): Promise<Dispatcher> {
    const cluster = this.#kubeConfig.getCurrentCluster();
    const chosen = this.#kubeConfig.createDispatcherOptions(cluster, options);
    const pool = {
      connections: this.#connections,
      pipelining: 1,
      keepAliveTimeout: idleConnectionMs,
      connectTimeout: connectTimeoutMs,
      allowH2: false,
    };
    switch (chosen.type) {
      case 'proxy':
        return new ProxyAgent({
          ...pool,
          uri: chosen.uri,
          requestTls: chosen.requestTls as buildConnector.BuildOptions,
        });
      case 'socks':
        return socksDispatcher(this.#kubeConfig);
      case 'agent':
        return new Agent({
          ...pool,
          connect: {
            ...(chosen.connect as buildConnector.BuildOptions),
            timeout: connectTimeoutMs,
          },
        });
      case 'none':
        return new Agent(pool);
      default:
        return chosen satisfies never;
    }
  }
}

async function readCredentials(
  kubeConfig: KubeConfig,
): Promise<{ options: AgentOptions; headers: Record<string, string>; digest: string }> {
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name.toLowerCase()] = String(value);
  }
  if (typeof options.auth === 'string') {
    headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  const hash = createHash('sha256');
  for (const part of [options.ca, options.cert, options.key, options.servername]) {
    const bytes = part === undefined ? '' : part instanceof Buffer ? part : JSON.stringify(part);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  // The agent that client-node made of them is not used; its options are.
  return { options: options as AgentOptions, headers, digest: hash.digest('base64') };
}

/** client-node alone knows how to tunnel through SOCKS; it hands the tunnel out like this. */
async function socksDispatcher(kubeConfig: KubeConfig): Promise<Dispatcher> {
  let handed: Dispatcher | undefined;
  const context = {
    setHeaderParam() {},
    setDispatcher(dispatcher: Dispatcher) {
      handed = dispatcher;
    },
  };
  type Context = Parameters<KubeConfig['applySecurityAuthentication']>[0];
  await kubeConfig.applySecurityAuthentication(context as Partial<Context> as Context);
  if (handed === undefined) throw new Error('kubeconfig: proxy-url gave no SOCKS connection');
  return handed;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Whatever went wrong below HTTP, as an ApiError with status 0. */
export function unreachable(error: unknown, signal: AbortSignal): ApiError {
  if (error instanceof ApiError) return error;
  if (signal.aborted) {
    if (signal.reason instanceof ApiError) return signal.reason;
    return new ApiError({ status: 0, reason: 'Aborted', message: 'aborted', cause: error });
  }
  const code = (error as { code?: unknown } | undefined)?.code;
  const timeout = typeof code === 'string' && code.includes('TIMEOUT');
  return new ApiError({
    status: 0,
    reason: timeout ? 'Timeout' : 'Unreachable',
    message: `no answer from the API server: ${messageOf(error)}`,
    cause: error,
  });
}
